"""What changed from one revision to the next, against plain loops; notes that follow their cells."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.diagnosis.revisions import difference, notes_changed
from costlab.notes import from_json, moved_notes, to_json

NAMES = ("ok", "dent", "crack")
PARTS = CostMatrix([[0, 1, 1], [5, 0, 1], [100, 20, 0]], NAMES, unit="EUR", name="shop")
PRICES = st.lists(st.sampled_from([0.0, 1.0, 2.5, 100.0]), min_size=9, max_size=9)
CELLS = [f"{t}.{d}" for t in range(3) for d in range(3)]
NOTES = st.dictionaries(st.sampled_from(CELLS), st.text("ab", min_size=1, max_size=3))


@given(PRICES, PRICES, st.permutations(NAMES))
def test_exactly_the_cells_that_differ_are_told_whatever_the_order_of_the_classes(
    old: list[float], new: list[float], order: list[str]
) -> None:
    before, after = (CostMatrix(np.reshape(prices, (3, 3)), NAMES) for prices in (old, new))
    wanted = set()
    for t, truth in enumerate(NAMES):
        for d, decision in enumerate(NAMES):
            was, now = old[3 * t + d], new[3 * t + d]
            if was != now:
                wanted.add(f"'{truth}' called '{decision}': {was:g} → {now:g}")
    found = difference(before.for_classes(order), after)
    assert set(found.cells) == wanted
    assert (found.sentence == "The costs are the same.") == (not wanted)


def test_the_most_changed_cost_comes_first() -> None:
    after = PARTS.replaced(0, 1, 3.0).replaced(2, 0, 200.0)
    assert difference(PARTS, after).cells == ("'crack' called 'ok': 100 → 200", "'ok' called 'dent': 1 → 3")
    assert difference(PARTS, after).sentence == "2 costs changed."


def test_a_change_that_leaves_every_decision_says_so() -> None:
    doubled = CostMatrix(PARTS.values * 2, NAMES, unit="EUR")
    assert difference(PARTS, doubled, "revision 1").sentence == (
        "Every cost is twice what it is in revision 1. The best decision stays the same for every image; "
        "only the sums change."
    )


def test_new_decisions_units_and_classes_are_told() -> None:
    asked = PARTS.with_referral(3, "ask")
    assert difference(PARTS, asked).sentence == "New: the decision 'ask' (3 EUR)."
    assert difference(asked, PARTS).sentence == "'ask' can no longer be decided."
    minutes = CostMatrix(PARTS.values, NAMES, unit="minutes")
    assert difference(PARTS, minutes).sentence == "The unit is 'minutes', it was 'EUR'."
    assert difference(PARTS, CostMatrix(PARTS.values, NAMES)).sentence == "The unit is not named, it was 'EUR'."
    assert (
        difference(PARTS, CostMatrix.zero_one("ab")).sentence == "It is about other classes than the revision before."
    )


@given(NOTES, NOTES, st.permutations(NAMES))
def test_a_note_stays_with_the_names_of_its_cell(old: dict, new: dict, order: list[str]) -> None:
    turned = PARTS.for_classes(order)
    moved = moved_notes(old, PARTS, turned)
    by_name = {(NAMES[int(place[0])], NAMES[int(place[2])]): note for place, note in old.items()}
    assert {(order[int(place[0])], order[int(place[2])]): note for place, note in moved.items()} == by_name
    assert moved_notes(moved, turned, PARTS) == old
    assert notes_changed(turned, moved, PARTS, new) == sum(old.get(cell) != new.get(cell) for cell in CELLS)


@given(NOTES)
def test_json_names_the_cells_of_notes_and_is_read_by_those_who_know_none(notes: dict) -> None:
    text = to_json(PARTS, notes)
    assert from_json(text, PARTS) == notes
    assert CostMatrix.from_json(text) == PARTS
    named = {(each["truth"], each["decision"]): each["note"] for each in json.loads(text).get("notes", [])}
    assert named == {(NAMES[int(place[0])], NAMES[int(place[2])]): note for place, note in notes.items()}
