"""What all visitors share: the store, and snapshots of it that are read once a moment however many look on."""

from threading import Lock

import streamlit as st

from costlab.records import Epoch
from costlab.store import Run, Store, Worker

MOMENT = 0.9  # seconds that a snapshot serves every visitor; just under the 1 s beat of a live view


@st.cache_resource(show_spinner=False)
def get_store() -> Store:
    """The store of this app: one for all visitors; it may be used from every thread."""
    return Store()


@st.cache_resource(show_spinner=False, ttl=MOMENT, max_entries=1)
def workers_now() -> list[Worker]:
    """The workers and what they do, as of this moment."""
    return get_store().workers()


@st.cache_resource(show_spinner=False, ttl=MOMENT, max_entries=200)
def run_now(run_id: str) -> Run:
    """One run, as of this moment. Raises NotFound."""
    return get_store().run(run_id)


@st.cache_resource(show_spinner=False, ttl=MOMENT, max_entries=1)
def runs_now() -> list[Run]:
    """The newest runs, newest first, as of this moment."""
    return get_store().runs()


def forget_snapshots() -> None:
    """Read anew after this visitor changed something, so that the change shows at once."""
    workers_now.clear()
    run_now.clear()
    runs_now.clear()


class _Tail:
    """The epochs of one attempt, fetched once each."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.epochs: list[Epoch] = []
        self.complete = False


@st.cache_resource(show_spinner=False, max_entries=100)
def _tail(run_id: str, attempt: int, started: float | None) -> _Tail:
    return _Tail()


def history_now(run: Run) -> list[Epoch]:
    """The epochs of `run`, a snapshot, that are there by now; only new ones are read."""
    tail = _tail(run.id, run.attempt, run.started)
    with tail.lock:
        if not tail.complete:
            last = tail.epochs[-1].epoch if tail.epochs else 0
            tail.epochs = [*tail.epochs, *get_store().history(run.id, after=last)]
            tail.complete = not run.active  # the snapshot had ended already, so nothing more can come
        return tail.epochs
