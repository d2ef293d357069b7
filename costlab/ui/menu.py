"""A menu: a button that opens a panel, drawn only while it is open, which closes when it has done its work.

What a menu refuses is said inside it, and it stays open.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import streamlit as st

from costlab.errors import CostlabError
from costlab.ui.sentences import inert

WIDTH = 360  # pixels


def menu(label: str, icon: str, name: str, draw: Callable[[], None]) -> None:
    """Draw the menu `name`; `draw` draws its inside."""
    key = f"menu-{name}"
    panel = st.popover(label, icon=icon, key=key, on_change=partial(_forget, name))
    if panel.open:
        with panel, st.container(width=WIDTH):
            draw()
            if refused := st.session_state.get(f"refused-{name}"):
                st.error(inert(refused), icon=":material/error:")


def _forget(name: str) -> None:
    st.session_state.pop(f"refused-{name}", None)


def _do(name: str, work: Callable[[], object]) -> None:
    """Do the work of a menu and close it, or keep it open with the sentence that says why not."""
    _forget(name)
    try:
        work()
        st.session_state[f"menu-{name}"] = False
    except CostlabError as error:
        st.session_state[f"refused-{name}"] = str(error)


def action(label: str, menu: str, work: Callable[[], object], primary: bool = False, disabled: bool = False) -> None:
    """Draw a button in `menu` that does `work`; a CostlabError of it is said in the menu."""
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    st.button(label, key=f"{menu}-{label}", on_click=_do, args=(menu, work), type=kind, disabled=disabled)
