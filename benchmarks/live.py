"""Training as a job process does it: every event goes through the outbox, as JSON lines, to another process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Signal

import numpy as np

from costlab.datasets import ImageSet
from costlab.records import Epoch, Event, Prepared, Progress
from costlab.specs import RunSpec
from costlab.training import Outcome, train
from costlab.worker.job import Outbox

READER = "import json, sys\nfor line in sys.stdin: json.loads(line)"  # a dispatcher that only reads


@contextmanager
def reporting() -> Iterator[Callable[[Event], None]]:
    """A function that sends an event of a run, from a process that reads it elsewhere; as the worker does."""
    reader = subprocess.Popen([sys.executable, "-c", READER], stdin=subprocess.PIPE)
    assert reader.stdin is not None
    outbox = Outbox(os.fdopen(os.dup(reader.stdin.fileno()), "w", encoding="utf-8"))
    try:
        yield lambda event: outbox.add("run", 1, event)
    finally:
        Signal().wait(0.3)  # the outbox's thread sends what waits, and nothing after that
        reader.kill()
        reader.wait()


def train_live(images: ImageSet, spec: RunSpec, report: Callable[[Event], None]) -> Outcome:
    """What training comes to, after every event on the way was reported."""
    outcome = None
    for event in train(spec, images=images):
        if isinstance(event, Prepared | Progress | Epoch):
            report(event)
        else:
            outcome = event
    assert isinstance(outcome, Outcome)
    return outcome


def confusion(outcome: Outcome) -> np.ndarray:
    """Of the test part under argmax."""
    return np.array(outcome.test.argmax.confusion)
