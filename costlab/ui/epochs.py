"""The slider over a run's epochs: it follows the newest by itself until the reader moves it.

Not `st.slider`: moved from Python at every update, that one fights the hand that holds it, and tells Python of its own
former places as if the reader had gone back there.
"""

import streamlit as st

from costlab.ui.components import Component
from costlab.ui.server import version

_component = Component("epochs.js")


def epoch_slider(run_id: str, newest: int, total: int, active: bool) -> int:
    """The epoch to show: the newest, or the one (in 1..newest) that the reader went back to, which stands in the URL.

    total: how many epochs there will be; the slider ends there. With one epoch there is nothing to choose.
    """
    if total < 2:
        return newest
    asked = st.query_params.get("epoch", "")
    pinned = int(asked) if asked.isdecimal() and len(asked) < 6 else None
    state = _component(
        key=f"epochs-{run_id}",
        data={
            "run": run_id,
            "newest": newest,
            "total": total,
            "pinned": pinned,
            "active": active,
            "version": version(),
        },
        default={"epoch": pinned},
        height=64,
        on_epoch_change=lambda: None,
    )
    epoch = state.epoch
    if not isinstance(epoch, int) or not 1 <= epoch < newest:
        st.query_params.pop("epoch", None)
        return newest
    if asked != str(epoch):
        st.query_params["epoch"] = str(epoch)
    return epoch
