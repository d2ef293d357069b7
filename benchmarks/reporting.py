"""What the live view costs the training: `python -m benchmarks.reporting [--repeats 5]`.

1. Overhead: a run of at least 20 frames, every event sent through the job process's outbox to another process, against
   the same loop that judges only its last epoch and reports nothing. Where neighbouring runs differ by more than that
   costs, the clock around it says more: seconds of judging all frames but the last, and of handing events over.
2. A busy neighbour: the same run while another process multiplies matrices on one thread, against the machine alone.
3. Memory: of the process before and after.

The two of a pair take turns; a ratio is of neighbouring runs.
"""

import argparse
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter, process_time

from benchmarks.datasets import DATA, of_name
from benchmarks.live import reporting, train_live
from benchmarks.machine import summary, versions
from costlab.datasets import ImageSet
from costlab.records import Epoch
from costlab.specs import RunSpec
from costlab.training import frames, loop, train

NEIGHBOUR = """
import numpy, sys
a = numpy.ones((512, 512), dtype="float32")
print("busy", flush=True)
while True: a @ a
"""
EPOCHS = {"digits": 60, "mnist": 20}  # a few seconds


class Blind(frames.Frames):
    """Shows the last epoch only."""

    def due(self, epoch: int, judged: bool = False) -> bool:
        """Whether it is the last."""
        return epoch == self.epochs


class Counted(frames.Frames):
    """Adds up what all frames but the latest took."""

    spent, latest_took = 0.0, 0.0

    def took(self, seconds: float) -> None:
        """As the loop tells it."""
        Counted.spent += Counted.latest_took
        Counted.latest_took = seconds
        super().took(seconds)


@contextmanager
def counted() -> Iterator[None]:
    """Training counts the seconds of its frames."""
    kept, loop.Frames = loop.Frames, Counted  # type: ignore[misc]
    Counted.spent = Counted.latest_took = 0.0
    try:
        yield
    finally:
        loop.Frames = kept  # type: ignore[misc]


@contextmanager
def silent() -> Iterator[None]:
    """Training neither judges nor tells anything before its end."""
    kept = loop.Frames, loop.REPORT_SECONDS
    loop.Frames, loop.REPORT_SECONDS = Blind, float("inf")  # type: ignore[misc]
    try:
        yield
    finally:
        loop.Frames, loop.REPORT_SECONDS = kept  # type: ignore[misc]


@contextmanager
def neighbour() -> Iterator[None]:
    """Another process is busy on one thread."""
    command = [sys.executable, "-c", NEIGHBOUR]
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=one)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.kill()
        process.wait()


def timed(run) -> tuple[float, float]:
    """Seconds on the clock, and of the processor in all threads of this process."""
    clock, processor = perf_counter(), process_time()
    run()
    return perf_counter() - clock, process_time() - processor


def overhead(images: ImageSet, spec: RunSpec, repeats: int) -> str:
    """A row: seconds without and with reporting, what it adds, the frames that were shown."""
    bare, live, shown, handing, own_clock = [], [], [], [], []

    def listen(event) -> None:
        began = perf_counter()
        report(event)
        handing.append(perf_counter() - began)
        shown.append(isinstance(event, Epoch))

    with reporting() as report:
        for turn in range(repeats):
            own = spec.model_copy(update={"seed": turn})
            with silent():
                bare.append(timed(lambda own=own: list(train(own, images=images))))
            handing.clear()
            with counted():
                live.append(timed(lambda own=own: train_live(images, own, listen)))
            extra = Counted.spent + sum(handing)
            own_clock.append(100 * extra / (live[-1][0] - extra))
    clock, processor = ([100 * (b[at] / a[at] - 1) for a, b in zip(bare, live, strict=True)] for at in (0, 1))
    frames_shown, seconds = sum(shown) / repeats, median(each[0] for each in live)
    return (
        f"| {median(each[0] for each in bare):.2f} s | {seconds:.2f} s | {summary(clock)} % | {summary(processor)} % "
        f"| {summary(own_clock)} % "
        f"| {frames_shown:.0f} of {spec.epochs} epochs, {frames_shown / seconds:.1f} a second |"
    )


def slowdown(images: ImageSet, spec: RunSpec, repeats: int) -> str:
    """Median, least and most of: time with a busy neighbour by time alone."""
    ratios = []
    for turn in range(repeats):
        own = spec.model_copy(update={"seed": turn})
        alone = timed(lambda own=own: list(train(own, images=images)))[0]
        with neighbour():
            ratios.append(timed(lambda own=own: list(train(own, images=images)))[0] / alone)
    return summary(ratios)


def memory() -> float:
    """The most that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help=f"of {', '.join(DATA)}; all when none is named")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, help=f"instead of {EPOCHS}")
    arguments = parser.parse_args()
    print(f"{versions()}; 1 thread, {arguments.repeats} turns\n\nMemory after the imports {memory():.0f} MB.\n")
    titles = "silent | live | adds, clock | processor | by the clock around it | frames | busy neighbour | memory"
    print(f"| | {titles} |\n|{'---|' * 9}")
    for name in arguments.data or DATA:
        images, batch_size = of_name(name)
        spec = RunSpec(epochs=arguments.epochs or EPOCHS[name], batch_size=batch_size, device="cpu")
        list(train(spec.model_copy(update={"epochs": 1}), images=images))
        shorter = spec.model_copy(update={"epochs": max(1, spec.epochs // 4)})
        row = overhead(images, spec, arguments.repeats)
        print(f"| {name} {row} {slowdown(images, shorter, arguments.repeats)} | {memory():.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
