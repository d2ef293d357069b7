"""A sentence in the page that screen readers say aloud when it changes."""

from costlab.ui.components import component
from costlab.ui.server import version

_component = component("whatif_said.js")


def said(text: str, key: str) -> None:
    """Show `text`, plain; assistive technology is told of it politely. key: its lasting identity."""
    _component(key=key, data={"text": text, "version": version()})
