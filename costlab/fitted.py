"""A model's calibrations and rules, fitted on some of its predictions and applied to others; kept while prices change.

**Who is judged, and by whom.** The test part is judged. What must be learnt is learnt from the validation part, once.
Where the validation part is small or missing, it is learnt from the validation part and the test part together, cross-
fitted: the test part is dealt into 5 stratified folds, and the examples of each are decided by a fit that has seen the
validation part and the other four folds, never the example itself. Small is: fewer than 10 validation examples of some
class that is tested. What a calibration learns of a class (how much more or less likely it is than the model says) has
a standard error of about 1 / sqrt(m) for m examples of it, in log odds: beyond 0.3, a third of its price, below ten.

**Memory.** Calibrated probabilities are kept, so that new prices need no new calibration, up to 512 MB; what does not
fit is worked out again each time. Of those moved to the class shares of other places, the last few are kept, and so are
the last fits of rules that learn.

**Threads.** One `Fitted` serves many visitors at once: what is kept is read without waiting; what is not is worked out
by one of them, while others who need something new wait for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import RLock

import numpy as np

from costlab.calibration import CALIBRATIONS, Calibration, estimated_priors, stratified_folds, with_priors
from costlab.costs import CostMatrix
from costlab.decisions import RULES, DecisionRule
from costlab.errors import InvalidPredictions, UnknownName
from costlab.predictions import Predictions
from costlab.wording import count

FOLDS = 5
FEW = 10  # validation examples of a class
MAX_KEPT = 1 << 29  # bytes
MAX_RULES = 1 << 26  # bytes of factors that rules have learnt
MOST_RULES = 40  # fits
MOVED = 4  # places with other class shares
BAR = "temperature"
PLAIN = ("argmax", "least_expected_cost")  # rules that need neither learning nor extra decisions
FIXED = (*PLAIN, "refer")  # rules that have nothing to learn
SHIFTED = "_with_new_shares"


Key = tuple[str, int | bytes | None]  # calibration; which rows: of the test part, of a round, moved to class shares


@dataclass(frozen=True)
class Recipe:
    """Probabilities calibrated, then a rule; shifted: moved to the class shares of another place in between."""

    title: str
    calibration: str
    rule: str
    shifted: bool = False

    @property
    def learns(self) -> bool:
        """Whether anything of it is fitted."""
        return self.calibration != "none"


def recipes(cost: CostMatrix, shifted: bool = False) -> dict[str, Recipe]:
    """Every recipe for these costs by name, in the order of tables: plain ones, calibrations, then the other rules.

    Calibrations are followed by the least expected cost; a rule of its own sees probabilities after `temperature`, as
    the bar does, so that the rule is all they differ in. shifted: also two that know the class shares of another place.

    >>> list(recipes(CostMatrix.zero_one("ab")))[:4]
    ['argmax', 'least_expected_cost', 'temperature', 'affine']
    """
    least = "then least expected cost"
    made = {name: Recipe(RULES[name].title, "none", name) for name in PLAIN}
    for name in CALIBRATIONS:
        if name != "none":
            made[name] = Recipe(f"{name.capitalize()}, {least}", name, "least_expected_cost")
    extra = len(cost.decisions) > len(cost.classes)
    for name, plugin in RULES.items():
        if name not in made and (extra or not getattr(plugin.module, "NEEDS_EXTRA_DECISIONS", False)):
            made[name] = Recipe(f"Temperature, then {plugin.title[0].lower()}{plugin.title[1:]}", BAR, name)
    if shifted:
        for name, first in (("least_expected_cost", "New"), (BAR, "Temperature, new")):
            title = f"{first} class shares, {least}"
            made[name + SHIFTED] = Recipe(title, made[name].calibration, "least_expected_cost", True)
    return made


@dataclass(frozen=True)
class Round:
    """One fit: the rows it learns from, of validation then test, and the rows of the test part that it decides."""

    learnt: np.ndarray
    judged: np.ndarray


@dataclass(frozen=True)
class Learnt:
    """What decides after training. rule: fitted at the costs asked for. counts: (K,) examples that it learnt from."""

    calibration: Calibration
    rule: DecisionRule
    counts: np.ndarray


class Fitted:
    """A model's test part, and what has been fitted for it so far. Raises InvalidPredictions when nothing is tested."""

    def __init__(self, predictions: Predictions, folds: int = FOLDS, seed: int = 0):
        valid, self.test = predictions.part("valid"), predictions.part("test")
        if not len(self.test.target):
            raise InvalidPredictions(
                f"None of the {len(predictions.target)} examples is marked 'test'; mark those that are to be judged, "
                "or leave 'split' out to judge them all."
            )
        self.classes = predictions.classes
        self._logits = np.concatenate([valid.logits, self.test.logits])
        self._target = np.concatenate([valid.target, self.test.target])
        self._calibrations: dict[tuple[str, int], Calibration] = {}
        self._kept: dict[Key, np.ndarray] = {}
        self._rules: dict[tuple[str, str, int, CostMatrix], DecisionRule] = {}
        self._likeliest: dict[str, np.ndarray] = {}
        self._lock = RLock()
        tested = np.unique(self.test.target)
        scarce = np.bincount(valid.target, minlength=len(self.classes))[tested].min() < FEW
        self.rounds = self._folds(len(valid.target), folds, seed) if scarce else [self._once(len(valid.target))]
        self.how = self._said(len(valid.target))

    def __len__(self) -> int:
        """How many examples are judged."""
        return len(self.test.target)

    def _once(self, valid: int) -> Round:
        return Round(np.arange(valid), np.arange(len(self)))

    def _folds(self, valid: int, folds: int, seed: int) -> list[Round]:
        folds = min(folds, len(self))
        if folds < 2 and not valid:
            raise InvalidPredictions("One example alone cannot be judged by rules that learn; give at least 2.")
        fold = stratified_folds(self.test.target, folds, seed)
        rows = np.arange(valid)
        return [
            Round(np.concatenate([rows, valid + np.flatnonzero(fold != number)]), np.flatnonzero(fold == number))
            for number in range(folds)
        ]

    def _said(self, valid: int) -> str:
        if len(self.rounds) == 1:
            return f"fitted on {count(valid, 'validation image')}"
        among = f"{count(valid, 'validation image')} and the other test images" if valid else "other test images"
        return f"cross-fitted in {len(self.rounds)} folds: each test image by a fit to {among}"

    def probs(self, calibration: str = "none") -> np.ndarray:
        """(N, K) float64: calibrated probabilities of the test part, each by a fit that has not seen it."""
        return self._keep((calibration, None), lambda: self._judged_probs(calibration))

    def seen(self, recipe: Recipe, priors: np.ndarray | None = None) -> np.ndarray:
        """(N, K): the probabilities that a recipe's rule decides by: calibrated, and moved to `priors` if shifted."""
        if not recipe.shifted or priors is None:
            return self.probs(recipe.calibration)
        priors = np.asarray(priors, dtype=np.float64)
        return self._keep(
            (recipe.calibration, priors.tobytes()), lambda: self._moved(self.probs(recipe.calibration), priors)
        )

    def known(self) -> tuple[np.ndarray, np.ndarray]:
        """Logits (M, K) and target (M,) that a choice may rest on: the validation part; where that is small, all."""
        rows = self.rounds[0].learnt if len(self.rounds) == 1 else np.arange(len(self._target))
        return self._logits[rows], self._target[rows]

    def priors(self) -> np.ndarray:
        """(K,) class shares of unlabelled images, estimated from the test part's outputs after `temperature`."""
        learnt = np.unique(np.concatenate([each.learnt for each in self.rounds]))
        return estimated_priors(self.probs(BAR), self._shares(learnt))

    def decide(
        self,
        recipe: Recipe,
        cost: CostMatrix,
        priors: np.ndarray | None = None,
        tuned_for: CostMatrix | None = None,
    ) -> np.ndarray:
        """(N,) decisions for the test part at these costs.

        priors: (K,) class shares of the place where it decides, if shifted. tuned_for: the costs that a rule which
        learns is fitted to; none: these. While costs are being moved, naming those they started from saves the fits.
        """
        seen = self.seen(recipe, priors)
        if recipe.rule == "argmax" and seen is self._kept.get((recipe.calibration, None)):
            return self._most_probable(recipe.calibration, seen)
        if recipe.rule in FIXED:
            return np.asarray(RULES[recipe.rule].make().decide(seen, cost))
        decided = np.empty(len(self), dtype=np.intp)
        for number, each in enumerate(self.rounds):
            decided[each.judged] = self._tuned(recipe, number, tuned_for or cost).decide(seen[each.judged], cost)
        return decided

    def learnt(self, recipe: Recipe, cost: CostMatrix, number: int | None = None) -> Learnt:
        """What round `number` learnt; none: what goes into use, which has learnt from all that any round has seen."""
        if number is None and len(self.rounds) == 1:
            number = 0
        if number is not None:
            counts = np.bincount(self._target[self.rounds[number].learnt], minlength=len(self.classes))
            return Learnt(self._calibrated(recipe.calibration, number), self._tuned(recipe, number, cost), counts)
        calibration = CALIBRATIONS[recipe.calibration]().fit(self._logits, self._target)
        rule = RULES[recipe.rule].make().fit(calibration.probs(self._logits), self._target, cost)
        return Learnt(calibration, rule, np.bincount(self._target, minlength=len(self.classes)))

    def _most_probable(self, calibration: str, probs: np.ndarray) -> np.ndarray:
        """(N,) whatever mistakes cost, so that it is the same at all prices."""
        if calibration not in self._likeliest:
            decided = np.asarray(RULES["argmax"].make().decide(probs, CostMatrix.zero_one(self.classes)))
            decided.flags.writeable = False
            self._likeliest[calibration] = decided
        return self._likeliest[calibration]

    def _judged_probs(self, calibration: str) -> np.ndarray:
        probs = np.empty((len(self), len(self.classes)))
        for number, each in enumerate(self.rounds):
            probs[each.judged] = self._calibrated(calibration, number).probs(self.test.logits[each.judged])
        return probs

    def _moved(self, probs: np.ndarray, priors: np.ndarray) -> np.ndarray:
        """(N, K) for other class shares; a class that a round has not seen counts for half an example there."""
        moved = np.empty_like(probs)
        for each in self.rounds:
            seen = np.maximum(np.bincount(self._target[each.learnt], minlength=len(self.classes)), 0.5)
            moved[each.judged] = with_priors(probs[each.judged], seen, priors)
        return moved

    def _tuned(self, recipe: Recipe, number: int, cost: CostMatrix) -> DecisionRule:
        """The rule, fitted to these costs."""
        key = (recipe.calibration, recipe.rule, number, cost)
        if (known := self._rules.get(key)) is not None:
            return known
        with self._lock:
            if key not in self._rules:
                probs, target = self._learnt_probs(recipe.calibration, number), self._target[self.rounds[number].learnt]
                most = max(len(self.rounds), MAX_RULES // cost.values.nbytes)
                while len(self._rules) >= min(most, MOST_RULES):
                    del self._rules[next(iter(self._rules))]  # the oldest
                self._rules[key] = RULES[recipe.rule].make().fit(probs, target, cost)
            return self._rules[key]

    def _learnt_probs(self, calibration: str, number: int) -> np.ndarray:
        logits = self._logits[self.rounds[number].learnt]
        return self._keep((calibration, number), lambda: self._calibrated(calibration, number).probs(logits))

    def _calibrated(self, name: str, number: int) -> Calibration:
        with self._lock:
            if (name, number) not in self._calibrations:
                rows = self.rounds[number].learnt
                self._calibrations[name, number] = CALIBRATIONS[name]().fit(self._logits[rows], self._target[rows])
            return self._calibrations[name, number]

    def _shares(self, rows: np.ndarray) -> np.ndarray:
        return np.bincount(self._target[rows], minlength=len(self.classes)) / len(rows)

    def _keep(self, key: Key, make: Callable[[], np.ndarray]) -> np.ndarray:
        """An array that is kept, or made and kept if there is room."""
        if (known := self._kept.get(key)) is not None:
            return known
        with self._lock:
            if key in self._kept:
                return self._kept[key]
            array = make()
            array.flags.writeable = False
            moved = [each for each in self._kept if isinstance(each[1], bytes)]
            if isinstance(key[1], bytes) and len(moved) >= MOVED:
                del self._kept[moved[0]]  # the oldest
            if array.nbytes + sum(each.nbytes for each in self._kept.values()) <= MAX_KEPT:
                self._kept[key] = array
            return array


def chosen(known: Mapping[str, Recipe], names: Iterable[str] | None) -> dict[str, Recipe]:
    """The recipes of these names, or all. Raises UnknownName with the nearest."""
    if names is None:
        return dict(known)
    for name in names:
        if name not in known:
            raise UnknownName("rule", name, known)
    wanted = set(names)
    return {name: recipe for name, recipe in known.items() if name in wanted}
