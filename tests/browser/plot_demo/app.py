"""The chart component on a page of its own, for the tests of the component."""

import streamlit as st

from costlab.ui.server import lifespan, routes

app = st.App("main.py", lifespan=lifespan, routes=routes())
