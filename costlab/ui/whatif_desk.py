"""What a visitor has changed about one model: the costs as a draft, the other assumptions, and what stood before.

No streamlit in here. One desk a source is kept for the session.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from costlab.costs import CostMatrix
from costlab.errors import CostlabError
from costlab.fitted import Fitted
from costlab.numbers import show_number
from costlab.scenario import Answer, Change, Scenario, answer, change
from costlab.ui.address import needs_extra
from costlab.ui.drafts import MAX_STEPS, Cell, Draft, Sheet, dearest

KEPT = 4  # answers: now, before, at the start, and one more, for undo


@dataclass(frozen=True)
class View:
    """What is on the screen. change: against what it is compared with. refused: why the last move is not in."""

    answer: Answer
    change: Change | None
    refused: str = ""


class Step(NamedTuple):
    """A change of the other assumptions: the costs that were on the grid by then, what was assumed, what came along.

    both: whether the costs changed with it, so that one undo takes both back.
    """

    sheet: Sheet
    settings: Scenario
    both: bool


@dataclass
class Desk:
    """The draft of the costs, the other assumptions, and what was on the screen before.

    settings: its costs are the draft's as soon as `scenario` is asked for. typed: texts of boxes that are not numbers,
    by box, with the sentence that says so. address: what the page last wrote there for this desk. from_start: compare
    with the scenario it began with, not with the one before the last change.
    """

    draft: Draft
    settings: Scenario
    typed: dict[str, tuple[str, str]] = field(default_factory=dict)
    address: dict[str, str] | None = None
    from_start: bool = False
    before: Scenario | None = None
    _seen: Scenario | None = None
    _fitted: Fitted | None = None
    _answers: list[Answer] = field(default_factory=list)
    _changes: list[Change] = field(default_factory=list)
    _past: list["Step"] = field(default_factory=list)
    _future: list["Step"] = field(default_factory=list)
    _column: Cell | None = None  # a cell that the draft does not have: of the column for referring
    _left: Cell = (0, 0)

    @classmethod
    def begin(
        cls, scenario: Scenario, base: CostMatrix, matrix: str = "", notes: Mapping[str, str] | None = None
    ) -> "Desk":
        """A desk for a scenario whose costs began as `base`, saved under the name `matrix` with these `notes` if so."""
        sheet = Sheet(scenario.cost, base, {}, matrix, notes or {}, notes or {})
        desk = cls(Draft(sheet, selected=dearest(scenario.cost)), scenario)
        desk.before = desk.start if not same(scenario, desk.start) else None
        return desk

    @property
    def scenario(self) -> Scenario:
        """What is assumed now."""
        if self.settings.cost is not self.draft.sheet.cost:
            self.settings = replace(self.settings, cost=self.draft.sheet.cost)
        return self.settings

    @property
    def start(self) -> Scenario:
        """What was assumed at first: the costs as trained or saved, and nothing else moved."""
        return Scenario(self.base)

    @property
    def base(self) -> CostMatrix:
        """The costs that the draft began with, or was last saved as."""
        return self.draft.sheet.stored

    @property
    def cell(self) -> Cell:
        """The truth and the decision that are looked at; the decision may be that of referring."""
        if self._column is not None and self.draft.selected == self._left and self.settings.referral is not None:
            return self._column
        return self.draft.selected

    def select(self, cell: Cell) -> None:
        """Look at a cell of the costs in force."""
        rows, columns = self.draft.sheet.cost.values.shape
        truth, decision = min(max(cell[0], 0), rows - 1), max(cell[1], 0)
        if decision < columns:
            self.draft.selected, self._column = (truth, decision), None
        else:
            self._column, self._left = (truth, columns), self.draft.selected

    def set(self, **changes: Any) -> None:
        """Change assumptions other than the costs; a rule that needs an extra decision goes when the last one does."""
        old, self.settings = self.scenario, replace(self.settings, **changes)
        cost = self.draft.sheet.cost
        extra = len(cost.decisions) > len(cost.classes) or self.settings.referral is not None
        if needs_extra(self.settings.rule) and not extra:
            self.settings = replace(self.settings, rule=self.start.rule)
        self._remember(old)

    def undo(self) -> None:
        """Take back what was changed last: costs, or another assumption, or both where they changed together."""
        ahead = (self.draft.sheet, *self.draft.future)  # an edit since then has made the rest impossible
        self._future = [step for step in self._future if any(step.sheet is sheet for sheet in ahead)]
        self._step(self._past, self._future, self.draft.undo, bool(self.draft.past))

    def redo(self) -> None:
        """Make the change again that was last taken back."""
        self._step(self._future, self._past, self.draft.redo, bool(self.draft.future))

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self.draft.past or self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to make again."""
        return bool(self.draft.future or self._next())

    def _next(self) -> bool:
        """Whether the assumption taken back last can be made again: the costs are still those of then."""
        return bool(self._future) and self._future[-1].sheet is self.draft.sheet

    def _remember(self, old: Scenario, both: bool = False) -> None:
        if both or not same(old, self.scenario):
            self._past.append(Step(self.draft.sheet, old, both))
            del self._past[:-MAX_STEPS]
            self._future.clear()
            if not both:
                self.draft.future.clear()

    def _step(self, source: list[Step], target: list[Step], costs: Callable[[], None], more: bool) -> None:
        """One step of undo or redo: of the assumptions where they moved last, else of the costs by `costs`."""
        if not source or (more and source[-1].sheet is not self.draft.sheet):
            costs()
            return
        step, now = source.pop(), self.scenario
        self.typed.clear()
        if step.both:
            costs()
        self.settings = replace(step.settings, cost=self.draft.sheet.cost)
        target.append(Step(self.draft.sheet, now, step.both))

    def price(self, cell: Cell, value: float) -> None:
        """Set the price of a cell."""
        self.draft.type({cell: show_number(value)})

    def pick(self, kind: str, value: float) -> None:
        """Set what was picked on a curve: the price of the cell that is looked at, that of referring, or the scale."""
        if kind == "price" and self.cell == self.draft.selected:
            self.price(self.cell, value)
        elif kind == "scale":
            self.set(scale=value)
        else:
            self.set(referral=value)

    def take(
        self, scenario: Scenario, base: CostMatrix, matrix: str = "", notes: Mapping[str, str] | None = None
    ) -> None:
        """Go over to another scenario, as an address names it; undo takes it back."""
        old, sheet = self.scenario, Sheet(scenario.cost, base, {}, matrix, notes or {}, notes or {})
        same_costs = np.array_equal(scenario.cost.values, self.draft.sheet.cost.values)
        before = self.draft.sheet
        if not same_costs or matrix != self.draft.sheet.matrix or base != self.base:
            self.draft.change(sheet)
        self.typed.clear()
        self.settings = scenario
        if not same(replace(old, cost=scenario.cost), scenario):
            self._remember(old, both=self.draft.sheet is not before)

    def restart(self) -> None:
        """Go back to the scenario it began with; undo takes it back."""
        self.take(self.start, self.base, self.draft.sheet.matrix, self.draft.sheet.stored_notes)

    def turn(self) -> None:
        """Compare with the start instead of with what stood before, or the other way round."""
        self.from_start = not self.from_start

    def look(self, fitted: Fitted) -> View:
        """What follows from the scenario, and what it changed. What cannot be judged leaves the last valid view.

        Raises CostlabError when there is no valid view yet.
        """
        if fitted is not self._fitted:
            self._fitted, self._answers, self._changes = fitted, [], []
        refused, scenario = "", self.scenario
        try:
            now = self._answer(fitted, scenario)
        except CostlabError as error:
            if self._seen is None:
                raise
            refused, now = str(error), self._answer(fitted, self._seen)
        else:
            if self._seen is not None and not same(self._seen, scenario):
                self.before = self._seen
            self._seen = scenario
        against = self.start if self.from_start else self.before
        return View(now, None if against is None else self._change(fitted, self._answer(fitted, against), now), refused)

    def _answer(self, fitted: Fitted, scenario: Scenario) -> Answer:
        known = next((each for each in self._answers if same(each.scenario, scenario)), None)
        if known is None:
            known = answer(fitted, scenario)
            self._answers = [known, *self._answers][:KEPT]
        return known

    def _change(self, fitted: Fitted, before: Answer, after: Answer) -> Change:
        known = next((each for each in self._changes if each.before is before and each.after is after), None)
        if known is None:
            known = change(before, after, fitted.test.target)
            self._changes = [known]
        return known


def same(one: Scenario, other: Scenario) -> bool:
    """Whether two scenarios assume the same; the names of their costs say nothing."""
    a, b = one.cost, other.cost
    alike = a.classes == b.classes and a.decisions == b.decisions and a.unit == b.unit
    return alike and np.array_equal(a.values, b.values) and replace(one, cost=b) == other
