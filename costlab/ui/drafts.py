"""A cost matrix while somebody edits it: what was typed, what it means, how to take it back. No streamlit in here.

A cell that is refused keeps its text on the screen and its last valid cost in the matrix, so nothing is lost and
everything drawn from the matrix stays true.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from costlab.costs import CostMatrix
from costlab.doctor import Finding, cell_name, within_bounds
from costlab.notes import MAX_NOTE, key, moved_notes
from costlab.numbers import parse_number, show_number

Cell = tuple[int, int]  # truth, decision
MAX_STEPS = 100  # of undo
MAX_VALUES = 4_000_000  # costs held in the history of one draft: 32 MB
MAX_TEXT = 200  # characters kept of what was typed into a cell
EDITED = ", edited"


@dataclass(frozen=True)
class Sheet:
    """One state of the edit.

    cost: the last valid matrix. typed: texts of cells that read differently from their cost: `1/3`, or refused ones.
    stored: the matrix that this edit began as, or was last saved as; matrix: the name it is saved under, if it is.
    notes: why a cell costs what it costs, by "truth.decision"; stored_notes: those of `stored`. revision: of the saved
    matrix, when it is not the latest; else 0.

    >>> sheet = Sheet.of(CostMatrix([[0, 1], [100, 0]], ["ok", "crack"]))
    >>> sheet.with_texts({(1, 0): "1/4", (0, 1): "x"}).cells()
    [['0', 'x'], ['1/4', '0']]
    """

    cost: CostMatrix
    stored: CostMatrix
    typed: Mapping[Cell, str] = field(default_factory=dict)
    matrix: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    stored_notes: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0

    @classmethod
    def of(
        cls, cost: CostMatrix, matrix: str = "", notes: Mapping[str, str] | None = None, revision: int = 0
    ) -> "Sheet":
        """The sheet of a matrix as it came, from a data set or from the saved matrix named `matrix`."""
        return cls(cost, cost, {}, matrix, notes or {}, notes or {}, revision)

    def text(self, cell: Cell) -> str:
        """What the grid shows in a cell."""
        return self.typed.get(cell) if cell in self.typed else show_number(self.cost.values[cell])  # type: ignore[return-value]

    def cells(self) -> list[list[str]]:
        """(K, D) texts, as the grid shows them."""
        table = [[show_number(value) for value in row] for row in self.cost.values]
        for (truth, decision), text in self.typed.items():
            table[truth][decision] = text
        return table

    def with_texts(self, texts: Mapping[Cell, str]) -> "Sheet":
        """The sheet after `texts` were typed; a refused one leaves its cost as it was."""
        values, typed = self.cost.values.copy(), dict(self.typed)
        for cell, text in texts.items():
            typed[cell] = text[:MAX_TEXT]
            value = _meant(text)
            if isinstance(value, float):
                values[cell] = value
                if text == show_number(value):
                    del typed[cell]
        if np.array_equal(values, self.cost.values):
            return replace(self, typed=typed)
        return replace(self, cost=replace(self.cost, values=values, name=edited_name(self.cost.name)), typed=typed)

    def with_cost(self, cost: CostMatrix) -> "Sheet":
        """The sheet with another matrix in it, such as a preset; what was typed is gone, what is stored is not.

        Notes stay at the cells of the same names.
        """
        return replace(self, cost=cost, typed={}, notes=moved_notes(self.notes, self.cost, cost))

    def note(self, cell: Cell) -> str:
        """Why a cell costs what it costs, or ""."""
        return self.notes.get(key(cell), "")

    def with_note(self, cell: Cell, note: str) -> "Sheet":
        """The sheet with another reason for a cell's cost; an empty one takes it away."""
        notes = {place: text for place, text in self.notes.items() if place != key(cell)}
        if note.strip():
            notes[key(cell)] = note.strip()[:MAX_NOTE]
        return replace(self, notes=notes)

    def refused(self) -> list[Finding]:
        """One error for each cell whose text is not a cost, by rows."""
        found = []
        for truth, decision in sorted(self.typed):
            value = _meant(self.typed[truth, decision])
            if isinstance(value, str):
                name = cell_name(self.cost.classes[truth], self.cost.decisions[decision])
                found.append(Finding("error", f"The cost of {name}: {value}.", (truth, decision)))
        return found

    @property
    def unsaved(self) -> bool:
        """Whether anything but the name differs from the stored matrix."""
        if self.refused() or replace(self.cost, name="") != replace(self.stored, name=""):
            return True
        return self.notes != self.stored_notes


@dataclass
class Draft:
    """A sheet with its past and future, and the cell that is looked at."""

    sheet: Sheet
    past: list[Sheet] = field(default_factory=list)
    future: list[Sheet] = field(default_factory=list)
    selected: Cell = (0, 1)

    def change(self, sheet: Sheet) -> None:
        """Go on to `sheet`; the one before can be had back."""
        if sheet == self.sheet:
            return
        if sheet.cost.classes != self.sheet.cost.classes:
            self.selected = dearest(sheet.cost)
        self.past.append(self.sheet)
        self.sheet = sheet
        self.future.clear()
        self._keep_in_bounds()

    def undo(self) -> None:
        """Take the last change back, if there is one."""
        if self.past:
            self.future.append(self.sheet)
            self.sheet = self.past.pop()
            self._keep_in_bounds()

    def redo(self) -> None:
        """Make the change again that was last taken back, if there is one."""
        if self.future:
            self.past.append(self.sheet)
            self.sheet = self.future.pop()
            self._keep_in_bounds()

    def type(self, texts: Mapping[Cell, str]) -> None:
        """Take texts that were typed or pasted, and look at the cell changed last, a mistake if there is one."""
        changed = {cell: text for cell, text in texts.items() if text != self.sheet.text(cell)}
        if changed:
            self.change(self.sheet.with_texts(changed))
            self.selected = ([cell for cell in changed if cell[0] != cell[1]] or list(changed))[-1]

    def explain(self, cell: Cell, note: str) -> None:
        """Say why a cell costs what it costs; undo takes it back."""
        self.change(self.sheet.with_note(cell, note))

    def saved(self, cost: CostMatrix, matrix: str) -> None:
        """The matrix was stored as `cost` under the name `matrix`; not a change that undo takes back."""
        notes = self.sheet.notes
        self.sheet = replace(self.sheet, cost=cost, stored=cost, matrix=matrix, stored_notes=notes, revision=0)

    def forget(self, matrix: str) -> None:
        """The saved matrix of this name is no more: no sheet goes by it any longer, now or after undo."""
        for sheets in (self.past, self.future):
            sheets[:] = [_nameless(sheet) if sheet.matrix == matrix else sheet for sheet in sheets]
        if self.sheet.matrix == matrix:
            self.sheet = _nameless(self.sheet)

    def _keep_in_bounds(self) -> None:
        rows, columns = self.sheet.cost.values.shape
        self.selected = (min(self.selected[0], rows - 1), min(self.selected[1], columns - 1))
        while len(self.past) > MAX_STEPS or sum(sheet.cost.values.size for sheet in self.past) > MAX_VALUES:
            del self.past[0]


def _nameless(sheet: Sheet) -> Sheet:
    return replace(sheet, matrix="", revision=0)


def dearest(cost: CostMatrix) -> Cell:
    """The mistake that costs most; the first of several.

    >>> dearest(CostMatrix([[0, 1], [100, 0]], "ab"))
    (1, 0)
    """
    mistakes = np.where(np.eye(len(cost.classes), dtype=bool), -np.inf, cost.square)
    truth, decision = np.unravel_index(int(mistakes.argmax()), mistakes.shape)
    return int(truth), int(decision)


def edited_name(name: str) -> str:
    """The name of a matrix after a change, so that a run never claims costs it was not trained with.

    >>> edited_name("prices of May"), edited_name("prices of May, edited"), edited_name("")
    ('prices of May, edited', 'prices of May, edited', 'edited')
    """
    if name.endswith(EDITED):
        return name
    return (name[: 80 - len(EDITED)] + EDITED) if name else EDITED.removeprefix(", ")


def _meant(text: str) -> float | str:
    """The cost that a text means, or the clause that says why it is none."""
    try:
        return within_bounds(parse_number(text))
    except ValueError as error:
        return str(error)
