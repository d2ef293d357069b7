"""The sheet and its history."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.doctor import read_cells
from costlab.ui.drafts import MAX_STEPS, Draft, Sheet, edited_name

PARTS = CostMatrix([[0, 1, 1], [5, 0, 1], [100, 20, 0]], ["ok", "dent", "crack"], unit="EUR", name="shop")
CELLS = st.tuples(st.integers(0, 2), st.integers(0, 2))
TEXTS = st.sampled_from(["0", "1", ".5", "1e-3", "1/3", "1,5", "abc", "", "nan", "1e400", "1,000", "-2", "2.0"])
EDITS = st.dictionaries(CELLS, TEXTS, max_size=9)


def sheet() -> Sheet:
    return Sheet.of(PARTS)


@pytest.mark.parametrize(("text", "meant"), [(".5", 0.5), ("1e-3", 0.001), ("1/3", 1 / 3), ("1,5", 1.5), ("−2", -2.0)])
def test_a_typed_number_means_what_it_says_and_stays_as_it_was_typed(text: str, meant: float) -> None:
    after = sheet().with_texts({(2, 0): text})
    assert after.cost.values[2, 0] == meant
    assert after.cells()[2][0] == text
    assert after.refused() == []


def test_a_refused_text_stays_and_its_cost_stays_as_it_was() -> None:
    after = sheet().with_texts({(2, 0): "abc", (1, 0): "7"})
    assert after.cells()[2][0] == "abc"
    assert after.cost.values[2, 0] == 100
    assert after.cost.values[1, 0] == 7
    assert [(f.cell, f.sentence) for f in after.refused()] == [
        ((2, 0), "The cost of 'crack' called 'ok': 'abc' is not a number.")
    ]


def test_a_refused_text_is_forgotten_once_it_is_put_right() -> None:
    after = sheet().with_texts({(2, 0): "abc"}).with_texts({(2, 0): "100"})
    assert after.refused() == []
    assert after.cost == PARTS
    assert not after.unsaved


@given(EDITS)
def test_the_sheet_refuses_exactly_what_the_doctor_refuses_and_reads_the_rest_the_same(edits: dict) -> None:
    after = sheet().with_texts(edits)
    values, findings = read_cells(after.cells(), PARTS.classes)
    assert after.refused() == findings
    expected = np.where(np.isnan(values), PARTS.values, values)
    assert np.array_equal(after.cost.values, expected)


@given(st.lists(EDITS, max_size=6))
def test_undoing_everything_and_redoing_it_gives_the_same_sheets(steps: list[dict]) -> None:
    draft = Draft(sheet())
    seen = [draft.sheet]
    for edits in steps:
        draft.type(edits)
        if draft.sheet != seen[-1]:
            seen.append(draft.sheet)
    for expected in reversed(seen):
        assert draft.sheet == expected
        draft.undo()
    assert draft.sheet == seen[0]
    for expected in seen:
        assert draft.sheet == expected
        draft.redo()
    assert draft.sheet == seen[-1]


def test_a_new_change_forgets_what_was_undone() -> None:
    draft = Draft(sheet())
    draft.type({(0, 1): "2"})
    draft.undo()
    draft.type({(0, 1): "3"})
    draft.redo()
    assert draft.sheet.cost.values[0, 1] == 3


def test_the_history_is_bounded() -> None:
    draft = Draft(sheet())
    for value in range(MAX_STEPS + 50):
        draft.type({(0, 1): str(value + 2)})
    assert len(draft.past) == MAX_STEPS
    large = Draft(Sheet.of(CostMatrix.zero_one([str(i) for i in range(1000)])))
    for value in range(8):
        large.change(large.sheet.with_texts({(0, 1): str(value + 2)}))
    assert len(large.past) == 4  # of 1,000,000 costs each


def test_typing_selects_the_mistake_changed_last() -> None:
    draft = Draft(sheet())
    draft.type({(0, 1): "2", (2, 1): "3", (2, 2): "4"})
    assert draft.selected == (2, 1)
    draft.type({(0, 1): "2", (2, 1): "3", (2, 2): "5"})  # the browser sends all its edits each time
    assert draft.selected == (2, 2)


def test_the_selected_cell_stays_inside_a_matrix_that_shrinks() -> None:
    draft = Draft(Sheet.of(PARTS.with_referral(3)), selected=(2, 3))
    draft.change(sheet())
    assert draft.selected == (2, 2)


def test_other_classes_select_their_dearest_mistake() -> None:
    draft = Draft(sheet())
    draft.change(Sheet.of(CostMatrix([[0, 1], [9, 0]], "ab")))
    assert draft.selected == (1, 0)


def test_a_deleted_matrix_is_forgotten_also_by_undo() -> None:
    draft = Draft(Sheet.of(PARTS, "prices"))
    draft.type({(0, 1): "2"})
    draft.forget("prices")
    assert draft.sheet.matrix == ""
    draft.undo()
    assert draft.sheet.matrix == ""


def test_a_change_is_unsaved_until_it_is_stored_or_taken_back() -> None:
    draft = Draft(sheet())
    assert not draft.sheet.unsaved
    draft.type({(0, 1): "2"})
    assert draft.sheet.unsaved
    draft.saved(draft.sheet.cost, "prices")
    assert not draft.sheet.unsaved
    assert draft.sheet.matrix == "prices"
    draft.type({(0, 1): "x"})
    assert draft.sheet.unsaved
    draft.undo()
    assert not draft.sheet.unsaved
    draft.undo()
    assert not draft.sheet.unsaved
    assert draft.sheet.matrix == ""


def test_a_changed_matrix_does_not_keep_its_name() -> None:
    assert sheet().with_texts({(0, 1): "2"}).cost.name == "shop, edited"
    assert sheet().with_texts({(0, 1): "1.0"}).cost.name == "shop"
    assert len(edited_name("x" * 80)) == 80
