"""The grid of costs: text cells, read strictly. Above 30 classes, a list of the costs that are not the usual ones."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from costlab.costs import CostMatrix
from costlab.ui.drafts import Cell, Draft, overlaid, read_edits
from costlab.ui.sentences import count, inert, number

GRID_UP_TO = 30  # classes; and 10 extra decisions
LISTED = 300  # exceptions shown at once
TALL = 15  # rows; more of them scroll
HEIGHT = 520  # pixels
HEADER, LETTER = 44, 7  # pixels of a column's sign and margins, and of a letter


def grid(draft: Draft, key: str) -> None:
    """Draw the grid of a draft and take into the draft what is typed or pasted there."""
    cost = draft.sheet.cost
    if _is_listed(cost):
        _exceptions(draft, key)
        return
    cells = draft.paint(draft.sheet.cells(), _edits(draft, key, cost.values.shape))
    frame = pd.DataFrame(cells, index=pd.Index(cost.classes, dtype=object), columns=_columns(len(cost.decisions)))
    # Text columns: a number column reads `.5` as 5 and `1e-3` as -13.
    config: dict[str, Any] = {
        str(d): st.column_config.TextColumn(name, help=f"The decision {inert(name)}")
        for d, name in enumerate(cost.decisions)
    }
    config["_index"] = st.column_config.TextColumn("truth ↓", disabled=True, pinned=True)
    _editor(draft, key, frame, config, cost.values.shape)


def say_refused(draft: Draft) -> None:
    """One sentence for the first cell that is not a cost, and how many more there are."""
    refused = draft.sheet.refused()
    if refused:
        more = f" {count(len(refused) - 1, 'more cell')} cannot be read either." if refused[1:] else ""
        kept = "Until it is put right, the last valid cost counts."
        st.error(inert(f"{refused[0].sentence} {kept}{more}"), icon=":material/error:")


def breadth(cost: CostMatrix) -> int:
    """About how many pixels the grid is wide when nothing in it is cut off."""
    if _is_listed(cost):
        return 600
    columns = (HEADER + LETTER * len(name) for name in cost.decisions)
    return LETTER * max(map(len, cost.classes)) + 40 + sum(columns)


def usual(cost: CostMatrix) -> np.ndarray:
    """(K, D): nothing for a right decision, the commonest cost of a mistake, and of each extra decision.

    >>> usual(CostMatrix([[0, 1, 1], [1, 0, 5], [1, 1, 0]], "abc")).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    size = len(cost.classes)
    table = np.empty_like(cost.values)
    table[:, :size] = _commonest(cost.square[~np.eye(size, dtype=bool)])
    np.fill_diagonal(table, 0.0)
    for decision in range(size, len(cost.decisions)):
        table[:, decision] = _commonest(cost.values[:, decision])
    return table


def exceptions(cost: CostMatrix) -> list[Cell]:
    """The cells that do not cost what is usual, the dearest first."""
    found = np.argwhere(cost.values != usual(cost))
    order = np.argsort(-np.abs(cost.values[tuple(found.T)]), kind="stable")
    return list(map(tuple, found[order].tolist()))


def _is_listed(cost: CostMatrix) -> bool:
    return len(cost.classes) > GRID_UP_TO or len(cost.decisions) > GRID_UP_TO + 10


def _exceptions(draft: Draft, key: str) -> None:
    cost = draft.sheet.cost
    size = len(cost.classes)
    found = exceptions(cost)
    shown = list(dict.fromkeys([*sorted(draft.sheet.typed), *found]))[:LISTED]
    common = _commonest(cost.square[~np.eye(size, dtype=bool)])
    st.text(
        f"A mistake costs {number(common)} here, with {count(len(found), 'exception')}. "
        "Set others with the boxes for one cell, from a start, or by importing a CSV file."
        + (f" The list shows {LISTED} of them." if len(shown) < len(found) else "")
    )
    if not shown:
        return
    wanted = [[cost.classes[t], cost.decisions[d], draft.sheet.text((t, d))] for t, d in shown]
    shape = (len(wanted), 3)
    cells = draft.paint(wanted, _edits(draft, key, shape))
    config: dict[str, Any] = {
        "0": st.column_config.TextColumn("truth", disabled=True),
        "1": st.column_config.TextColumn("decision", disabled=True),
        "2": st.column_config.TextColumn("cost", required=False),
    }
    _editor(draft, key, pd.DataFrame(cells, columns=_columns(3)), config, shape, shown)


def _editor(
    draft: Draft,
    key: str,
    frame: pd.DataFrame,
    config: dict[str, Any],
    shape: tuple[int, int],
    rows: list[Cell] | None = None,
) -> None:
    name = _name(draft, key)
    st.data_editor(
        frame,
        key=name,
        height="content" if len(frame) <= TALL else HEIGHT,
        hide_index=rows is not None,
        column_config=config,
        num_rows="fixed",
        placeholder="",
        on_change=_take,
        args=(draft, name, shape, rows),
        alt="The costs as a grid to type into: rows are the truth, columns the decision.",
    )


def _take(draft: Draft, name: str, shape: tuple[int, int], rows: list[Cell] | None) -> None:
    """What the browser's grid shows now into the draft; it is not believed further than the shape of what it was given.

    An edit back to what was painted is no longer among the browser's edits, so all cells are read, not only those.
    """
    if not name.endswith(f"-{draft.version}"):
        return  # a grid that has been painted over meanwhile
    shown = overlaid(draft.painted, read_edits(st.session_state[name]["edited_rows"], shape))
    if rows is None:
        draft.type({(t, d): text for t, row in enumerate(shown) for d, text in enumerate(row)})
    else:
        draft.type({cell: row[2] for cell, row in zip(rows, shown, strict=True)})


def _edits(draft: Draft, key: str, shape: tuple[int, ...]) -> dict[Cell, str]:
    state = st.session_state.get(_name(draft, key))
    return read_edits(state["edited_rows"], (shape[0], shape[1])) if state else {}


def _name(draft: Draft, key: str) -> str:
    return f"grid-{key}-{draft.version}"


def _columns(size: int) -> list[str]:
    return [str(position) for position in range(size)]


def _commonest(values: np.ndarray) -> float:
    return float(Counter(values.ravel().tolist()).most_common(1)[0][0])
