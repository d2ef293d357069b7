"""How long a training takes to an accuracy: `python -m benchmarks.time_to_accuracy [--folds 5] [--seeds 2]`.

Beside textbook loops with the same network, augmentation and batch size, one with AdamW and costlab's schedule, one
with the tutorials' Adam at a constant rate. An accuracy is reached when the mean of all runs reaches it, as in the
speed records on CIFAR-10: a single run does by luck what the next does not.

1. On validation parts the fewest epochs are sought with which a contestant reaches it: in the last epoch of a schedule
   of that length, or in that epoch at a constant rate. costlab tries all `RECIPES` and keeps the soonest.
2. So long they all train in turns, by the clock, judged on validation parts after each epoch and on test parts at the
   end. The clock starts with images in memory and stops with the verdict.

CIFAR-10 to 94 % is `benchmarks.gpu`'s.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import mean, median
from time import perf_counter

import numpy as np

from benchmarks.accuracy import BATCH, BLOCKS, SMOOTHED, folds
from benchmarks.machine import versions
from benchmarks.textbook import train_textbook, train_tutorial
from costlab.datasets import ImageSet
from costlab.metrics import accuracy
from costlab.records import Epoch
from costlab.specs import RunSpec
from costlab.training import Outcome, train

Fields = dict[str, object]

WANTED = {"digits": 0.99, "mnist": 0.985}
RECIPES: dict[str, Fields] = {
    "AdamW, labels smoothed": {"loss": SMOOTHED, "optimiser": "adamw"},
    "as it is": {},
    "labels smoothed": {"loss": SMOOTHED},
    "5 views, labels smoothed": {"loss": SMOOTHED, "views": 5},
}
VIEWS_FOR = ("mnist",)  # on 8x8 a moved image is no longer the same
LENGTHS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30)  # of schedules, in epochs
PATIENCE = 40  # epochs at a constant rate


@dataclass
class Judged:
    """What a training showed: accuracy on the validation part after each epoch, on the test part at the end."""

    valid: list[float]
    test: float
    seconds: float


@dataclass
class Contestant:
    """Someone who trains."""

    name: str
    train: Callable[[ImageSet, RunSpec], tuple[list[float], float]]  # accuracies: validation by epoch, test
    recipes: dict[str, Fields] = field(default_factory=lambda: {"": {}})
    scheduled: bool = True  # trains for a number of epochs that is known before


def by_costlab(images: ImageSet, spec: RunSpec) -> tuple[list[float], float]:
    """Train with costlab, every epoch judged that it judges."""
    *events, outcome = train(spec, images=images)
    assert isinstance(outcome, Outcome)
    return [event.valid_accuracy for event in events if isinstance(event, Epoch)], outcome.test.argmax.accuracy


def by_textbook(loop: Callable[..., np.ndarray]) -> Callable[[ImageSet, RunSpec], tuple[list[float], float]]:
    """Train with a loop of `benchmarks.textbook`."""

    def trained(images: ImageSet, spec: RunSpec) -> tuple[list[float], float]:
        valid: list[float] = []
        tested = loop(images, spec, lambda counts: valid.append(accuracy(counts)))
        return valid, accuracy(tested)

    return trained


CONTESTANTS = (
    Contestant("costlab", by_costlab, RECIPES),
    Contestant("textbook, AdamW, same schedule", by_textbook(train_textbook)),
    Contestant("textbook, Adam at a constant rate", by_textbook(train_tutorial), scheduled=False),
)


@dataclass
class Found:
    """The soonest way of a contestant to the accuracy."""

    contestant: Contestant
    recipe: str
    epochs: int
    valid: float
    fields: Fields

    def run(self, images: ImageSet, seed: int) -> Judged:
        """Train so, by the clock."""
        return _judged(self.contestant, images, RunSpec(seed=seed, epochs=self.epochs, **self.fields))  # type: ignore[arg-type]


def _judged(contestant: Contestant, images: ImageSet, spec: RunSpec) -> Judged:
    began = perf_counter()
    valid, test = contestant.train(images, spec)
    return Judged(valid, test, perf_counter() - began)


def soonest(contestant: Contestant, name: str, data: Sequence[ImageSet], seeds: int, common: Fields) -> Found | None:
    """The way on which the mean of the runs is there soonest by the clock; None if it is on none."""
    ways = []
    for recipe, fields in contestant.recipes.items():
        if "views" in fields and name not in VIEWS_FOR:
            continue
        for epochs in LENGTHS if contestant.scheduled else (PATIENCE,):
            found = Found(contestant, recipe, epochs, 0.0, {**common, **fields})
            runs = [
                found.run(images, place * seeds + seed) for place, images in enumerate(data) for seed in range(seeds)
            ]
            means = np.mean([run.valid for run in runs], axis=0)
            if contestant.scheduled:
                reached = epochs if means[-1] >= WANTED[name] else None
            else:
                reached = next((epoch for epoch, share in enumerate(means, start=1) if share >= WANTED[name]), None)
            if reached is not None:
                found.epochs, found.valid = reached, float(means[-1] if contestant.scheduled else means[reached - 1])
                ways.append((median(run.seconds for run in runs), found))
                break
    return min(ways, key=lambda way: way[0])[1] if ways else None


def in_turns(ways: Sequence[Found], data: Sequence[ImageSet]) -> Iterator[list[Judged]]:
    """One training of each, turn by turn, with seeds that were not seen before."""
    for place, images in enumerate(data):
        yield [way.run(images, 1000 + place) for way in ways]


def compared(name: str, number: int, seeds: int, common: Fields) -> str:
    """Rows of the table: each contestant's way, its seconds, and how many times costlab's they are."""
    data = list(folds(name, number))
    tried = [(contestant, soonest(contestant, name, data, seeds, common)) for contestant in CONTESTANTS]
    ways = [way for _, way in tried if way]
    turns = list(in_turns(ways, data))
    ours = [turn[0].seconds for turn in turns] if tried[0][1] else None  # costlab is the first
    rows = []
    for contestant, way in tried:
        if way is None:
            rows.append(f"| {contestant.name} | does not get there in {max(*LENGTHS, PATIENCE)} epochs | | | | |")
            continue
        own = [turn[ways.index(way)] for turn in turns]
        ratios = _spread([run.seconds / base for run, base in zip(own, ours, strict=True)]) if ours else ""
        how = ", ".join(filter(None, [f"{way.epochs} epochs", way.recipe]))
        shares = f"{100 * way.valid:.2f} | {100 * mean(run.test for run in own):.2f}"
        rows.append(f"| {contestant.name} | {how} | {shares} | {_spread([run.seconds for run in own])} s | {ratios} |")
    return "\n".join(rows)


def _spread(values: Sequence[float]) -> str:
    return f"**{median(values):.2f}** ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Print a table for each data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=5, choices=range(1, 6))
    parser.add_argument("--seeds", type=int, default=2, help="trainings on each fold in the search")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=BATCH)
    parser.add_argument("--data", nargs="+", choices=list(BLOCKS), default=list(BLOCKS))
    arguments = parser.parse_args()
    how = f"{arguments.threads} thread(s), batches of {arguments.batch_size}"
    print(f"{versions()}; {how}, {arguments.folds} folds, {arguments.seeds} seed(s)", flush=True)
    for name in arguments.data:
        common: Fields = {"threads": arguments.threads, "device": "cpu", "batch_size": arguments.batch_size}
        by_costlab(next(folds(name, 1)), RunSpec(epochs=1, **common))  # type: ignore[arg-type]  # the first takes longer
        print(f"\n{name}, {100 * WANTED[name]:g} %\n")
        print("| | shortest | validation, % | test, % | by the clock | times costlab's |\n|---|---|---|---|---|---|")
        print(compared(name, arguments.folds, arguments.seeds, common), flush=True)


if __name__ == "__main__":
    main()
