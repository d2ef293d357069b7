"""A sentence in the page that screen readers say aloud when it changes."""

from costlab.ui.components import Component
from costlab.ui.server import version

_component = Component("whatif_said.js")


def said(text: str, key: str) -> None:
    """Show `text`, plain; assistive technology is told of it politely. key: its lasting identity."""
    whole = text.replace("\u2009", "\u202f")  # between thousands, where a thin space would let a line break
    _component(key=key, data={"text": whole, "version": version()})
