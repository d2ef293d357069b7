"""What-if: the assumptions under which a model decides, and what follows from them. Nothing is trained here.

The path of the data: a `Source` (predictions) is `Fitted` once; a `Scenario` says prices, shares, calibration and rule;
`answer` makes the decisions and judges them; `change` says what one scenario changed against another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from costlab.costs import CostMatrix
from costlab.fitted import BAR, Fitted, Recipe
from costlab.intervals import Interval, mean_interval, paid_events, paired_interval
from costlab.metrics import confusion
from costlab.records import ConstantResult
from costlab.verdict import Case

CASES = 1000  # costs are told for so many: a mean cost of 0.004 means little to people
REFER = "refer to a human"


@dataclass(frozen=True)
class Scenario:
    """Prices, class shares, calibration and rule: all that can be changed after training.

    cost: (K, D) as somebody edits it. scale: all of it is multiplied by this. referral: what it costs to refer an image
    to a human, whatever the truth; None: nobody can be asked. shares: (K,) class shares of the place where the model
    will decide, in the order of `cost.classes`, any positive scale; None: as in the test set.
    """

    cost: CostMatrix
    rule: str = "least_expected_cost"
    calibration: str = BAR
    scale: float = 1.0
    referral: float | None = None
    shares: tuple[float, ...] | None = None

    @property
    def matrix(self) -> CostMatrix:
        """The costs in force: scaled, with a column for referring if that has a price."""
        cost = self.cost if self.scale == 1 else replace(self.cost, values=self.cost.values * self.scale)
        return cost if self.referral is None else cost.with_referral(self.referral, REFER)

    @property
    def recipe(self) -> Recipe:
        """The calibration and rule."""
        return Recipe("", self.calibration, self.rule, self.shares is not None)


@dataclass(frozen=True)
class Answer:
    """What a model's decisions cost in a scenario. Costs are means an image, in the matrix's unit.

    cost: (K, D), the costs in force. decided: (N,), for the test part. paid: (N,), times the weight of its class where
    shares are given, so that its mean is what is to be expected there. counts: (K, D) of the test part as it is.
    weights: (K,), what a test image of each class counts for. mean: with its 95 % interval. events: how many dear
    mistakes it rests on, about. constant: the best single decision for all. blind: argmax, whatever mistakes cost.
    referred: the share that goes to extra decisions, weighted.
    """

    scenario: Scenario
    cost: CostMatrix
    decided: np.ndarray
    paid: np.ndarray
    counts: np.ndarray
    weights: np.ndarray
    mean: Interval
    events: float
    constant: ConstantResult
    blind: Interval
    referred: float


def answer(fitted: Fitted, scenario: Scenario) -> Answer:
    """Decide and judge the test part. Raises InvalidCosts or InvalidPredictions where the scenario means nothing."""
    case = case_of(fitted, scenario)
    decided = fitted.decide(scenario.recipe, case.cost, case.priors)
    blind = fitted.decide(Recipe("", "none", "argmax"), case.cost)
    paid, counts = case.paid(decided), confusion(fitted.test.target, decided, case.cost)
    weighted = counts * case.weights[:, None]
    return Answer(
        scenario=scenario,
        cost=case.cost,
        decided=decided,
        paid=paid,
        counts=counts,
        weights=case.weights,
        mean=mean_interval(paid),
        events=paid_events(paid),
        constant=case.constant(),
        blind=mean_interval(case.paid(blind)),
        referred=float(weighted[:, len(case.cost.classes) :].sum() / weighted.sum()),
    )


def case_of(fitted: Fitted, scenario: Scenario) -> Case:
    """The test part at the costs and class shares of a scenario."""
    if scenario.shares is None:
        return Case(fitted, scenario.matrix)
    return Case(fitted, scenario.matrix, dict(zip(scenario.cost.classes, scenario.shares, strict=True)))


@dataclass(frozen=True)
class Change:
    """What deciding anew is worth: `after` against the decisions of `before`, both at the prices and shares of `after`.

    An old decision that there is no more (to refer, where nobody can be asked now) keeps its old price.

    differs: (N,) bool, the images decided otherwise. counts: (K, D), how many more images are in each cell. kept: the
    mean cost when the old decisions stay. difference: of the means, new minus old, with its 95 % interval. events: how
    many dear images the difference rests on, about.
    """

    before: Answer
    after: Answer
    differs: np.ndarray
    counts: np.ndarray
    kept: float
    difference: Interval
    events: float


def change(before: Answer, after: Answer, target: np.ndarray) -> Change:
    """What changed; decisions are told apart by name, for the two may have different extra ones. target: (N,)."""
    names = after.cost.decisions
    old = np.array([names.index(name) if name in names else -1 for name in before.cost.decisions])[before.decided]
    known = old >= 0
    price = np.where(known, after.cost.values[target, np.maximum(old, 0)], before.cost.values[target, before.decided])
    paid = price * after.weights[target]
    return Change(
        before=before,
        after=after,
        differs=old != after.decided,
        counts=after.counts - confusion(target[known], old[known], after.cost),
        kept=float(paid.mean()),
        difference=paired_interval(after.paid, paid),
        events=paid_events(after.paid - paid),
    )


def cell_images(answer: Answer, target: np.ndarray, probs: np.ndarray, truth: int, decision: int) -> Sequence[int]:
    """Rows of the test part in one cell, the costliest first, then those the model is surest of. probs: (N, K)."""
    rows = np.flatnonzero((target == truth) & (answer.decided == decision))
    sure = probs[rows].max(axis=1)
    return [int(row) for row in rows[np.lexsort((rows, -sure, -answer.paid[rows]))]]
