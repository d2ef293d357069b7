"""What a loss adds to a training step: `python -m benchmarks.loss_steps [--losses focal ldam] [--pairs 40]`.

A step is forward, loss, backward and the optimiser, of `small_cnn` on 128 images of 28x28, on one thread, as the
trainer takes it. For each loss it is taken in turn with the same step under `F.cross_entropy`, in one process; a ratio
is the median of the pairs' ratios, with the least and the most. Every loss is timed at its defaults and at its slowest
options: option by option, the choice or bound with which the loss alone takes longest. Times are the processor's: with
one thread that is the clock of an idle machine, whatever else runs on this one.
"""

import argparse
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.passports.timing import machine
from costlab.costs import CostMatrix
from costlab.errors import InvalidSpec
from costlab.losses import LOSSES, Loss
from costlab.models import MODELS
from costlab.registry import Plugin
from costlab.training.optimiser import AdamW

IMAGES, SHAPE = 128, (1, 28, 28)
BOUNDS = {10: 1.15, 100: 1.5}  # classes: what a step may take at most, relative to F.cross_entropy's

Judge = Callable[[Tensor, Tensor], Tensor]


class Training:
    """The same step again and again with one loss or another; its weights do not move, so all steps are alike."""

    def __init__(self, classes: int, half: bool):
        torch.manual_seed(0)
        model = MODELS["small_cnn"].make(shape=SHAPE, classes=classes)
        self.model = model.to(memory_format=torch.channels_last)
        self.optimiser = AdamW(self.model, weight_decay=0.01)
        self.images = torch.randn(IMAGES, *SHAPE).contiguous(memory_format=torch.channels_last)
        self.target = torch.arange(IMAGES) % classes
        self.half = half

    def seconds(self, loss: Judge) -> float:
        """Of one step."""
        began = process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            value = loss(self.model(self.images), self.target)
        value.backward()
        self.optimiser.step(0.0)
        return process_time() - began

    def ratios(self, loss: Judge, pairs: int) -> list[float]:
        """(pairs,) of the time of a step with `loss` to that with `F.cross_entropy`, ascending."""
        found = []
        for pair in range(pairs + 2):
            order = (loss, F.cross_entropy) if pair % 2 else (F.cross_entropy, loss)  # neither is always first
            times = {judge: self.seconds(judge) for judge in order}
            found.append(times[loss] / times[F.cross_entropy])
        return sorted(found[2:])


def made(plugin: Plugin, classes: int, options: dict[str, Any]) -> Loss:
    """The loss halfway through training, with costs and counts that no formula makes simpler."""
    random = np.random.default_rng(0)
    values = random.uniform(0.1, 10, (classes, classes)) * (1 - np.eye(classes))
    cost = CostMatrix(values, tuple(map(str, range(classes))))
    loss: Loss = plugin.make(cost=cost, counts=random.integers(10, 1000, classes), **options)
    loss.train().set_progress(0.5)
    return loss


def alone(loss: Judge, classes: int) -> float:
    """Seconds of the loss's own forward and backward pass; the best of 15."""
    logits, target = torch.randn(IMAGES, classes).requires_grad_(), torch.arange(IMAGES) % classes
    times = []
    for _ in range(15):
        logits.grad = None
        began = process_time()
        loss(logits, target).backward()
        times.append(process_time() - began)
    return min(times)


def candidates(field: dict[str, Any]) -> Iterator[Any]:
    """All choices of an option; of a number both bounds and a place between."""
    if "enum" in field or field["type"] == "boolean":
        yield from field.get("enum", (False, True))
        return
    low, high = (field.get(name, field.get(f"exclusive{name.title()}")) for name in ("minimum", "maximum"))
    inside = (low + high) // 2 if field["type"] == "integer" else low + 0.3 * (high - low)
    yield from (low, inside, high)


def slowest(plugin: Plugin, classes: int) -> dict[str, Any]:
    """The options with which the loss alone takes longest, found one after another; defaults that are are left out."""
    chosen: dict[str, Any] = {}
    longest = alone(made(plugin, classes, chosen), classes)
    for name, field in plugin.options.model_json_schema()["properties"].items():
        for value in candidates(field):
            try:
                seconds = alone(made(plugin, classes, chosen | {name: value}), classes)
            except InvalidSpec:
                continue  # this choice does not go with the others
            if seconds > 1.05 * longest:
                longest, chosen = seconds, chosen | {name: value}
    return chosen


def rows(classes: int, names: list[str], pairs: int, half: bool) -> Iterator[tuple[str, str, list[float]]]:
    """Name, options in words, and the pairs' ratios, of every loss at its defaults and at its slowest."""
    training = Training(classes, half)
    yield "F.cross_entropy itself", "", training.ratios(lambda z, y: F.cross_entropy(z, y), pairs)
    for name in names:
        plugin = LOSSES[name]
        worst = slowest(plugin, classes)
        for options in ({}, worst) if worst else ({},):
            words = ", ".join(f"{key} = {value}" for key, value in options.items()) or "defaults"
            yield name, words, training.ratios(made(plugin, classes, options), pairs)


def table(classes: int, names: list[str], pairs: int, half: bool) -> None:
    """Print the ratios at one number of classes, row by row, and how many are above the bound."""
    bound, above = BOUNDS[classes], 0
    print(f"\n{classes} classes, {'bfloat16' if half else 'float32'}: at most {bound}\n")
    print("| loss | options | step | least to most |\n|---|---|---|---|")
    for name, words, ratios in rows(classes, names, pairs, half):
        missed = median(ratios) > bound
        above += missed
        shown = f"**{median(ratios):.2f}**" if missed else f"{median(ratios):.2f}"
        print(f"| {name} | {words} | {shown} | {ratios[0]:.2f} to {ratios[-1]:.2f} |", flush=True)
    print(f"\n{above or 'None'} above {bound}.")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--losses", nargs="+", default=list(LOSSES))
    parser.add_argument("--classes", nargs="+", type=int, choices=list(BOUNDS), default=list(BOUNDS))
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--bfloat16", action="store_true", help="under autocast: the shortest steps where it is native")
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{machine()}, torch {torch.__version__}, one thread, {given.pairs} pairs.")
    for classes in given.classes:
        table(classes, given.losses, given.pairs, given.bfloat16)


if __name__ == "__main__":
    main()
