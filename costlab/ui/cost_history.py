"""The history of a saved matrix: every revision with when, who and why, and what changed from the one before."""

from collections.abc import Callable
from functools import lru_cache, partial

import streamlit as st

from costlab.costs import CostMatrix
from costlab.diagnosis.revisions import Difference, difference, notes_changed
from costlab.store import SavedMatrix
from costlab.ui.menu import action
from costlab.ui.sentences import ago, count, inert
from costlab.ui.session import get_store

SHOWN = 20  # revisions
CELLS = 6  # costs that changed, a revision
HEIGHT = 340  # pixels: longer histories scroll


def told(saved: SavedMatrix) -> str:
    """When a revision was saved, by whom it was agreed, and its comment. Plain text."""
    agreed = f", agreed by {saved.agreed_by}" if saved.agreed_by else ""
    comment = f" “{saved.comment}”" if saved.comment else ""
    return f"Revision {saved.revision}, saved {ago(saved.saved)}{agreed}.{comment}"


def draw_history(name: str, menu: str, open_older: Callable[[int], object]) -> None:
    """The revisions of a saved matrix, the latest first; nothing where there is only one.

    menu: the menu that it stands in, which closes when an older one is opened with `open_older(revision)`.
    """
    history = get_store().matrix_history(name)
    if len(history) < 2:
        return
    st.markdown(f"**{count(len(history), 'revision')}**")
    tall = len(history) > 2
    with st.container(height=HEIGHT if tall else "content", border=tall, key=f"{menu}-history"):
        for place, saved in enumerate(history[:SHOWN]):
            st.text(told(saved))
            if saved is not history[-1]:
                _changes(history[place + 1], saved)
            if place:
                action(f"Open revision {saved.revision}", menu, partial(open_older, saved.revision))
        if len(history) > SHOWN:
            st.caption(f"The list ends here; {count(len(history) - SHOWN, 'older revision')} can be opened by address.")


def _changes(before: SavedMatrix, after: SavedMatrix) -> None:
    """What changed between two revisions: a sentence, and the costs that did."""
    found = _difference(before.cost, after.cost, f"revision {before.revision}")
    notes = notes_changed(before.cost, before.notes, after.cost, after.notes)
    reasons = f" {count(notes, 'reason')} changed." if notes else ""
    lines = [f"- {inert(line)}" for line in found.cells[:CELLS]]
    if (left := len(found.cells) - CELLS) > 0:
        lines.append(f"- and {count(left, 'other')}")
    st.caption("\n".join([inert(found.sentence + reasons), "", *lines]))


@lru_cache(maxsize=200)
def _difference(before: CostMatrix, after: CostMatrix, called: str) -> Difference:
    return difference(before, after, called)
