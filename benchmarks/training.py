"""costlab's trainer against the textbook loop: `python -m benchmarks.training [--repeats 5] [--threads 1]`.

Both train the same model on the same data for as many epochs, in batches of the same size, with as many threads, in one
process, in turn. A ratio is textbook time by costlab time of neighbouring runs, so a busy machine disturbs both alike;
processor time, which leaves out the waiting for busy cores, is the steadier measure.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import mean, median
from time import perf_counter, process_time

import numpy as np
import torch

from benchmarks.mnist_5k import mnist_5k
from benchmarks.textbook import train_textbook
from costlab.datasets import DATASETS, ImageSet
from costlab.metrics import accuracy
from costlab.specs import RunSpec
from costlab.training import Outcome, train
from costlab.training.devices import device_name


def with_costlab(images: ImageSet, spec: RunSpec) -> np.ndarray:
    """The confusion matrix of the test part under argmax."""
    outcome = list(train(spec, images=images))[-1]
    assert isinstance(outcome, Outcome)
    return np.array(outcome.test.argmax.confusion)


@dataclass
class Runs:
    """One contestant's runs: seconds on the clock, seconds of the processor, accuracies."""

    train: Callable[[ImageSet, RunSpec], np.ndarray]
    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    reached: list[float] = field(default_factory=list)

    def add(self, images: ImageSet, spec: RunSpec) -> None:
        """Train once more."""
        clock, processor = perf_counter(), process_time()
        confusion = self.train(images, spec)
        self.clock.append(perf_counter() - clock)
        self.processor.append(process_time() - processor)
        self.reached.append(accuracy(confusion))


def ratios(slower: list[float], faster: list[float]) -> str:
    """Median, least and most of the pairs' ratios."""
    each = sorted(b / a for a, b in zip(faster, slower, strict=True))
    return f"**{median(each):.1f}** ({each[0]:.1f} to {each[-1]:.1f})"


def compare(name: str, images: ImageSet, spec: RunSpec, repeats: int) -> None:
    """Print the ratios of `repeats` pairs of runs, and what both reached."""
    with_costlab(images, spec.model_copy(update={"epochs": 1}))
    train_textbook(images, spec.model_copy(update={"epochs": 1}))
    ours, theirs = Runs(with_costlab), Runs(train_textbook)
    for seed in range(repeats):
        for runs in (ours, theirs):
            runs.add(images, spec.model_copy(update={"seed": seed}))
    print(
        f"| {name} | {median(ours.processor):.2f} s | {median(theirs.processor):.2f} s "
        f"| {ratios(theirs.clock, ours.clock)} | {ratios(theirs.processor, ours.processor)} "
        f"| {100 * mean(ours.reached):.2f} % | {100 * mean(theirs.reached):.2f} % |",
        flush=True,
    )


def main() -> None:
    """Print a table of all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    cpu = device_name(torch.device("cpu"))
    print(f"torch {torch.__version__} on {cpu}, {arguments.threads} thread(s), {arguments.epochs} epochs\n")
    print("| | costlab, processor | textbook | ratio on the clock | ratio of processor time | accuracy | textbook's |")
    print("|---|---|---|---|---|---|---|")
    common = {"epochs": arguments.epochs, "threads": arguments.threads, "device": "cpu", "optimiser": "adamw"}
    small, large = DATASETS["digits"].make(), mnist_5k()
    repeats = arguments.repeats
    compare("digits", small, RunSpec(batch_size=64, **common), repeats)
    compare("MNIST-5k", large, RunSpec(batch_size=128, **common), repeats)
    compare("MNIST-5k, both float32", large, RunSpec(batch_size=128, precision="float32", **common), repeats)


if __name__ == "__main__":
    main()
