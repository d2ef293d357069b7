"""What a run's page says in words is what happened."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.records import ConstantResult, Prepared, RuleResult, TestResult
from costlab.specs import RunSpec
from costlab.store import Run
from costlab.ui.run_sentences import MODES, STATES, cell_words, percent, progress, verdict, waiting

COST = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR")
PREPARED = Prepared(
    spec=RunSpec(), device="cpu", device_name="CPU", torch="2", parameters=1, classes=["a"], counts=[1], sizes={}
)
_ids = itertools.count()


def run(state="running", created=0.0, **more):
    return Run(id=f"r{next(_ids)}", spec=RunSpec(epochs=10), state=state, attempt=1, created=created, **more)


def result(argmax, least, constant):
    def rule(mean):
        return RuleResult(accuracy=0.5, mean_cost=mean, normalised_cost=1.0, confusion=[[1]])

    return TestResult(
        argmax=rule(argmax),
        least_expected_cost=rule(least),
        best_constant=ConstantResult(decision="ok", mean_cost=constant),
    )


def test_every_state_and_mode_has_its_words():
    from typing import get_args

    from costlab.metrics import SHARE_MODES
    from costlab.store.records import State

    assert set(STATES) == set(get_args(State))
    assert tuple(MODES) == SHARE_MODES
    assert len({word for word, _, _ in STATES.values()}) == len(STATES)


@pytest.mark.parametrize(
    ("argmax", "least", "constant", "said"),
    [
        (10, 8.8, 20, "saved 12 % of what argmax costs on 360 test images."),
        (10, 12.5, 20, "cost 25 % more than what argmax costs on 360 test images."),
        (10, 10, 20, "Both rules cost the same on 360 test images."),
        (0, 2, 20, "cost 2 EUR an image more than argmax on 360 test images."),
        (0.1, 2.1, 20, "cost 2 EUR an image more than argmax on 360 test images."),
        (-1, -3, 20, "cost 2 EUR an image less than argmax on 360 test images."),
        (10, 9.9999, 20, "saved less than 1 % of what argmax costs"),
        (30, 25, 20, "Neither rule is cheaper than deciding 'ok' without looking at the images."),
        (20, 20, 20, "Neither rule is cheaper than deciding 'ok'"),
    ],
)
def test_the_verdict_says_what_was_saved_or_lost(argmax, least, constant, said):
    words = verdict(result(argmax, least, constant), 360, "EUR")
    assert said in words
    assert words.endswith("do not read a small difference as real.")
    assert ("Neither" in words) == (min(argmax, least) >= constant)


@given(*[st.floats(-100, 100)] * 3)
def test_the_verdict_never_says_saved_when_it_cost_more(argmax, least, constant):
    words = verdict(result(argmax, least, constant), 10, "EUR")
    assert "nan" not in words
    assert "inf" not in words
    if "saved" in words or " less than argmax" in words:
        assert least < argmax
    if "more than" in words:
        assert least > argmax


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ((1, 0), "1 image of 'crack' was called 'ok': it cost 100 EUR, 80 % of the total."),
        ((0, 1), "25 images of 'ok' were called 'crack': they cost 25 EUR, 20 % of the total."),
        ((0, 0), "60 images of 'ok' were called 'ok': they cost nothing."),
    ],
)
def test_a_cell_in_words(cell, said):
    assert cell_words(np.array([[60, 25], [1, 14]]), COST, *cell) == said


def test_an_empty_cell_and_a_gain_and_an_extra_decision_in_words():
    counts = np.array([[5, 0, 2], [0, 3, 0]])
    cost = CostMatrix([[-2, 1, 4], [1, 0, 4]], ["a", "b"], ["a", "b", "refer"], unit="points")
    assert cell_words(counts, cost, 0, 1) == "No image of 'a' was called 'b'."
    assert (
        cell_words(counts, cost, 0, 0) == "5 images of 'a' were called 'a': they earned 10 points, 56 % of the total."
    )
    assert (
        cell_words(counts, cost, 0, 2) == "2 images of 'a' were decided 'refer': they cost 8 points, 44 % of the total."
    )


def test_a_share_in_percent_is_never_zero_of_something():
    assert percent(1e-9) == "less than 1 %"
    assert percent(0) == "0 %"
    assert percent(0.999) == "100 %"


def test_a_waiting_run_knows_its_place():
    first, second, third = (run("queued", created) for created in (1, 2, 3))
    others = [third, second, first, run("running"), run("succeeded")]
    assert waiting(first, others, True) == "Waiting in the queue; next to start when a run ends."
    assert waiting(second, others, True) == "Waiting in the queue; 1 run will start before it."
    assert waiting(third, others, True) == "Waiting in the queue; 2 runs will start before it."
    assert waiting(first, [first], True) == "Waiting in the queue; next to start."
    assert waiting(first, others, False).startswith("No worker is running")


def test_progress_tells_the_time_that_is_left():
    half = run(fraction=0.25, seconds=10.0, prepared=PREPARED)
    assert progress(half, 2, True) == "2 of 10 epochs done, 25 % of the training, about 30 s left."
    assert "left" not in progress(run(fraction=0.01, seconds=10.0, prepared=PREPARED), 0, True)
    assert "left" not in progress(run(fraction=1.0, seconds=10.0, prepared=PREPARED), 10, True)


def test_progress_says_when_it_starts_is_cancelled_or_has_lost_its_worker():
    assert progress(run("starting"), 0, True).startswith("Starting")
    assert progress(run(prepared=PREPARED, cancel_requested=True), 3, True) == "Cancelling…"
    assert "silent" in progress(run(prepared=PREPARED), 3, False)
