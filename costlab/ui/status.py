"""The worker's state in the sidebar, in words."""

from collections.abc import Sequence

import streamlit as st

from costlab.store import Worker
from costlab.ui.sentences import inert
from costlab.ui.session import workers_now


@st.fragment(run_every=2.0, key="worker-status")
def worker_status() -> None:
    """One line that says whether runs are being worked on right now; looked at again every two seconds."""
    badge, words = in_words(workers_now())
    st.caption(f"{badge} {words}")


def in_words(workers: Sequence[Worker]) -> tuple[str, str]:
    """A sign and a sentence for what the living workers do.

    >>> in_words([])
    (':material/cloud_off:', 'The worker is not running; runs wait until it is.')
    """
    slots = [slot for worker in workers if worker.alive for slot in worker.slots]
    if not any(worker.alive for worker in workers):
        return ":material/cloud_off:", "The worker is not running; runs wait until it is."
    states = [slot.state for slot in slots]
    if "busy" in states:
        number = sum(len(slot.runs) or 1 for slot in slots if slot.state == "busy")
        return ":material/autorenew:", f"The worker trains {'one run' if number == 1 else f'{number} runs'}."
    if "idle" in states:
        return ":material/check_circle:", "The worker is idle, ready for runs."
    if "broken" in states:
        note = next((slot.note for slot in slots if slot.note), "")
        return ":material/error:", f"The worker cannot train. {inert(note)}".strip()
    return ":material/hourglass_top:", "The worker is warming up."
