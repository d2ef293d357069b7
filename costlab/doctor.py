"""The matrix doctor: what is wrong with a table of costs, or odd about it, in sentences that name the cells.

A table with an error is refused: `CostMatrix` runs the same checks when it is made. The errors are found here, the
warnings, which refuse nothing, in `costlab.diagnosis`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Literal

from costlab.numbers import parse_number

if TYPE_CHECKING:
    import numpy as np

    from costlab.costs import CostMatrix
    from costlab.diagnosis.when_best import Witness

MAX_CLASSES = 1000  # what a file may hold: a matrix of 1,000 x 1,000 is 8 MB
MAX_NAME = 80  # characters
MAX_COST = 1e15  # beyond this, sums over a data set lose whole units in float64


@dataclass(frozen=True)
class Finding:
    """One thing to say about a matrix: a sentence, how bad it is, and the cell (truth, decision) it is about, if one.

    name: what kind of warning it is, a key of `costlab.diagnosis.MEANINGS`; errors are all alike. witness: the proof
    that the decision of which the sentence speaks can be best, or never is.
    """

    severity: Literal["error", "warning"]
    sentence: str
    cell: tuple[int, int] | None = None
    name: str = ""
    witness: Witness | None = None


def name_findings(classes: Sequence[str], decisions: Sequence[str]) -> list[Finding]:
    """Errors in the names: too few, empty, too long, twice the same, or decisions that do not begin with classes."""
    most = max(len(classes), len(decisions))
    if most > MAX_CLASSES:  # and look no further, for a file may name millions
        return [Finding("error", f"A cost matrix holds up to {MAX_CLASSES} decisions; it has {most}.")]
    found = []
    if len(classes) < 2:
        found.append(f"A cost matrix needs at least 2 classes; it has {len(classes)}.")
    for kind, names in (("class", classes), ("decision", decisions)):
        for position, name in enumerate(names):
            if not name.strip():
                found.append(f"Every {kind} needs a name; number {position + 1} is empty.")
            elif len(name) > MAX_NAME:
                found.append(f"The {kind} name '{name[:20]}...' is too long; use up to {MAX_NAME} characters.")
            elif names.index(name) < position:
                found.append(f"The {kind} '{name}' is named twice; give each its own name.")
    if not found and tuple(decisions[: len(classes)]) != tuple(classes):
        odd = next((name for name in classes if name not in decisions), None)
        found.append(
            f"The class '{odd}' is missing among the decisions; every class must also be a column."
            if odd
            else "The decisions must begin with the classes, in the same order."
        )
    return [Finding("error", sentence) for sentence in found]


def shape_finding(shape: tuple[int, ...], classes: Sequence[str], decisions: Sequence[str]) -> Finding | None:
    """The error that the table is not (K, D), if so."""
    if shape == (len(classes), len(decisions)):
        return None
    expected = f"{len(classes)} rows (truths) and {len(decisions)} columns (decisions)"
    came = f"{shape[0]} rows and {shape[1]} columns" if len(shape) == 2 else f"a table of shape {shape}"
    return Finding("error", f"Expected {expected}, got {came}.")


def cell_name(truth: str, decision: str) -> str:
    """How a cell is named in every sentence.

    >>> cell_name("crack", "ok")
    "'crack' called 'ok'"
    """
    return f"'{truth}' called '{decision}'"


def within_bounds(value: float) -> float:
    """`value`, or ValueError when it is beyond what a cost may be."""
    if abs(value) > MAX_COST:
        raise ValueError(f"{value:g} is beyond {MAX_COST:g}; use a larger unit")
    return value


def read_cells(
    cells: Sequence[Sequence[object]], classes: Sequence[str], decisions: Sequence[str] | None = None
) -> tuple[list[list[float]], list[Finding]]:
    """A typed table as K rows of D numbers, NaN where a cell was refused, with one error for each such cell.

    A table whose names or shape are refused is not read: there are no rows then.

    >>> read_cells([["0", "abc"], ["1,5", "0"]], ["cat", "dog"])[1][0].sentence
    "The cost of 'cat' called 'dog': 'abc' is not a number."
    """
    decisions = tuple(classes if decisions is None else decisions)
    found = name_findings(classes, decisions)
    lengths = {len(row) for row in cells}
    if len(lengths) > 1:
        short = next(i for i, row in enumerate(cells) if len(row) != len(decisions))
        found.append(Finding("error", f"Row {short + 1} has {len(cells[short])} cells; expected {len(decisions)}."))
    elif wrong := shape_finding((len(cells), *lengths) if cells else (0, 0), classes, decisions):
        found.append(wrong)
    if found:
        return [], found
    values = [[nan] * len(decisions) for _ in classes]
    for t, row in enumerate(cells):
        for d, cell in enumerate(row):
            try:
                values[t][d] = _read(cell)
            except ValueError as error:
                sentence = f"The cost of {cell_name(classes[t], decisions[d])}: {error}."
                found.append(Finding("error", sentence, (t, d)))
    return values, found


def _read(cell: object) -> float:
    """The number in a cell. Raises ValueError with a clause."""
    if type(cell) in (float, int) and abs(cell) <= MAX_COST:  # type: ignore[arg-type]  # not bool, which is an int
        return float(cell)  # type: ignore[arg-type]
    return within_bounds(parse_number(cell))


def doctor(
    cost: CostMatrix | Sequence[Sequence[object]] | np.ndarray,
    classes: Sequence[str] = (),
    decisions: Sequence[str] | None = None,
    unit: str = "",
    beside: Mapping[str, CostMatrix] | None = None,
) -> list[Finding]:
    """All that is wrong with a matrix, or else all that is odd about it, the weightiest first; empty when nothing is.

    cost: a `CostMatrix`, or a table of what was typed, (K, D), with the names of its `classes` and `decisions` and its
    `unit`. beside: matrices about the same classes to compare it with, by what the sentences call them, such as
    `{"the suggested costs": cost}`.

    >>> [finding.sentence for finding in doctor([["0", "x"], ["", "0"]], ["ok", "crack"])]
    ["The cost of 'ok' called 'crack': 'x' is not a number.", "The cost of 'crack' called 'ok': the cell is empty."]
    >>> doctor([[0, 1, 2], [3, 0, 4], [100, 50, 0]], ["ok", "scratch", "crack"])
    []
    """
    from costlab.costs import CostMatrix  # which needs this module to check itself
    from costlab.diagnosis import warnings

    if not isinstance(cost, CostMatrix):
        values, errors = read_cells([list(row) for row in cost], classes, decisions)
        if errors:
            return errors
        names = None if decisions is None else tuple(decisions)
        cost = CostMatrix(values, tuple(classes), names, unit)  # type: ignore[arg-type]
    return warnings(cost, beside or {})
