"""What all visitors share: the store, and snapshots of it that are read once a moment however many look on."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from costlab.store import Run, Store, Worker

MOMENT = 0.9  # seconds that a snapshot serves every visitor; just under the 1 s beat of a live view


@st.cache_resource(show_spinner=False)
def get_store() -> "Store":
    """The store of this app: one for all visitors; it may be used from every thread."""
    from costlab.store import Store

    return Store()


@st.cache_resource(show_spinner=False, ttl=MOMENT, max_entries=1)
def workers_now() -> "list[Worker]":
    """The workers and what they do, as of this moment."""
    return get_store().workers()


@st.cache_resource(show_spinner=False, ttl=MOMENT, max_entries=200)
def run_now(run_id: str) -> "Run":
    """One run, as of this moment. Raises NotFound."""
    return get_store().run(run_id)


@st.cache_resource(show_spinner=False, ttl=MOMENT, max_entries=1)
def runs_now() -> "list[Run]":
    """The newest runs, newest first, as of this moment."""
    return get_store().runs()
