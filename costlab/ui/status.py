"""The worker's state in the sidebar, in words."""

import streamlit as st


@st.fragment(run_every=2.0)
def worker_status() -> None:
    """One line that says whether runs are being worked on right now."""
    st.caption("Worker: not known yet")
