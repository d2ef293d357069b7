"""The ASGI launcher: `streamlit run app.py` serves the screens and keeps the worker running beside them."""

import streamlit as st

from costlab.ui.server import lifespan, routes

app = st.App("costlab/ui/main.py", lifespan=lifespan, routes=routes())
