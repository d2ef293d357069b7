"""A second thread of a run's own, for work in two halves.

Not OpenMP's threads, which share out each operation and wait for each other after it: beside a busy neighbour a run on
two of them took 3 times as long as on one. Halves of a batch meet twice a step, and where the second thread does not
get a core, the first does its work as well.
"""

import threading
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from time import perf_counter
from typing import Any, TypeVar

import torch

HINDERED = 1.7  # times the first half's time that both took: the other thread had to wait for a core
LONGEST = 256  # pieces of work that are then done without it: 4 times as many each time, half as many when it was not

Value = TypeVar("Value")


class _Task:
    """The second half of some work: whoever takes it first does it."""

    def __init__(self, act: Callable[[int], Any]):
        self.act, self.threads = act, torch.get_num_threads()
        self._free = threading.Lock()
        self.done: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def take(self) -> bool:
        """Whether it is the caller's."""
        return self._free.acquire(blocking=False)


class _Lane:
    """The other thread. When it was kept from a core it rests for a while."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[_Task] = SimpleQueue()
        self._rest = self._left = 0  # pieces of work
        threading.Thread(target=self._serve, name="lane", daemon=True).start()

    def rests(self) -> bool:
        """Whether it is left out this time."""
        self._left -= 1
        return self._left >= 0

    def took(self, first: float, both: float) -> None:
        """Seconds until the asking thread had done the first half, and until both were done; inf: it has to do both."""
        self._rest = min(LONGEST, 4 * self._rest or 1) if both > HINDERED * first else self._rest // 2
        self._left = self._rest

    def _serve(self) -> None:
        threads = 0
        while True:
            task = self.tasks.get()
            if not task.take():
                continue
            if task.threads != threads:  # OpenMP's number is each thread's own
                torch.set_num_threads(task.threads)
                threads = task.threads
            try:
                task.done.put((task.act(1), None))
            except BaseException as error:  # whoever asked is told
                task.done.put((None, error))
            del task  # not kept until the next one comes


@cache
def _lane() -> _Lane:
    return _Lane()


def in_two(act: Callable[[int], Value]) -> tuple[Value, Value]:
    """`act(0)` in this thread and `act(1)` in another at the same time, or after it in this one where no core is free.

    The values are the same either way. Raises what either of them raises, when both are over.

    >>> in_two(lambda half: half * 10)
    (0, 10)
    """
    lane = _lane()
    if lane.rests():
        return act(0), act(1)
    task, began = _Task(act), perf_counter()
    lane.tasks.put(task)
    try:
        first = act(0)
    finally:  # whatever happens, nobody works on what may now go away
        seconds = perf_counter() - began
        answer = None if task.take() else task.done.get()
        lane.took(seconds, perf_counter() - began if answer else float("inf"))
    if answer is None:
        return first, act(1)
    second, error = answer
    if error is not None:
        raise error
    return first, second
