"""One revision of a cost matrix against the one before: what changed, in a sentence and cell by cell."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from costlab.costs import CostMatrix
from costlab.diagnosis.comparison import aligned, compare, unchanged_decisions
from costlab.doctor import cell_name
from costlab.notes import moved_notes
from costlab.wording import amount, capital, count, number, quoted


@dataclass(frozen=True)
class Difference:
    """What changed. cells: those whose cost is another, "'crack' called 'ok': 100 → 200", the most changed first."""

    sentence: str
    cells: tuple[str, ...] = ()


def difference(before: CostMatrix, after: CostMatrix, called: str = "the revision before") -> Difference:
    """What changed from `before`, which sentences call `called`, to `after`. Names are matched, so order says nothing.

    >>> before = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    >>> difference(before, CostMatrix([[0, 3], [100, 0]], ["ok", "crack"]))
    Difference(sentence='1 cost changed.', cells=("'ok' called 'crack': 1 → 3",))
    """
    if sorted(before.classes) != sorted(after.classes):
        return Difference(f"It is about other classes than {called}.")
    before = aligned(before, after)
    cells = _changed(before, after)
    said = []
    if cells:
        same = before.unit == after.unit and compare(before, after) is not None
        found = unchanged_decisions(after, {called: before}) if same else []
        said.append(found[0].sentence if found else f"{count(len(cells), 'cost')} changed.")
    extras, old = (cost.decisions[len(cost.classes) :] for cost in (after, before))
    if new := [name for name in extras if name not in old]:
        said.append(f"New: the {'decision' if len(new) == 1 else 'decisions'} {_priced(after, new)}.")
    if gone := [name for name in old if name not in extras]:
        said.append(f"{capital(quoted(gone))} can no longer be decided.")
    if before.unit != after.unit:
        said.append(f"The unit is {_unit(after)}, it was {_unit(before)}.")
    return Difference(" ".join(said) or "The costs are the same.", cells)


def notes_changed(
    before: CostMatrix, notes_before: Mapping[str, str], after: CostMatrix, notes_after: Mapping[str, str]
) -> int:
    """At how many cells another reason is given, or one is given or gone.

    >>> cost = CostMatrix.zero_one("ab")
    >>> notes_changed(cost, {"0.1": "x"}, cost, {"0.1": "y", "1.0": "z"})
    2
    """
    old = moved_notes(notes_before, before, after)
    return sum(old.get(place) != notes_after.get(place) for place in {*old, *notes_after})


def _changed(before: CostMatrix, after: CostMatrix) -> tuple[str, ...]:
    """The cells that both have and that cost something else."""
    found = []
    for column, decision in enumerate(after.decisions):
        if decision not in before.decisions:
            continue
        old = before.values[:, before.decisions.index(decision)]
        for row in np.flatnonzero(old != after.values[:, column]):
            was, now = float(old[row]), float(after.values[row, column])
            cell = cell_name(after.classes[row], decision)
            found.append((abs(now - was), f"{cell}: {number(was)} → {number(now)}"))
    return tuple(text for _, text in sorted(found, key=lambda each: -each[0]))


def _priced(cost: CostMatrix, names: list[str]) -> str:
    """New decisions with what they cost, where that is one price."""
    told = []
    for name in names:
        column = cost.values[:, cost.decisions.index(name)]
        told.append(f"'{name}'" + (f" ({amount(float(column[0]), cost.unit)})" if np.ptp(column) == 0 else ""))
    return " and ".join(told)


def _unit(cost: CostMatrix) -> str:
    return f"'{cost.unit}'" if cost.unit else "not named"
