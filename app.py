"""The ASGI launcher: `streamlit run app.py` serves the screens and keeps the worker running beside them."""

import streamlit as st
from starlette.middleware import Middleware

from costlab.ui.compressed import CompressedScripts
from costlab.ui.server import lifespan, routes, say_error

app = st.App(
    "costlab/ui/main.py",
    lifespan=lifespan,
    routes=routes(),
    middleware=[Middleware(CompressedScripts)],
    on_script_error=say_error,
)
