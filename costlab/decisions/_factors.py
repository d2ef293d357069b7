"""Factors on costs, tuned so that the decisions of known examples cost less: what both tuned rules have in common.

The rule is `argmin_d sum_t p_t F[t, d] C[t, d]`, with `C` above each truth's least cost: a factor says how much heavier
a mistake has to weigh for this model than its probabilities say. It belongs to the model: it stays when prices change.

**Search.** One factor at a time. As it rises or falls, the expected costs of an example are straight lines, and its
decision changes where they cross; sorted, the crossings of all examples give what every value of the factor would pay,
exactly. The middle of the best stretch is taken, if what it saves is more than `caution` standard errors of it. The
standard error is the larger of what the examples show and what the model's probabilities say, for a dear mistake that
happened to no example may still be likely. (Simulated with 10 classes, 500 to 10,000 examples, 8 seeds each: tuned with
a caution of 1, new examples cost up to 2 % more for multipliers and 4 % for cells where the probabilities were right,
against 13 % for both without caution; where they were wrong, up to 15 % and 9 % less.) Factors on what costs most come
first, again and again until none moves, or `SWEEPS` rounds or `WORK` cells have been looked at (one or two seconds):
with many classes only the costliest are tuned. All factors are 1 at first, and again if the decisions cost no less in
the end.
"""

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from costlab.blas import one_thread
from costlab.costs import CostMatrix
from costlab.decisions._cheapest import above_least, cheapest
from costlab.errors import InvalidCosts, InvalidPredictions, NotFitted
from costlab.registry import Options as NoOptions

SWEEPS = 10
WORK = 100_000_000
LEAST, MOST = 0.01, 100.0  # what a factor may be
NARROW = 1e-9  # steps nearer to each other are one: where three lines meet, rounding tells their crossings apart


class Options(NoOptions):
    """How much evidence moves a factor."""

    caution: float = Field(
        1.0, ge=0, le=10, description="A factor moves only for a saving of more than this many standard errors."
    )


class TunedFactors:
    """A rule that learns factors (K, D) on costs; one a truth, or one a cell where `a_cell`."""

    def __init__(self, rule: str, caution: float, a_cell: bool):
        self.rule, self.caution, self.a_cell = rule, caution, a_cell
        self.factors: np.ndarray | None = None

    @one_thread()
    def fit(self, probs: np.ndarray, target: np.ndarray, cost: CostMatrix) -> "TunedFactors":
        """Tune on `probs` (N, K) and `target` (N,). Raises InvalidPredictions when they do not fit together."""
        probs, target = np.asarray(probs, dtype=np.float64), np.asarray(target)
        k = len(cost.classes)
        if probs.shape != (len(target), k) or not len(target) or target.min() < 0 or target.max() >= k:
            raise InvalidPredictions(
                f"Expected probabilities of shape (N, {k}) and for each a target from 0 to {k - 1}, 1 at least; "
                f"got {probs.shape} and {target.shape}."
            )
        plain = cheapest(probs, cost.values)  # checks that they are finite, too
        tuned = _Search(probs, target, cost.values, plain, self.caution).run(self.a_cell)
        better = _paid(cheapest(probs, above_least(cost.values) * tuned), target, cost) < _paid(plain, target, cost)
        self.factors = tuned if better else np.ones_like(tuned)
        return self

    def prices(self, cost: CostMatrix) -> np.ndarray:
        """(K, D): the costs it decides by. Raises NotFitted before `fit`, InvalidCosts for another shape."""
        if self.factors is None:
            raise NotFitted(f"The rule '{self.rule}' has learnt nothing yet; call fit first.")
        if cost.values.shape != self.factors.shape:
            raise InvalidCosts(
                f"The rule '{self.rule}' was fitted to {_size(self.factors)}, the costs have {_size(cost.values)}; "
                "fit it again."
            )
        return above_least(cost.values) * self.factors

    def decide(self, probs: np.ndarray, cost: CostMatrix) -> np.ndarray:
        """(N,): the cheapest decision for each row of `probs` (N, K), by `prices(cost)`."""
        return cheapest(probs, self.prices(cost))


def _paid(decided: np.ndarray, target: np.ndarray, cost: CostMatrix) -> float:
    return float(cost.paid(target, decided).sum())


def _size(array: np.ndarray) -> str:
    return f"{array.shape[0]} classes and {array.shape[1]} decisions"


class _Search:
    """Expected costs (N, D) under the factors as they are, and who decides what."""

    def __init__(self, probs: np.ndarray, target: np.ndarray, values: np.ndarray, decided: np.ndarray, caution: float):
        self.probs, self.target, self.caution = probs, target, caution
        self.above = above_least(values)
        self.factors = np.ones_like(self.above)
        self.expected = probs @ self.above
        self.work = 0
        self._look()

    def run(self, a_cell: bool) -> np.ndarray:
        """(K, D) factors."""
        for _ in range(SWEEPS):
            if not sum([self._tune(*part) for part in self._parts(a_cell)]):
                break
        return self.factors

    def _parts(self, a_cell: bool) -> Iterator[tuple[int, np.ndarray]]:
        """What shares a factor: a truth and a mask (D,) of decisions, those that cost most first, while work lasts."""
        k, d = self.above.shape
        counts = np.bincount(self.target * d + self.decided, minlength=k * d).reshape(k, d)
        costs = (counts * self.above).ravel() if a_cell else (counts * self.above).sum(axis=1)
        for part in np.argsort(-costs, kind="stable"):
            if self.work > WORK:
                return
            truth = int(part) // d if a_cell else int(part)
            mask = np.arange(d) == part % d if a_cell else np.ones(d, dtype=bool)
            if self.above[truth, mask].any():
                yield truth, mask

    def _tune(self, truth: int, mask: np.ndarray) -> bool:
        """Move one factor if that pays."""
        slope = np.where(mask, self.above[truth] * self.factors[truth], 0.0)
        factor = float(self.factors[truth, mask][0])
        up = self._best(truth, slope, MOST / factor - 1)
        down = self._best(truth, -slope, 1 - LEAST / factor)
        score, step = min(up, (down[0], -down[1]))
        if score >= 0:
            return False
        self.factors[truth, mask] *= 1 + step
        self.expected += np.multiply.outer(step * self.probs[:, truth], slope)
        self.work += self.expected.size
        self._look()
        return True

    def _look(self) -> None:
        """Who decides what, and by how much the second-best decision is dearer."""
        rows = np.arange(len(self.target))
        self.decided = self.expected.argmin(axis=1)
        best = self.expected[rows, self.decided].copy()
        self.expected[rows, self.decided] = np.inf
        self.lead = self.expected.min(axis=1) - best
        self.expected[rows, self.decided] = best

    def _best(self, truth: int, slope: np.ndarray, reach: float) -> tuple[float, float]:
        """The least score, and a step in 0..reach that has it, of adding `step probs[:, truth] slope` to `expected`.

        The score of a step is what it changes in all that is paid, plus `caution` standard errors of that sum.
        """
        at, rows, before, after = self._crossings(truth, slope, reach)
        if not len(at):
            return 0.0, 0.0
        order = np.argsort(at, kind="stable")
        at, rows, before, after = at[order], rows[order], before[order], after[order]
        start, truths = self.decided[rows], self.target[rows]
        was = self.above[truths, before] - self.above[truths, start]
        now = self.above[truths, after] - self.above[truths, start]
        seen = np.cumsum(now * now - was * was)
        believed = np.cumsum(self._square(rows, after) - self._square(rows, before))
        score = np.cumsum(now - was) + self.caution * np.sqrt(np.maximum(np.maximum(seen, believed), 0.0))
        following = np.append(at[1:], min(reach, 2 * at[-1]))
        ends = following > at + NARROW  # of those at one place, all happen or none
        if not ends.any():
            return 0.0, 0.0
        least = np.flatnonzero(ends)[score[ends].argmin()]
        return float(score[least]), float(at[least] + following[least]) / 2

    def _square(self, rows: np.ndarray, decisions: np.ndarray) -> np.ndarray:
        """(n,) the square of what deciding so would change in what is paid, expected by the model's probabilities."""
        change = self.above.T[decisions] - self.above.T[self.decided[rows]]
        self.work += change.size
        return np.einsum("nk,nk,nk->n", self.probs[rows], change, change)

    def _crossings(
        self, truth: int, slope: np.ndarray, reach: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Where a decision changes on the way: steps, examples, decisions before and after."""
        column = self.probs[:, truth]
        steepest = slope[self.decided] - slope.min()
        rows = np.flatnonzero(self.lead < reach * column * steepest)
        decided, last, found = self.decided[rows], np.zeros(len(rows)), []
        self.work += len(column)
        while len(rows):
            each = np.arange(len(rows))
            expected = self.expected[rows]
            gap = expected - expected[each, decided][:, None]
            fall = column[rows][:, None] * (slope[decided][:, None] - slope)
            at = np.full_like(gap, np.inf)
            np.divide(gap, fall, out=at, where=fall > 0)
            after = at.argmin(axis=1)
            place = np.maximum(at[each, after], last)
            on = place < reach
            rows, before, decided, last = rows[on], decided[on], after[on], place[on]
            found.append((last, rows, before, decided))
            self.work += gap.size
        if not found:
            nothing = np.empty(0, dtype=np.intp)
            return np.empty(0), nothing, nothing, nothing
        at, rows, before, after = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return at, rows, before, after
