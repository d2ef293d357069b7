"""How our components' scripts reach the browser: from an address of the app, kept by it, found by a stub."""

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

# The script is a file that the browser keeps; this stub, sent with every update, only finds it. The address is taken
# from Streamlit's own script, so it holds behind any proxy or base path.
_STUB = """
const own = document.querySelector('script[type="module"][src*="static/js/"]');
const base = new URL("../../", own ? own.src : document.baseURI);
export default async (component) => {
  const module = await import(new URL("costlab/%s?v=" + component.data.version, base));
  return module.draw(component);
};
"""


def component(script: str) -> ComponentRenderer:
    """The component whose `draw` is exported by `script`, one of `costlab.ui.server.ASSETS`.

    What it is called with must hold `version`, that of `costlab.ui.server`.
    """
    return st.components.v2.component(f"costlab.{script.removesuffix('.js')}", js=_STUB % script, isolate_styles=False)
