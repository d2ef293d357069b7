"""What a page shows when it has nothing to show: why, and where to go."""

from pathlib import Path

import streamlit as st


def nothing(title: str, words: str, links: dict[str, Path]) -> None:
    """A framed note in the middle of the page: `title` and `words` are our own texts, `links` labels to pages."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(title, anchor=False, text_alignment="center", width="content")
        st.markdown(words, text_alignment="center", width="content")
        with st.container(horizontal=True, horizontal_alignment="center"):
            for label, page in links.items():
                st.page_link(page, label=label, icon=":material/arrow_forward:")
        st.space("small")
