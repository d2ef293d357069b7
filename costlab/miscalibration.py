"""What it costs that a network's probabilities are not what they say, in the unit of the costs.

**Which calibration is best** is chosen by log-loss, not by cost: no price and no test label decides it where there is a
validation part, so that it stays the same while prices are moved, and what is then paid on the test part is an honest
look at the choice. Each calibration is fitted to four fifths of the validation part and judged on the last, in turn; of
those whose log-loss is within a standard error of the least, the one that learns least is taken (Breiman, Friedman,
Olshen and Stone 1984, Classification and regression trees, 3.4.3). Where the validation part is too small to learn from
(`Fitted`), all known examples choose, still by log-loss; the optimism of one choice among four is far below what the
interval says. Beyond `MOST` examples a stratified sample of them chooses.
"""

from dataclasses import dataclass, replace
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np

from costlab.calibration import CALIBRATIONS, cross_fitted, softmax, stratified_folds
from costlab.fitted import Fitted
from costlab.intervals import FEW_EVENTS, Interval, paid_events, paired_interval
from costlab.moved_words import calibrated, tidy
from costlab.scenario import CASES, Answer, case_of
from costlab.wording import amount, number

MOST = 5_000  # examples: with 100 classes, choosing takes a second or two
OWN = "none"

_known: WeakKeyDictionary[Fitted, str] = WeakKeyDictionary()
_choosing = Lock()


@dataclass(frozen=True)
class Miscalibration:
    """What deciding by the probabilities of a scenario costs beside deciding by better ones. Costs are means an image.

    using: the scenario's calibration. beside: the one it is compared with: the best, or, where the best is used, the
    network's own probabilities. difference: mean cost by `using` minus that by `beside`, with its 95 % interval, at the
    scenario's rule, prices and class shares. differs: how many images are decided otherwise. events: how many dear
    images the difference rests on, about. best: the name of the calibration that a click should set.
    """

    using: str
    beside: str
    best: str
    difference: Interval
    differs: int
    events: float
    unit: str

    @property
    def fix(self) -> str | None:
        """The calibration to offer: the best, where it is not in use and deciding by it cost less."""
        return self.best if self.using != self.best and self.difference.estimate > 0 else None

    @property
    def remedy(self) -> str:
        """What a click on the calibration to offer does, for a button; "" where there is none to offer."""
        if not self.fix:
            return ""
        return "Take the network's own probabilities" if self.fix == OWN else f"Correct them by {calibrated(self.fix)}"

    @property
    def sentence(self) -> str:
        """What these probabilities are, and what that costs; plain text."""
        return tidy(f"{_origin(self)} {_worth(self)}")


def miscalibration(fitted: Fitted, answer: Answer) -> Miscalibration:
    """What the probabilities of a scenario cost beside better ones. Raises what `answer` raises."""
    scenario, best = answer.scenario, best_calibration(fitted)
    beside = OWN if scenario.calibration == best else best
    case = case_of(fitted, scenario)
    decided = fitted.decide(replace(scenario, calibration=beside).recipe, case.cost, case.priors, answer.tuned)
    paid = case.paid(decided)
    return Miscalibration(
        using=scenario.calibration,
        beside=beside,
        best=best,
        difference=paired_interval(answer.paid, paid),
        differs=int((decided != answer.decided).sum()),
        events=paid_events(answer.paid - paid),
        unit=answer.cost.unit,
    )


def best_calibration(fitted: Fitted) -> str:
    """The calibration whose probabilities say most of examples it has not seen; worked out once.

    >>> from costlab.sources import example_source
    >>> best_calibration(Fitted(example_source("surface_defects").predictions)) in CALIBRATIONS
    True
    """
    with _choosing:
        if fitted not in _known:
            _known[fitted] = _chosen(*fitted.known())
        return _known[fitted]


def _chosen(logits: np.ndarray, target: np.ndarray) -> str:
    """The first of CALIBRATIONS, each of which learns more than the one before, that is as good as the best."""
    if len(target) > MOST:
        parts = -(-len(target) // MOST)
        rows = stratified_folds(target, parts) == 0
        logits, target = logits[rows], target[rows]
    if len(target) < 2:
        return OWN
    losses = {name: _log_loss(cross_fitted(make, logits, target), target) for name, make in CALIBRATIONS.items()}
    best = min(losses.values(), key=np.mean)
    return next(name for name, loss in losses.items() if _as_good(loss - best))


def _log_loss(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(M,) for each example."""
    probs = softmax(logits)[np.arange(len(target)), target]
    return -np.log(np.maximum(probs, np.finfo(np.float64).tiny))


def _as_good(difference: np.ndarray) -> bool:
    """Whether log-losses (M,) above those of the best are, on average, within a standard error of 0."""
    return bool(difference.mean() <= difference.std() / len(difference) ** 0.5)


# Words -------------------------------------------------------------------------------------------------------------


def _origin(said: Miscalibration) -> str:
    if said.using == OWN:
        return "These probabilities are as the network gave them."
    return f"These probabilities have gone through {calibrated(said.using)}."


def _worth(said: Miscalibration) -> str:
    other = "by the network's own" if said.beside == OWN else f"after {calibrated(said.beside)}"
    if said.beside == said.using:
        return "No calibration says more about images it has not seen, so that none is needed."
    if not said.differs:
        return f"{other[0].upper()}{other[1:]}, every decision would be the same."
    difference, unit, cases = said.difference, said.unit, number(CASES)
    costs = f"{amount(CASES * abs(difference.estimate), unit)} {'more' if difference.estimate > 0 else 'less'}"
    low, high = CASES * difference.low, CASES * difference.high
    if difference.estimate == 0:
        return (
            f"Deciding by them costs as much as {other} (95 %: {_signed(low)} to {_signed(high)} per {cases} images)."
        )
    told = f"Deciding by them costs {costs} per {cases} images than {other}"
    if not difference.excludes_zero:
        between = f"95 %: {_signed(low)} to {_signed(high)}"
        return f"{told}, which cannot be told apart from no difference ({between})."
    low, high = sorted((abs(low), abs(high)))
    few = max(round(said.events), 1)
    rests = f"; it rests on about {few} dear {'image' if few == 1 else 'images'}: too few to rely on"
    between = f"95 %: {number(low)} to {number(high)}{rests if said.events < FEW_EVENTS else ''}"
    return f"{told} ({between})."


def _signed(value: float) -> str:
    """An end of an interval around no difference."""
    return "0" if value == 0 else f"{number(abs(value))} {'more' if value > 0 else 'less'}"
