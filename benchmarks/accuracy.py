"""How accurate a short training is, and how soon: `python -m benchmarks.accuracy [--folds 5] [--threads 1]`.

1. Accuracy: on each of k folds every candidate recipe is trained; the one that is best on the validation parts, on
   average, is reported on the test parts. Digits: 60, 20 and 20 % of the images; MNIST-5k: 80, 10 and 10 %.
2. Time to an accuracy (`--parts soon`), against textbook loops with the same network, augmentation and batch size, one
   with costlab's optimiser and schedule, one with the tutorials' Adam at a constant rate: seconds until an epoch first
   reaches it on the validation part. Who has a schedule takes the number of epochs that is best for it, and costlab
   smooths labels and takes Muon where that is sooner. A run that never gets there counts with all its seconds, and its
   success is another run's: what is reported is all seconds by the number of successes. CIFAR-10 to 94 % is
   `benchmarks.gpu`'s.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev
from time import process_time

import numpy as np

from benchmarks import textbook
from benchmarks.machine import versions
from benchmarks.mnist_5k import mnist_5k
from costlab.datasets import DATASETS, ImageSet
from costlab.metrics import accuracy
from costlab.records import Epoch
from costlab.specs import Choice, RunSpec
from costlab.training import Outcome, train

SMOOTHED = Choice(name="cross_entropy", options={"label_smoothing": 0.1})
CANDIDATES: dict[str, dict[str, object]] = {
    "as it is": {},
    "labels smoothed": {"loss": SMOOTHED},
    "averaged, labels smoothed": {"averaging": 0.3, "loss": SMOOTHED},
    "Muon, labels smoothed": {"optimiser": "muon", "loss": SMOOTHED},
    "averaged, 5 views, labels smoothed": {"averaging": 0.3, "views": 5, "loss": SMOOTHED},
    "Muon, 5 views, labels smoothed": {"optimiser": "muon", "views": 5, "loss": SMOOTHED},
}
VIEWS_FROM = 16  # pixels a side: moved by a pixel, smaller images are no longer the same (0.3 points worse on digits)
BLOCKS = {"digits": 5, "mnist": 10}  # a fold's test part is one of them, its validation part the next
EPOCHS = {"digits": (3, 10), "mnist": (3, 10)}
WANTED = {"digits": 0.99, "mnist": 0.985}
BATCH = 64
RECIPES: tuple[dict[str, object], ...] = ({}, {"loss": SMOOTHED}, {"loss": SMOOTHED, "optimiser": "muon"})
SCHEDULES = {"digits": (4, 6, 10), "mnist": (2, 3, 5)}  # numbers of epochs tried for the time to an accuracy
PATIENCE = 40  # epochs at a constant rate before it is called a failure


def folds(name: str, number: int) -> Iterator[ImageSet]:
    """The images of `name`, shuffled once, in `number` different divisions whose test parts do not overlap."""
    images = mnist_5k() if name == "mnist" else DATASETS["digits"].make()
    order = np.random.default_rng(0).permutation(len(images.target))
    blocks = np.array_split(order, BLOCKS[name])
    for test in [fold * len(blocks) // number for fold in range(number)]:
        split = np.full(len(order), "train")
        split[blocks[test]], split[blocks[(test + 1) % len(blocks)]] = "test", "valid"
        yield ImageSet(images.images, images.target, split, images.index, images.classes, images.cost)


@dataclass
class Run:
    """What one training came to: shares of images, and seconds."""

    valid: float
    test: float
    seconds: float


def trained(images: ImageSet, spec: RunSpec) -> Run:
    """Train once."""
    *events, outcome = train(spec, images=images)
    assert isinstance(outcome, Outcome)
    last = [event for event in events if isinstance(event, Epoch)][-1]
    return Run(last.valid_accuracy, outcome.test.argmax.accuracy, outcome.seconds)


def accurate(name: str, epochs: int, number: int, seeds: int, common: dict[str, object]) -> str:
    """A row of the table: the candidate that validation chooses, and what it reaches on the test parts."""
    runs: dict[str, list[Run]] = {}
    for fold, images in enumerate(folds(name, number)):
        for candidate, fields in CANDIDATES.items():
            if "views" in fields and images.images.shape[-1] < VIEWS_FROM:
                continue
            for seed in range(fold, seeds * number, number):
                spec = RunSpec(epochs=epochs, seed=seed, **common, **fields)  # type: ignore[arg-type]
                runs.setdefault(candidate, []).append(trained(images, spec))
    best = max(runs, key=lambda candidate: mean(run.valid for run in runs[candidate]))
    cells = [_both(runs[candidate]) if candidate in runs else "" for candidate in CANDIDATES]
    test = [100 * run.test for run in runs[best]]
    spread = f"{min(test):.2f} to {max(test):.2f}, deviation {stdev(test) if len(test) > 1 else 0:.2f}"
    seconds = median(run.seconds for run in runs[best])
    row = [f"{name}, {epochs} epochs", *cells, best, f"**{mean(test):.2f} %** ({spread})", f"{seconds:.2f} s"]
    return f"| {' | '.join(row)} |"


def _both(runs: Sequence[Run]) -> str:
    return " / ".join(f"{100 * mean(each):.2f}" for each in ([run.valid for run in runs], [run.test for run in runs]))


Reached = tuple[float, bool]  # seconds, and whether the accuracy was reached in them


def until(images: ImageSet, spec: RunSpec, wanted: float) -> Reached:
    """Seconds of the processor that costlab takes until an epoch reaches `wanted` on the validation part."""
    began = process_time()
    for event in train(spec, images=images):
        if isinstance(event, Epoch) and event.valid_accuracy >= wanted:
            return process_time() - began, True
    return process_time() - began, False


class Enough(Exception):
    """The textbook loop has reached the accuracy."""


Loop = Callable[[ImageSet, RunSpec], np.ndarray]


def textbook_until(images: ImageSet, spec: RunSpec, wanted: float, loop: Loop = textbook.train_textbook) -> Reached:
    """The same of a textbook loop, which is stopped in its evaluation after the epoch."""

    def watched(*arguments: object) -> np.ndarray:
        counts = evaluate(*arguments)  # type: ignore[arg-type]
        if accuracy(counts) >= wanted:
            raise Enough
        return counts

    evaluate = textbook.evaluate
    began = process_time()
    try:
        textbook.evaluate = watched  # type: ignore[assignment]
        loop(images, spec)
    except Enough:
        return process_time() - began, True
    finally:
        textbook.evaluate = evaluate
    return process_time() - began, False


def tutorial_until(images: ImageSet, spec: RunSpec, wanted: float) -> Reached:
    """The same of the loop with the tutorials' optimiser."""
    return textbook_until(images, spec, wanted, textbook.train_tutorial)


Contestant = tuple[Callable[[ImageSet, RunSpec, float], Reached], Sequence[dict[str, object]]]  # with its settings


def soon(name: str, number: int, common: dict[str, object], schedules: Sequence[int]) -> str:
    """A row: seconds a success of each contestant at its best setting, and how many times costlab's they are."""
    usual = [{"epochs": epochs} for epochs in schedules]
    contestants: list[Contestant] = [
        (until, [{**each, **recipe} for each in usual for recipe in RECIPES]),
        (textbook_until, usual),
        (tutorial_until, [{"epochs": PATIENCE}]),
    ]
    (ours, our_words), *others = [_best(contestant, name, number, common) for contestant in contestants]
    theirs = [f"{words} | **{seconds / ours:.1f}**" for seconds, words in others]
    return f"| {name}, {100 * WANTED[name]:g} % | {our_words} | {' | '.join(theirs)} |"


def _best(contestant: Contestant, name: str, number: int, common: dict[str, object]) -> tuple[float, str]:
    """Seconds a success, at the setting with the fewest, and in words."""
    train_until, settings = contestant
    tried = []
    for setting in settings:
        spec = {**common, **setting}
        each = [
            train_until(images, RunSpec(seed=seed, **spec), WANTED[name])  # type: ignore[arg-type]
            for seed, images in enumerate(folds(name, number))
        ]
        successes = sum(success for _, success in each)
        seconds = sum(seconds for seconds, _ in each) / successes if successes else float("inf")
        how = f"at most {setting['epochs']} epochs{', labels smoothed' if 'loss' in setting else ''}"
        how += ", Muon" if "optimiser" in setting else ""
        tried.append((seconds, f"{seconds:.2f} s ({how}; {successes} of {len(each)} runs get there)"))
    return min(tried)


def main() -> None:
    """Print a table of accuracies, or of the time to one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=5, choices=range(1, 6))
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each recipe on each fold")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=BATCH)
    parser.add_argument("--data", nargs="+", choices=list(BLOCKS), default=list(BLOCKS))
    parser.add_argument("--epochs", type=int, nargs="+", help="numbers of epochs, or lengths of schedules")
    parser.add_argument("--parts", nargs="+", choices=["accuracy", "soon"], default=["accuracy"])
    arguments = parser.parse_args()
    common = {"threads": arguments.threads, "device": "cpu", "batch_size": arguments.batch_size}
    how = f"{arguments.threads} thread(s), batches of {arguments.batch_size}"
    print(f"{versions()}; {how}, {arguments.folds} folds, {arguments.seeds} seed(s)\n", flush=True)
    for name in arguments.data:
        trained(next(folds(name, 1)), RunSpec(epochs=1, **common))  # the first of a process takes longer
    if "accuracy" in arguments.parts:
        titles = [f"{candidate}: validation / test, %" for candidate in CANDIDATES]
        print(f"| | {' | '.join(titles)} | chosen | test | seconds |\n|{'---|' * (len(titles) + 4)}")
        for name in arguments.data:
            for epochs in arguments.epochs or EPOCHS[name]:
                print(accurate(name, epochs, arguments.folds, arguments.seeds, common), flush=True)
    if "soon" in arguments.parts:
        print("\n| | costlab, processor | textbook | ratio | textbook, Adam at a constant rate | ratio |")
        print(f"|{'---|' * 6}")
        for name in arguments.data:
            print(soon(name, arguments.folds, common, arguments.epochs or SCHEDULES[name]), flush=True)


if __name__ == "__main__":
    main()
