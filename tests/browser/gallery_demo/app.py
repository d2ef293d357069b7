"""The gallery on a page of its own, for its tests."""

import streamlit as st

from costlab.ui.server import lifespan, routes

app = st.App("main.py", lifespan=lifespan, routes=routes())
