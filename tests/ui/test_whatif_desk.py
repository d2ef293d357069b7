"""Undo on the desk of What if: one history of costs and all other assumptions, against a plain list of states."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.scenario import Scenario
from costlab.ui.whatif_desk import Desk, same

COST = CostMatrix([[0, 1, 2], [9, 0, 3], [4, 5, 0]], ["ok", "dent", "crack"], unit="EUR")
MOVES = st.one_of(
    st.tuples(st.just("price"), st.sampled_from([1.0, 7.0, 40.0])),
    st.tuples(st.just("referral"), st.sampled_from([None, 0.5, 2.0])),
    st.tuples(st.just("scale"), st.sampled_from([1.0, 10.0])),
    st.tuples(st.just("calibration"), st.sampled_from(["temperature", "vector"])),
    st.tuples(st.sampled_from(["restart", "undo", "redo"]), st.none()),
)


def moved(desk: Desk, move: str, value: object) -> None:
    if move == "price":
        desk.price((1, 0), value)  # type: ignore[arg-type]
    elif move in ("restart", "undo", "redo"):
        getattr(desk, move)()
    else:
        desk.set(**{move: value})


@given(st.lists(MOVES, max_size=25))
def test_undo_and_redo_walk_through_all_that_was_assumed_in_its_order(moves) -> None:
    desk = Desk.begin(Scenario(COST), COST)
    states, at = [desk.scenario], 0
    for move, value in moves:
        if move == "undo":
            assert desk.can_undo == (at > 0)
        if move == "redo":
            assert desk.can_redo == (at + 1 < len(states))
            if not desk.can_redo:
                continue
        moved(desk, move, value)
        if move == "undo":
            at = max(at - 1, 0)
        elif move == "redo":
            at += 1
        elif not same(desk.scenario, states[at]):
            states, at = [*states[: at + 1], desk.scenario], at + 1
        assert same(desk.scenario, states[at])


def test_a_price_picked_on_the_referral_curve_is_taken_back_and_the_comment_before_it_stays() -> None:
    desk = Desk.begin(Scenario(COST), COST)
    desk.draft.change(replace(desk.draft.sheet, notes={(1, 0): "Rework takes an hour"}))
    desk.pick("referral", 0.8)
    desk.undo()
    assert desk.scenario.referral is None
    assert desk.draft.sheet.notes == {(1, 0): "Rework takes an hour"}
    desk.redo()
    assert desk.scenario.referral == 0.8


def test_back_to_the_start_is_one_step() -> None:
    desk = Desk.begin(Scenario(COST), COST)
    desk.price((2, 0), 50)
    desk.set(scale=10.0)
    desk.restart()
    assert same(desk.scenario, Scenario(COST))
    desk.undo()
    assert desk.scenario.scale == 10
    assert np.array_equal(desk.scenario.cost.values, COST.replaced(2, 0, 50).values)
