"""What the Robustness page shows beside its charts: whose decisions are weighed, and the charts as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from costlab.sources import Source
from costlab.ui.sentences import count, inert, number
from costlab.ui.tables import show_table


def looked_at(sources: Sequence[Source], images: int) -> None:
    """Whose decisions, on how many images."""
    with st.container(horizontal=True, gap="small"):
        for source in sources[:4]:
            st.badge(inert(source.title), icon=":material/model_training:", color="blue")
        if sources[4:]:
            st.badge(f"and {count(len(sources) - 4, 'other run')}", color="blue")
        st.badge(inert(f"{number(images)} test images"), icon=":material/image:", color="gray")


def twin(label: str, alt: str, columns: Mapping[str, Sequence[Any]], name: str) -> None:
    """A chart in words and as a table, to be read and to be taken along."""
    with st.expander(label, icon=":material/table:"):
        st.text(alt)
        show_table(f"{name}-table", alt, columns, f"{name}.csv")
