"""The main script: what every page shares. Here, because a `pages/` folder beside it would hijack deep links."""

from pathlib import Path

import streamlit as st

from costlab.ui.places import COMPARE, COSTS, REPORT, ROBUSTNESS, RUN, RUNS, TRAIN, WHATIF
from costlab.ui.status import worker_status

HERE = Path(__file__).parent


def main() -> None:
    """Show the page that the address asks for, between the logo and the worker's state."""
    # The icon before the navigation: else Streamlit fetches a page's icon from Google for the browser's tab.
    st.set_page_config(page_icon=str(HERE / "favicon.svg"), layout="wide")
    whatif = st.Page(WHATIF, title="What if", icon=":material/tune:", url_path="whatif")
    pages = [  # without headings between them: Streamlit puts those into the list, where screen readers stumble
        st.Page(COSTS, title="Costs", icon=":material/grid_on:", url_path="costs"),
        st.Page(TRAIN, title="Train", icon=":material/play_circle:", url_path="train"),
        st.Page(RUN, title="Run", icon=":material/monitoring:", url_path="run"),
        st.Page(RUNS, title="Runs", icon=":material/table_rows:", url_path="runs"),
        whatif,
        st.Page(COMPARE, title="Compare", icon=":material/balance:", url_path="compare"),
        st.Page(ROBUSTNESS, title="Robustness", icon=":material/casino:", url_path="robustness"),
        st.Page(REPORT, title="Report", icon=":material/description:", url_path="report"),
    ]

    def start() -> None:
        """The bare address, which has no page of its own."""
        st.switch_page(whatif, query_params=st.query_params.to_dict())

    hidden = st.Page(start, title="costlab", default=True, visibility="hidden")
    page = st.navigation([hidden, *pages])
    st.set_page_config(page_title=f"{page.title} · costlab")
    st.logo(str(HERE / "logo.svg"), icon_image=str(HERE / "favicon.svg"), size="large")
    st.html(HERE / "app.css")
    with st.sidebar:
        if large_type():
            st.html("<style>html { font-size: 20px; }</style>")  # every size on the page is a multiple of this one
        worker_status()
    page.run()


def large_type() -> bool:
    """The switch for projectors; `?type=large` in an address turns it on."""
    if st.query_params.get("type") == "large":
        st.session_state.setdefault("large-type", True)
    return bool(st.toggle("Large type", key="large-type", help="For projectors: everything is a third larger."))


if __name__ == "__main__":  # as Streamlit runs it
    main()
