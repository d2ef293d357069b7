"""What a sweep of 8 losses x 3 seeds takes: `python -m benchmarks.sweeps [digits] [mnist] [--repeats 3]`.

The same 24 runs one after another in one process with all threads; shared out to two processes of one thread each; and
in the same two processes, 12 of them in each as one program (`train_stack`). The ways take turns. "24 textbook runs"
are not run: two are, by cross-entropy, with all threads, and their mean is multiplied by 24. All processes are warm.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import mean
from time import perf_counter

from benchmarks.datasets import DATA, of_name
from benchmarks.machine import summary, versions
from costlab.datasets import ImageSet
from costlab.specs import Choice, RunSpec

LOSSES = (
    "cross_entropy", "expected_cost", "ce_plus_expected_cost", "gain_cross_entropy", "guess_averse_logistic",
    "softmax_margin", "soft_f_beta", "focal",
)  # fmt: skip
SEEDS = 3
PROCESSES = 2
TEXTBOOK_RUNS = 2
Accuracies = list[float]


def one_after_another(images: ImageSet, specs: Sequence[RunSpec]) -> Accuracies:
    """Train each by itself."""
    from costlab.training import train

    return [list(train(spec, images=images))[-1].test.argmax.accuracy for spec in specs]


def stacked(images: ImageSet, specs: Sequence[RunSpec]) -> Accuracies:
    """Train all as one program."""
    from costlab.training import Outcome, train_stack

    ended = [event for _, event in train_stack(specs, images=images) if not hasattr(event, "kind")]
    failed = [event for event in ended if not isinstance(event, Outcome)]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(specs)} runs failed, the first with: {failed[0]}")
    return [outcome.test.argmax.accuracy for outcome in ended]


def textbook(images: ImageSet, specs: Sequence[RunSpec]) -> Accuracies:
    """Train each in the loop of the textbooks."""
    from benchmarks.textbook import train_textbook

    confusions = [train_textbook(images, spec) for spec in specs]
    return [confusion.trace() / confusion.sum() for confusion in confusions]


class Ways:
    """The ways to carry out a sweep, in warm processes; each gives seconds and the mean test accuracy."""

    def __init__(self, images: ImageSet, specs: Sequence[RunSpec]):
        spawn = multiprocessing.get_context("spawn")
        self.images, self.specs, self.threads = images, specs, os.cpu_count() or 1
        self.pools = [ProcessPoolExecutor(1, mp_context=spawn) for _ in range(PROCESSES)]
        short = [spec.model_copy(update={"epochs": 1}) for spec in specs[:PROCESSES]]
        for train in (one_after_another, stacked, textbook):
            self._shared(train, short)
        self._shared(stacked, [spec.model_copy(update={"epochs": 1}) for spec in specs])

    def sequential(self) -> tuple[float, float]:
        """All in one process, with all threads."""
        return self._timed(lambda: self._alone(one_after_another, self.specs))

    def processes(self) -> tuple[float, float]:
        """One after another in each of the processes."""
        return self._timed(lambda: self._shared(one_after_another, self.specs))

    def stacks(self) -> tuple[float, float]:
        """As one program in each of the processes."""
        return self._timed(lambda: self._shared(stacked, self.specs))

    def textbooks(self) -> tuple[float, float]:
        """As many textbook runs, reckoned from a few."""
        seconds, accuracy = self._timed(lambda: self._alone(textbook, self.specs[:TEXTBOOK_RUNS]))
        return seconds / TEXTBOOK_RUNS * len(self.specs), accuracy

    def close(self) -> None:
        """End the processes."""
        for pool in self.pools:
            pool.shutdown()

    def _alone(self, train: Callable, specs: Sequence[RunSpec]) -> Accuracies:
        with_all = [spec.model_copy(update={"threads": self.threads}) for spec in specs]
        return self.pools[0].submit(train, self.images, with_all).result()

    def _shared(self, train: Callable, specs: Sequence[RunSpec]) -> Accuracies:
        share = -(-len(specs) // len(self.pools))
        specs = [spec.model_copy(update={"threads": 1}) for spec in specs]
        parts = [specs[first : first + share] for first in range(0, len(specs), share)]
        waiting = [pool.submit(train, self.images, part) for pool, part in zip(self.pools, parts, strict=False)]
        return [accuracy for part in waiting for accuracy in part.result()]

    @staticmethod
    def _timed(run: Callable[[], Accuracies]) -> tuple[float, float]:
        began = perf_counter()
        accuracies = run()
        return perf_counter() - began, mean(accuracies)


def compare(images: ImageSet, specs: Sequence[RunSpec], repeats: int) -> list[str]:
    """The rows of a table."""
    ways = Ways(images, specs)
    asked = {
        "one after another, all threads": ways.sequential,
        f"{PROCESSES} processes": ways.processes,
        f"stacked, {PROCESSES} processes": ways.stacks,
        f"{len(specs)} textbook runs": ways.textbooks,
    }
    turns: list[dict[str, tuple[float, float]]] = [{} for _ in range(repeats)]
    for turn in turns:
        for title, run in asked.items():
            turn[title] = run()
            print(f"{title}: {turn[title][0]:.2f} s", file=sys.stderr, flush=True)
    ways.close()
    stack = [turn[f"stacked, {PROCESSES} processes"][0] for turn in turns]
    rows = []
    for title in asked:
        seconds, accuracy = [turn[title][0] for turn in turns], mean(turn[title][1] for turn in turns)
        ratios = [time / fastest for time, fastest in zip(seconds, stack, strict=True)]
        rows.append(f"| {title} | {summary(seconds)} s | {summary(ratios)} | {100 * accuracy:.1f} % |")
    return rows


def main() -> None:
    """Print a table for each data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help=f"of {', '.join(DATA)}; all when none is named")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--losses", type=int, default=len(LOSSES), help="the first so many of 8")
    arguments = parser.parse_args()
    print(f"{versions()}; {arguments.epochs} epochs, {arguments.repeats} turns\n")
    for name in arguments.data or DATA:
        images, batch_size = of_name(name)
        common = {"epochs": arguments.epochs, "batch_size": batch_size, "device": "cpu"}
        specs = [
            RunSpec(loss=Choice(name=loss), seed=seed, **common)
            for loss in LOSSES[: arguments.losses]
            for seed in range(SEEDS)
        ]
        print(
            f"| {name}: {len(specs)} runs | median (least to most) | times stacked | mean accuracy |\n|---|---|---|---|"
        )
        print("\n".join(compare(images, specs, arguments.repeats)) + "\n", flush=True)


if __name__ == "__main__":
    main()
