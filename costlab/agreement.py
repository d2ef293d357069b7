"""What people have agreed on, in their own words: who, when, and why each price is what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from costlab.costs import CostMatrix
from costlab.notes import key
from costlab.wording import amount

TITLE = "What mistakes cost, and how we decide"


@dataclass(frozen=True)
class Agreement:
    """The words of a report that no program can know.

    by: who agreed on the prices. day: when, as people write it. notes: a comment a cell, by `note_key`.
    """

    title: str = TITLE
    by: str = ""
    day: str = ""
    remarks: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    def note(self, truth: int, decision: int) -> str:
        """What was said about the price of one cell; empty where nothing was."""
        return self.notes.get(note_key(truth, decision), "").strip()


def note_key(truth: int, decision: int) -> str:
    """How a cell is named in `Agreement.notes` and in a saved matrix: by position.

    >>> note_key(3, 0)
    '3.0'
    """
    return key((truth, decision))


def price_name(cost: CostMatrix, truth: int, decision: int) -> str:
    """A cell and its price in a few words.

    >>> price_name(CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR"), 1, 0)
    "'crack' called 'ok': 100 EUR"
    """
    extra = decision >= len(cost.classes)
    how = "with the decision" if extra else "called"
    price = amount(float(cost.values[truth, decision]), cost.unit)
    return f"'{cost.classes[truth]}' {how} '{cost.decisions[decision]}': {price}"


def priced_cells(cost: CostMatrix) -> list[tuple[int, int]]:
    """The cells (truth, decision) that somebody had to put a price on, the dearest first: all but free right answers.

    >>> priced_cells(CostMatrix([[0, 1], [100, 0]], "ab"))
    [(1, 0), (0, 1)]
    """
    k, d = cost.values.shape
    cells = [(t, c) for t in range(k) for c in range(d) if t != c or cost.values[t, c] != 0]
    return sorted(cells, key=lambda cell: (-cost.values[cell], cell))
