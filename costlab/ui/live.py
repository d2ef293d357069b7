"""Live views: a part of a page that repaints itself each second for as long as there is something to wait for."""

from collections.abc import Callable

import streamlit as st

BEAT = 1.0  # seconds


def live(key: str, draw: Callable[[], bool], active: bool) -> None:
    """Call `draw` now and, while `active`, each second; when `draw` says it is over, rerun the page without the timer.

    key: the view's name on its page. draw: paints, and answers whether there is still something to wait for.
    """

    def view() -> None:
        if not draw() and active:
            st.rerun()  # once: the page then passes active=False

    view.__qualname__ = f"live-{key}"  # Streamlit tells fragments apart by this name and their place
    st.fragment(view, run_every=BEAT if active else None, key=key)()
