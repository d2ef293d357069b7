"""One price is moved: what follows, and the sentence, against plain numpy: `python -m benchmarks.whatif [--repeats 9]`.

What is timed is what a page works out after an edit: the decisions at the new price, their confusion matrix, the mean
cost and its interval, cost-blind argmax with its interval, the best constant decision (`answer`); how many images are
decided otherwise, in which cells, and the paired interval of the difference (`change`); the sentence; and what
miscalibration costs. Probabilities were calibrated and rules fitted before, for the prices from which one is moved.

The alternative, in the same run and in turn: `(probs @ costs).argmin(axis=1)` in float64, `probs.argmax(axis=1)`,
scikit-learn's `confusion_matrix` of both decisions and of those before, means; without intervals, and with four from
`scipy.stats.bootstrap` (percentile, 999 resamples). Both must decide alike and find the same mean costs. Times are
processor time, best of the repeats, with one thread (OMP_NUM_THREADS=1): what the clock shows on an idle machine.
"""

import argparse
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
from scipy.stats import bootstrap
from sklearn.metrics import confusion_matrix

from benchmarks.deciding import costs
from costlab.calibration import CALIBRATIONS
from costlab.change_words import change_sentence
from costlab.costs import CostMatrix
from costlab.fitted import Fitted
from costlab.miscalibration import best_calibration, miscalibration
from costlab.predictions import Predictions
from costlab.scenario import Answer, Scenario, answer, change

SIZES = ((10_000, 10), (50_000, 100))
RESAMPLES = 999


def predictions(n: int, k: int) -> Predictions:
    """As from a trained network that is too sure: n test images, a fifth as many for validation."""
    rng, m = np.random.default_rng(0), n + n // 5
    logits = 1.5 * rng.standard_normal((m, k))
    target = rng.integers(0, k, m)
    logits[np.arange(m), target] += np.log(k) + 3.5 + 2.5 * rng.standard_normal(m)  # some are hard
    names = tuple(f"class {i}" for i in range(k))
    split = np.where(np.arange(m) < n, "test", "valid")
    return Predictions((1.5 * logits).astype(np.float32), target, names, split, np.arange(m))


def scenarios(cost: CostMatrix) -> dict[str, Scenario]:
    """What a price is moved in, by the name of a row of the table."""
    shares = tuple(1.0 + np.arange(len(cost.classes)))
    return {
        "least expected cost": Scenario(cost),
        "with referral": Scenario(cost, referral=2.0),
        "with referral and class shares": Scenario(cost, referral=2.0, shares=shares),
        "tuned multipliers, dragged": Scenario(cost, rule="tuned_multipliers"),
        "tuned multipliers, tuned anew": Scenario(cost, rule="tuned_multipliers"),
        "tuned partition, dragged": Scenario(cost, rule="tuned_partition"),
        "tuned partition, tuned anew": Scenario(cost, rule="tuned_partition"),
    }


def with_costlab(fitted: Fitted, before: Answer, after: Scenario, dragged: bool) -> tuple[Any, str]:
    """The answer, and what is said of it."""
    found = answer(fitted, after, before.scenario if dragged else None)
    said = change_sentence(change(before, found, fitted.test.target))
    return found, f"{said} {miscalibration(fitted, found).sentence}"


def with_numpy(probs: np.ndarray, own: np.ndarray, target: np.ndarray, before: Answer, cost: CostMatrix) -> Any:
    """The same numbers without intervals, as one writes it down: decisions, mean, and what each image pays, thrice."""
    values, labels = cost.values, range(len(cost.decisions))
    decided, blind = (probs @ values).argmin(axis=1), own.argmax(axis=1)
    beside = (own @ values).argmin(axis=1)
    counts = confusion_matrix(target, decided, labels=labels)[: len(values)]
    moved = counts - confusion_matrix(target, before.decided, labels=labels)[: len(values)]
    paid = [values[target, each] for each in (decided, blind, before.decided, beside)]
    constant = (np.bincount(target, minlength=len(values)) @ values / len(target)).min()
    return decided, paid, moved, constant, int((decided != before.decided).sum())


def bootstrapped(paid: list[np.ndarray]) -> None:
    """Intervals of the mean, of argmax, of the change and of what miscalibration costs."""
    rng = np.random.default_rng(0)
    for each in (paid[0], paid[1], paid[0] - paid[2], paid[0] - paid[3]):
        bootstrap((each,), np.mean, n_resamples=RESAMPLES, batch=32, method="percentile", rng=rng)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, and what came of it."""
    start = process_time()
    found = work()
    return process_time() - start, found


def compare(fitted: Fitted, name: str, start: Scenario, repeats: int) -> None:
    """Print one row: the best times, and the ratios where plain numpy decides by the same rule."""
    target, dragged, plain = fitted.test.target, "dragged" in name, "tuned" not in name and start.shares is None
    before, probs, own = answer(fitted, start), fitted.probs(start.calibration), fitted.probs()
    ours, theirs, drawn = [], [], []
    for number in range(repeats):
        cost = start.cost.replaced(len(start.cost.classes) - 1, 0, 60.0 + number)
        after = Scenario(cost, start.rule, start.calibration, 1.0, start.referral, start.shares)
        took, (found, _) = timed(lambda after=after: with_costlab(fitted, before, after, dragged))  # type: ignore[misc]
        ours.append(took)
        if plain:
            took, same = timed(lambda cost=after.matrix: with_numpy(probs, own, target, before, cost))  # type: ignore[misc]
            theirs.append(took)
            assert (found.decided == same[0]).all(), "decisions differ"
            assert np.isclose(found.mean.estimate, same[1][0].mean()), "mean costs differ"
            if number < 2:
                drawn.append(took + timed(lambda paid=same[1]: bootstrapped(paid))[0])  # type: ignore[misc]
    row = f"| {len(fitted):,} x {len(fitted.classes)}, {name} | {1000 * min(ours):,.1f} ms "
    if plain:
        best, all_of_it = min(theirs), min(drawn)
        row += f"| {1000 * best:,.1f} ms | **{best / min(ours):.1f}** | {1000 * all_of_it:,.0f} ms "
        row += f"| **{all_of_it / min(ours):.0f}** |"
    else:
        row += "| | | | |"
    print(row, flush=True)


def main() -> None:
    """Print a table of both sizes and all scenarios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    print("| images x classes, rule | costlab | numpy, no intervals | ratio | numpy, scipy's bootstrap | ratio |")
    print("|---|---|---|---|---|---|")
    for n, k in SIZES:
        fitted = Fitted(predictions(n, k))
        first, _ = timed(lambda fitted=fitted: [fitted.probs(name) for name in CALIBRATIONS])  # type: ignore[misc]
        choosing, best = timed(lambda fitted=fitted: best_calibration(fitted))  # type: ignore[misc]
        whole = costs("one dear", k, 0)
        cost = CostMatrix(whole.square, whole.classes)
        for name, start in scenarios(cost).items():
            compare(fitted, name, start, repeats)
        print(f"| {n:,} x {k}, once: all calibrations fitted | {first:.2f} s | | | | |")
        print(f"| {n:,} x {k}, once: the best ({best}) chosen | {choosing:.2f} s | | | | |", flush=True)


if __name__ == "__main__":
    main()
