"""How a training in the foreground shows itself on standard error: a moving bar on a terminal, else a line an epoch."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from costlab.records import Epoch, Prepared


def described(epoch: Epoch, prepared: Prepared) -> str:
    """An epoch in half a line: "epoch 3 of 10, validation cost 0.02 EUR, accuracy 98.9 %"."""
    cost = prepared.spec.cost
    unit = f" {cost.unit}" if cost and cost.unit else ""
    return (
        f"epoch {epoch.epoch} of {prepared.spec.epochs}, validation cost {epoch.valid_cost:.4g}{unit}, "
        f"accuracy {100 * epoch.valid_accuracy:.1f} %"
    )


class Lines:
    """One plain line an epoch, for files and pipes."""

    def begin(self, prepared: Prepared) -> None:
        """Say what is about to be trained."""
        self.prepared = prepared
        spec, sizes = prepared.spec, prepared.sizes
        _say(f"{spec.loss.name} on {spec.dataset.name}, {sizes['train']} training images, on {prepared.device_name}")

    def move(self, fraction: float) -> None:
        """Nothing between epochs."""

    def show(self, epoch: Epoch) -> None:
        """The epoch, how long it took and how long the others will take."""
        left = (self.prepared.spec.epochs - epoch.epoch) * epoch.seconds
        _say(f"{described(epoch, self.prepared)}, {epoch.seconds:.2f} s, about {left:.0f} s left")


class Bar:
    """A bar that moves, with the last epoch's figures before it and the time left behind."""

    def __init__(self, progress: Progress):
        self.progress = progress
        self.task: TaskID = progress.add_task("starting torch", total=None)

    def begin(self, prepared: Prepared) -> None:
        """From here on the bar knows its length."""
        self.prepared = prepared
        self.progress.reset(self.task, total=1.0, description=f"epoch 1 of {prepared.spec.epochs}")

    def move(self, fraction: float) -> None:
        """To `fraction` of all steps."""
        self.progress.update(self.task, completed=fraction)

    def show(self, epoch: Epoch) -> None:
        """The epoch's figures."""
        fraction = epoch.epoch / self.prepared.spec.epochs
        self.progress.update(self.task, completed=fraction, description=described(epoch, self.prepared))


@contextmanager
def shown() -> Iterator[Bar | Lines]:
    """A `Bar` when standard error is a terminal, else `Lines`."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines()
        return
    columns = TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.percentage:3.0f} %")
    with Progress(*columns, TimeRemainingColumn(compact=True), console=console, transient=True) as progress:
        yield Bar(progress)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
