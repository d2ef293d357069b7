"""What a browser says was typed into a table: taken once, in its order, and no further than it fits."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from costlab.costs import CostMatrix
from costlab.ui.cells import MAX_ACTIONS, MAX_TEXT, read_actions
from costlab.ui.drafts import Draft, Sheet

NAMES = st.lists(st.integers(0, 2), min_size=2, max_size=2)
TEXTS = st.lists(st.tuples(NAMES, st.text(max_size=9)).map(list), min_size=1, max_size=4)
PARTS_OF_A_MESSAGE = ["of", "log", "serial", "texts", "look"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(PARTS_OF_A_MESSAGE), inner),
)


def told(*log: object, of: str = "x") -> dict[str, object]:
    return {"said": {"of": of, "log": list(log)}}


@given(st.lists(TEXTS, min_size=1, max_size=12), st.lists(st.integers(1, 12), max_size=12))
def test_each_action_is_taken_once_however_messages_overtake_each_other(typed: list, arrivals: list[int]) -> None:
    log = [{"serial": 10 * (number + 1), "texts": texts, "look": None} for number, texts in enumerate(typed)]
    taken, seen = 0, []
    for end in [*arrivals, len(log)]:  # a message holds all that the browser knows not to be taken, or more than that
        actions, taken = read_actions(told(*log[:end]), "x", (3, 3), taken)
        seen.extend(actions)
    assert [dict(action.texts) for action in seen] == [{tuple(name): text for name, text in texts} for texts in typed]


@given(JSON)
def test_nothing_that_a_browser_can_send_breaks_the_page(sent: object) -> None:
    for shape in (sent, {"said": sent}, told(sent), told({"serial": 1, "texts": sent, "look": sent})):
        actions, last = read_actions(shape, "x", (3, 3), 0)
        assert 0 <= last < 2**53
        for action in actions:
            for name in [*action.texts, *([action.look] if action.look else [])]:
                assert len(name) == 2
                assert all(0 <= part < 3 for part in name)


@pytest.mark.parametrize(
    "each",
    [[[0, 3], "1"], [[-1, 0], "1"], [[0, 1, 0], "1"], [[0, True], "1"], [[0, 1.0], "1"], [[0, 1], 1], [[0, 1]], "0.1"],
)  # fmt: skip
def test_a_cell_or_a_text_that_there_is_not_is_left_out(each: object) -> None:
    sent = told({"serial": 1, "texts": [each, [[2, 2], "9"]], "look": None})
    assert [action.texts for action in read_actions(sent, "x", (3, 3), 0)[0]] == [{(2, 2): "9"}]


def test_what_was_typed_about_other_classes_counts_as_heard_and_is_not_taken() -> None:
    sent = told({"serial": 7, "texts": [[[0, 1], "9"]], "look": [0, 1]}, of="y")
    assert read_actions(sent, "x", (3, 3), 0) == ([], 7)


def test_long_texts_and_long_messages_are_cut() -> None:
    sent = told(*({"serial": n, "texts": [[[0, 0], "9" * 10_000]], "look": None} for n in range(1, MAX_ACTIONS + 9)))
    actions, last = read_actions(sent, "x", (1, 1), 0)
    assert len(actions) == last == MAX_ACTIONS
    assert len(actions[0].texts[0, 0]) == MAX_TEXT


def page() -> None:
    from functools import partial

    import streamlit as st

    from costlab.ui import cells
    from costlab.ui import grid as ours

    draft = st.session_state["draft"]
    if told := st.session_state.pop("told", None):  # as Streamlit's callback would, before the script runs
        key, bounds, sent = told
        st.session_state[key] = sent
        cells._hear(key, sent["said"]["of"], bounds, partial(ours._take, draft, None))
        del st.session_state[key]
    ours.grid(draft, "k")


class Browser:
    """What a browser is shown of a draft's grid, and tells of it."""

    def __init__(self, cost: CostMatrix):
        self.app = AppTest.from_function(page, default_timeout=30)
        self.draft = self.app.session_state["draft"] = Draft(Sheet.of(cost))
        self.run()

    def run(self) -> None:
        self.app.run()
        assert not self.app.exception
        self.shown = json.loads(self.app.get("bidi_component")[0].proto.json)[0]

    def types(self, *typed: tuple[list[int], str], look: list[int] | None = None) -> None:
        action = {"serial": self.shown["taken"] + 1, "texts": [list(each) for each in typed], "look": look}
        bounds = (*self.draft.sheet.cost.values.shape, 1)[: len(look or typed[0][0])]
        self.app.session_state["told"] = self.shown["key"], bounds, told(action, of=self.shown["of"])
        self.run()


PARTS = CostMatrix([[0, 1, 1], [5, 0, 1], [100, 20, 0]], ["ok", "<b>dent</b>", "crack"], unit="EUR")


def test_the_browser_is_shown_the_costs_with_the_truth_at_the_left_and_the_decisions_above() -> None:
    shown = Browser(PARTS.with_referral(3)).shown
    assert shown["texts"] == [["0", "1", "1", "3"], ["5", "0", "1", "3"], ["100", "20", "0", "3"]]
    assert [names for (names,) in shown["rows"]] == ["ok", "<b>dent</b>", "crack"]
    assert shown["columns"] == ["ok", "<b>dent</b>", "crack", "refer to a human"]


def test_what_was_typed_is_taken_into_the_draft_and_the_last_mistake_is_looked_at() -> None:
    browser = Browser(PARTS)
    browser.types(([0, 1], "1/4"), ([2, 1], "7"), ([2, 2], "0"))
    assert browser.draft.sheet.cost.values.tolist() == [[0, 0.25, 1], [5, 0, 1], [100, 7, 0]]
    assert browser.shown["texts"][0] == ["0", "1/4", "1"]
    assert browser.shown["selected"] == [2, 1]
    browser.types(look=[1, 1])
    assert browser.shown["selected"] == [1, 1]
    browser.draft.undo()
    browser.run()
    assert browser.shown["texts"] == [["0", "1", "1"], ["5", "0", "1"], ["100", "20", "0"]]


def test_a_refused_text_is_shown_with_the_reason_beside_its_cell() -> None:
    browser = Browser(PARTS)
    browser.types(([2, 0], "abc"), look=[2, 0])
    assert browser.shown["texts"][2][0] == "abc"
    assert browser.shown["refused"] == {"2.0": "The cost of 'crack' called 'ok': 'abc' is not a number."}
    assert browser.draft.sheet.cost == PARTS


def test_many_classes_are_a_list_whose_lines_may_move_under_what_is_being_typed() -> None:
    cost = CostMatrix.zero_one([f"class {i}" for i in range(40)]).replaced(3, 5, 7).replaced(8, 9, 50)
    browser = Browser(cost)
    assert browser.shown["names"] == [[8, 9], [3, 5]]  # the dearest first
    browser.draft.type({(3, 5): "70"})
    browser.types(([8, 9, 0], "5"), look=[8, 9, 0])  # typed before the lines changed places
    assert browser.shown["names"] == [[3, 5], [8, 9]]
    assert [row[0] for row in browser.shown["texts"]] == ["70", "5"]
    assert browser.draft.selected == (8, 9)


def test_other_classes_make_another_table_and_another_cost_does_not() -> None:
    first = Browser(PARTS).shown["of"]
    assert Browser(PARTS.replaced(0, 1, 8)).shown["of"] == first
    assert Browser(PARTS.with_referral(3)).shown["of"] != first
    assert Browser(CostMatrix(PARTS.values, ["ok", "crack", "dent"])).shown["of"] != first
