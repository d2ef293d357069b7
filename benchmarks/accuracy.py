"""How accurate a short training is: `python -m benchmarks.accuracy [--folds 5] [--threads 1]`.

On each of k folds every candidate recipe is trained; the one that is best on the validation parts, on average, is
reported on the test parts. Digits: 60, 20 and 20 % of the images; MNIST-5k: 80, 10 and 10 %.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev

import numpy as np

from benchmarks.machine import versions
from benchmarks.mnist_5k import mnist_5k
from costlab.datasets import DATASETS, ImageSet
from costlab.records import Epoch
from costlab.specs import Choice, RunSpec
from costlab.training import Outcome, train

SMOOTHED = Choice(name="cross_entropy", options={"label_smoothing": 0.1})
CANDIDATES: dict[str, dict[str, object]] = {
    "AdamW": {"optimiser": "adamw"},
    "AdamW, labels smoothed": {"optimiser": "adamw", "loss": SMOOTHED},
    "as it is": {},
    "labels smoothed": {"loss": SMOOTHED},
    "averaged, labels smoothed": {"averaging": 0.3, "loss": SMOOTHED},
    "5 views, labels smoothed": {"views": 5, "loss": SMOOTHED},
}
VIEWS_FROM = 16  # pixels a side: moved by a pixel, smaller images are no longer the same (0.3 points worse on digits)
BLOCKS = {"digits": 5, "mnist": 10}  # a fold's test part is one of them, its validation part the next
EPOCHS = {"digits": (3, 10), "mnist": (3, 10)}
BATCH = 64


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


def main() -> None:
    """Print a table of accuracies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=5, choices=range(1, 6))
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each recipe on each fold")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=BATCH)
    parser.add_argument("--data", nargs="+", choices=list(BLOCKS), default=list(BLOCKS))
    parser.add_argument("--epochs", type=int, nargs="+")
    arguments = parser.parse_args()
    common = {"threads": arguments.threads, "device": "cpu", "batch_size": arguments.batch_size}
    how = f"{arguments.threads} thread(s), batches of {arguments.batch_size}"
    print(f"{versions()}; {how}, {arguments.folds} folds, {arguments.seeds} seed(s)\n", flush=True)
    titles = [f"{candidate}: validation / test, %" for candidate in CANDIDATES]
    print(f"| | {' | '.join(titles)} | chosen | test | seconds |\n|{'---|' * (len(titles) + 4)}")
    for name in arguments.data:
        trained(next(folds(name, 1)), RunSpec(epochs=1, **common))  # the first of a process takes longer
        for epochs in arguments.epochs or EPOCHS[name]:
            print(accurate(name, epochs, arguments.folds, arguments.seeds, common), flush=True)


if __name__ == "__main__":
    main()
