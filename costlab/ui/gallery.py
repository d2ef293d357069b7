"""The images behind a cell of the confusion matrix: small ones to choose from, and one large with what it may cost.

The browser alone knows which image is looked at (see `gallery.js`), so that moving on waits for nothing; it tells
Python, which sends the small images around it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np
import streamlit as st

from costlab.errors import CostlabError, DataUnavailable
from costlab.fitted import Fitted
from costlab.images import THUMBNAIL, Pictures, data_url, pictures, png
from costlab.judged_images import Cell, JudgedImage, costliest_cell, judged_image, seen_probs
from costlab.scenario import Answer, cell_images
from costlab.sources import Source
from costlab.ui.components import Component
from costlab.ui.image_words import called, cell_told, empty_cell, image_words, legend, rows_told
from costlab.ui.live import live
from costlab.ui.sentences import inert
from costlab.ui.server import version

PAGE = 24  # small images at once
STATE = "gallery"

_component = Component("gallery.js", "gallery.css")


def gallery(
    source: Source, fitted: Fitted, answer: Answer, cell: Cell, choose: Callable[[Cell], None] | None = None
) -> None:
    """Show the test images in a cell (truth, decision), the costliest first, then those the model is surest of.

    choose: called when the visitor asks for another cell, where this one is empty.
    """
    truth, decision = cell
    probs = seen_probs(fitted, answer)
    rows = list(cell_images(answer, fitted.test.target, probs, truth, decision))
    if not rows:
        _empty(answer, cell, choose)
        return
    st.markdown(inert(cell_told(answer, cell)))
    try:
        found = _pictures(source)
    except CostlabError as error:
        st.info(inert(f"{error} What was decided is known, the images cannot be shown."), icon=":material/hide_image:")
        return
    if found is None:
        live("gallery-wait", partial(_waiting, source), active=True)
        return
    _show(source.key, fitted, answer, probs, cell, rows, found)


def _pictures(source: Source) -> Pictures | None:
    if "index" in source.predictions.assumed:
        raise DataUnavailable("The file of predictions does not say which image each line is about.")
    return pictures(source.spec.dataset)


def _waiting(source: Source) -> bool:
    """Say that the images are on their way; whether they still are."""
    try:
        if _pictures(source) is not None:
            return False
    except CostlabError:
        return False
    st.caption("Fetching the images… The first time takes a few seconds.")
    return True


def _empty(answer: Answer, cell: Cell, choose: Callable[[Cell], None] | None) -> None:
    other = costliest_cell(answer)
    st.markdown(inert(empty_cell(answer, cell, other)))
    if other and choose:
        label = f"Look at {called(answer.cost, other)}"
        st.button(inert(label), on_click=choose, args=(other,), icon=":material/image_search:", key="gallery-other")


def _show(
    source: str,
    fitted: Fitted,
    answer: Answer,
    probs: np.ndarray,
    cell: Cell,
    rows: list[int],
    found: Pictures,
) -> None:
    """The images, in a part of the page that runs by itself when the visitor moves on."""

    def view() -> None:
        of = f"{source} {cell} {crc32(np.asarray(rows).tobytes())}"
        at = _place(source, cell, rows)
        first = at - at % PAGE
        try:
            shown = [judged_image(fitted, answer, probs, row) for row in rows[first : first + PAGE]]
            images = found.show([each.index for each in shown], [each.truth for each in shown])
        except DataUnavailable as error:
            st.info(inert(str(error)), icon=":material/hide_image:")
            return
        told = [_record(answer, each, image) for each, image in zip(shown, images, strict=True)]
        told[at - first]["large"] = data_url(png(images[at - first]))
        data = {
            "of": of,
            "at": at,
            "first": first,
            "total": len(rows),
            "images": told,
            "legend": legend(answer.cost, cell),
            "version": version(),
        }
        _component(key=STATE, data=data, on_at_change=partial(_moved, source, cell, rows, of))

    st.fragment(view, key="gallery-view")()


def _record(answer: Answer, each: JudgedImage, image: np.ndarray) -> dict[str, Any]:
    return {
        "small": data_url(png(image, THUMBNAIL)),
        "side": max(image.shape[1:]),
        "alt": image_words(answer.cost, each),
        "index": f"Image {each.index} of the data set",
        "rows": rows_told(answer.cost, each),
    }


def _place(source: str, cell: Cell, rows: list[int]) -> int:
    """Where the visitor is among `rows`: at the image looked at before, if it is still there; else at the first."""
    of, at, row = st.session_state.get("gallery-at", (None, 0, None))
    if of != (source, cell):
        at = 0
    elif row in rows:
        at = rows.index(row)
    at = min(at, len(rows) - 1)
    st.session_state["gallery-at"] = (source, cell), at, rows[at]
    return at


def _moved(source: str, cell: Cell, rows: list[int], of: str) -> None:
    sent = st.session_state[STATE].get("at")
    at = sent.get("at") if isinstance(sent, dict) and sent.get("of") == of else None
    if isinstance(at, int) and 0 <= at < len(rows):
        st.session_state["gallery-at"] = (source, cell), at, rows[at]
