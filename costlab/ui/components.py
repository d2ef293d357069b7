"""How our components' scripts and styles reach the browser: from an address of the app, kept by it, found by a stub."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

# The script is a file that the browser keeps; this stub, sent with every update, only finds it. The address is taken
# from Streamlit's own script, so it holds behind any proxy or base path.
_STUB = """
const own = document.querySelector('script[type="module"][src*="static/js/"]');
const base = new URL("../../", own ? own.src : document.baseURI);
export default async (component) => {
  const [data] = component.data;
  const served = (name) => new URL(`costlab/${name}?v=${data.version}`, base).href;
  const style = "%s" && served("%s");
  if (style && !document.querySelector(`link[rel="stylesheet"][href="${style}"]`)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
  }
  const module = await import(served("%s"));
  return module.draw({ ...component, data });
};
"""


class Component:
    """The component whose `draw` is exported by `script`; it and `style` are of `costlab.ui.server.ASSETS`."""

    def __init__(self, script: str, style: str = ""):
        name = f"costlab.{script.removesuffix('.js')}"
        self._show = st.components.v2.component(name, js=_STUB % (style, style, script), isolate_styles=False)

    def __call__(self, *, data: Mapping[str, Any], **options: Any) -> Any:
        """Show it; `data`, for JSON, must hold `version`, that of `costlab.ui.server`. options: as Streamlit's.

        It is sent in a list, for in a mapping Streamlit would look for tables, and import pandas to know one: 75 MB.
        """
        return self._show(data=[data], **options)
