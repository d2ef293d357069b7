"""The sidebar says what the worker does."""

import pytest

from costlab.store import Slot, Worker
from costlab.ui.status import in_words


def worker(*states, silent=0.5, note=""):
    slots = [Slot(device="cpu", state=state, note=note) for state in states]
    return Worker(id="w", host="h", pid=1, started=0, silent=silent, slots=slots)


@pytest.mark.parametrize(
    ("workers", "words"),
    [
        ([], "The worker is not running; runs wait until it is."),
        ([worker("idle", silent=60)], "The worker is not running; runs wait until it is."),
        ([worker()], "The worker is warming up."),
        ([worker("starting")], "The worker is warming up."),
        ([worker("idle")], "The worker is idle, ready for runs."),
        ([worker("starting", "idle")], "The worker is idle, ready for runs."),
        ([worker("busy", "idle")], "The worker trains one run."),
        ([worker("busy"), worker("busy", "busy")], "The worker trains 3 runs."),
        ([worker("busy", silent=60), worker("idle")], "The worker is idle, ready for runs."),
    ],
)
def test_in_words(workers, words):
    assert in_words(workers)[1] == words


def test_runs_that_train_as_one_program_are_counted_one_by_one():
    busy = worker("idle", "busy").model_copy(update={"slots": [Slot(device="cpu", state="busy", runs=["a", "b", "c"])]})
    assert in_words([busy, worker("busy")])[1] == "The worker trains 4 runs."


def test_a_broken_worker_says_why_in_inert_text():
    words = in_words([worker("broken", note="no *disk* left")])[1]
    assert words.startswith("The worker cannot train. ")
    assert "*disk*" not in words  # Markdown would make it slanted
    assert "disk" in words
