"""Trainers of the same model on the same data, each in a process of its own that stays warm and takes turns."""

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter, process_time

import numpy as np

from costlab.datasets import ImageSet
from costlab.specs import RunSpec

Train = Callable[[ImageSet, RunSpec], np.ndarray]  # the confusion matrix of the test part


@dataclass(frozen=True)
class Contestant:
    """Where a trainer is found: `function` of `module`; `needs`: packages; `environment`: set before anything."""

    title: str
    module: str
    function: str = "train"
    needs: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    precision: str = "auto"

    @property
    def missing(self) -> list[str]:
        """What it needs and is not installed."""
        return [package for package in self.needs if find_spec(package) is None]


@dataclass(frozen=True)
class Lap:
    """One training: seconds on the clock and of the processor (all threads), accuracy on the test part."""

    clock: float
    processor: float
    accuracy: float


class Runner:
    """A contestant's process. `lap` has it train once; `close` ends it and gives its peak memory in MB."""

    def __init__(self, contestant: Contestant):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(contestant, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def lap(self, images: ImageSet, spec: RunSpec) -> Lap:
        """Train once. Raises RuntimeError with what went wrong in the contestant's process."""
        self._pipe.send((images, spec))
        try:
            answer = self._pipe.recv()
        except EOFError:
            answer = "the process has ended"
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return Lap(*answer)

    def close(self) -> float:
        """End the process."""
        try:
            self._pipe.send(None)
            memory = self._pipe.recv()
        except (EOFError, OSError):
            memory = float("nan")
        self._process.join(5)
        self._process.kill()
        return memory


def _serve(contestant: Contestant, pipe) -> None:
    os.environ.update(contestant.environment)
    sys.stdout = sys.stderr
    train: Train | None = None
    while (order := pipe.recv()) is not None:
        images, spec = order
        try:
            train = train or getattr(import_module(contestant.module), contestant.function)
            pipe.send(_lap(train, images, spec.model_copy(update={"precision": contestant.precision})))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    os._exit(0)


def _lap(train: Train, images: ImageSet, spec: RunSpec) -> tuple[float, float, float]:
    clock, processor = perf_counter(), process_time()
    confusion = train(images, spec)
    times = perf_counter() - clock, process_time() - processor
    return *times, float(np.trace(confusion) / np.sum(confusion))
