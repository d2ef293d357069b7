"""The grid of costs: text cells, read strictly. Above 30 classes, a list of the costs that are not the usual ones."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from costlab.costs import CostMatrix
from costlab.ui.cells import Action, Table, cells
from costlab.ui.drafts import Cell, Draft
from costlab.ui.sentences import count, inert, number

GRID_UP_TO = 30  # classes; and 10 extra decisions
LISTED = 300  # exceptions shown at once
MARGINS, LETTER, WIDEST = 24, 8, 160  # pixels: of a column beside its name, of a letter, of a name that is not cut off


def grid(draft: Draft, key: str, choose: Callable[[Cell], None] | None = None) -> None:
    """Draw the grid of a draft and take into the draft what is typed or pasted there.

    choose: looks at the cell that is chosen in the grid; else the draft does.
    """
    cost = draft.sheet.cost
    if _is_listed(cost):
        _exceptions(draft, key, choose)
        return
    table = Table(
        names=[(truth,) for truth in range(len(cost.classes))],
        bounds=cost.values.shape,
        rows=[(name,) for name in cost.classes],
        columns=cost.decisions,
        texts=draft.sheet.cells(),
        corner=["truth ↓"],
        across="decision",
        about="The costs as a grid to type into: rows are the truth, columns the decision.",
        refused={found.cell: found.sentence for found in draft.sheet.refused() if found.cell},
        selected=draft.selected,
        diagonal=True,
    )
    cells(f"grid-{key}", _about(cost), table, partial(_take, draft, choose))


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
    names = (max(map(len, cost.classes)), *map(len, cost.decisions))
    return sum(MARGINS + min(max(LETTER * letters, 40), WIDEST) for letters in names)


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


def _exceptions(draft: Draft, key: str, choose: Callable[[Cell], None] | None) -> None:
    cost, size = draft.sheet.cost, len(draft.sheet.cost.classes)
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
    table = Table(
        names=shown,
        bounds=(*cost.values.shape, 1),
        rows=[(cost.classes[truth], cost.decisions[decision]) for truth, decision in shown],
        columns=["cost"],
        texts=[[draft.sheet.text(cell)] for cell in shown],
        corner=["truth", "decision"],
        about="The costs that are not the usual ones, as a list to type into.",
        refused={(*found.cell, 0): found.sentence for found in draft.sheet.refused() if found.cell},
        selected=(*draft.selected, 0),
    )
    cells(f"list-{key}", _about(cost), table, partial(_take, draft, choose))


def _about(cost: CostMatrix) -> object:
    return cost.classes, cost.decisions


def _take(draft: Draft, choose: Callable[[Cell], None] | None, action: Action) -> None:
    """What was typed, pasted or chosen in the grid or in the list, into the draft."""
    draft.type({(name[0], name[1]): text for name, text in action.texts.items()})
    cell = (action.look[0], action.look[1]) if action.look else draft.selected
    if choose:
        choose(cell)
    else:
        draft.selected = cell


def _commonest(values: np.ndarray) -> float:
    return float(Counter(values.ravel().tolist()).most_common(1)[0][0])
