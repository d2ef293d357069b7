"""What is asked of Robustness, to the address and back, and what typing a price does. No streamlit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.errors import InvalidCosts
from costlab.price_ranges import MOVING
from costlab.scenario import Scenario
from costlab.ui.robustness_asked import (
    DEAREST,
    Asked,
    factor_typed,
    from_address,
    names_asked,
    rows,
    shown,
    to_address,
    typed,
)

COST = CostMatrix([[0, 1, 4], [20, 0, 2], [60, 30, 0]], ["ok", "dent", "crack"], unit="EUR")
SCENARIO = Scenario(COST)
ASKING = Scenario(COST, referral=3.0, scale=10)


@given(
    factor=st.floats(1, 1000),
    low=st.floats(-5, 1),
    high=st.floats(1, 1e6),
    moving=st.sampled_from(MOVING),
    anew=st.booleans(),
    images=st.booleans(),
    rules=st.lists(st.sampled_from(["argmax", "temperature", "constant"]), unique=True).map(tuple),
)
def test_the_address_says_all_that_is_asked(factor, low, high, moving, anew, images, rules):
    asked = Asked(factor, {(0, 1): (low, high)}, moving, anew, images, rules)
    assert from_address(to_address(asked), SCENARIO) == (asked, [])


def test_what_is_usual_is_not_in_the_address():
    assert to_address(Asked()) == {}
    assert from_address({}, SCENARIO) == (Asked(), [])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ranges", "factor:0.5"), ("ranges", "factor:"), ("ranges", "guess:2"), ("ranges", "factor:nan"),
        ("range", "x"), ("range", "9.0:1~2"), ("range", "1.0:1"), ("range", "1.0:1~2~3"), ("range", "-1.0:1~2"),
        ("range", "1.0:1~1e99"), ("range", "1.0:,"), ("moving", "sideways"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_left_out_and_told(key, text):
    asked, told = from_address({key: text, "images": "too"}, SCENARIO)
    assert asked == Asked(images=True)
    assert told == [f"The address says {key}={text}, which means nothing here; it is left out."]


def test_a_range_that_the_likely_price_has_left_is_told_and_the_others_stay():
    asked, told = from_address({"range": "2.0:1~50,1.0:5~40"}, SCENARIO)
    assert asked.own == {(1, 0): (5, 40)}
    assert told == [
        "The price of 'crack' called 'ok' must go from low over likely to high; got 1, 60 and 50. "
        "Its range is that of the factor again."
    ]


def test_a_row_a_price_the_dearest_first_with_referring_as_one():
    cells = rows(Asked(), ASKING, COST)
    assert cells[:3] == [(2, 0), (2, 1), (1, 0)]
    assert len(cells) == 7
    assert shown(Asked(), ASKING, [(2, 0), (0, 3)]) == [
        ["crack", "ok", "30", "60", "120"], ["any", "refer to a human", "1.5", "3", "6"],
    ]  # fmt: skip


def test_of_many_classes_the_dearest_have_rows_and_those_with_a_range_of_their_own():
    names = [str(name) for name in range(15)]
    cost = CostMatrix.ordinal(names)
    cells = rows(Asked(own={(0, 1): (0.5, 9)}), Scenario(cost), cost)
    assert len(cells) == DEAREST + 1
    assert cells[-1] == (0, 1)
    assert cells[0] == (0, 14)


def test_a_low_and_a_high_end_are_taken_and_both_empty_bring_the_factor_back():
    asked, scenario = typed(Asked(), SCENARIO, (2, 0), ("10", "60", "1e3"))
    assert (asked.own, scenario) == ({(2, 0): (10, 1000)}, SCENARIO)
    assert asked.ranges(scenario).high[2, 0] == 1000
    back, _ = typed(asked, scenario, (2, 0), ("", "60", " "))
    assert back.own == {}


def test_a_likely_price_alone_moves_its_range_and_the_scenario():
    asked, scenario = typed(Asked(), SCENARIO, (2, 0), ("30", "100", "120"))
    assert asked.own == {}
    assert scenario.cost.values[2, 0] == 100
    assert asked.ranges(scenario).high[2, 0] == 200


def test_the_likely_price_of_referring_is_that_of_the_scenario():
    _, scenario = typed(Asked(), ASKING, (0, 3), ("1.5", "5", "6"))
    assert scenario.referral == 5
    asked, _ = typed(Asked(), ASKING, (0, 3), ("1", "3", "4"))
    assert asked.ranges(ASKING).high[:, 3].tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("70", "60", "120"), "must go from low over likely to high; got 70, 60 and 120."),
        (("abc", "60", "120"), "The price of 'crack' called 'ok': 'abc' is not a number."),
        (("1,000", "60", "120"), "'1,000' could mean 1000 or 1.000; write one of these."),
        (("", "60", "120"), "needs a low, a likely and a high end; a cell is empty."),
        (("30", "", "120"), "needs a low, a likely and a high end; a cell is empty."),
    ],
)
def test_what_is_no_range_is_refused_in_a_sentence(texts, told):
    with pytest.raises(InvalidCosts) as refusal:
        typed(Asked(), SCENARIO, (2, 0), texts)
    assert told in str(refusal.value)


@pytest.mark.parametrize("text", ["", "abc", "0.5", "1001", "-2"])
def test_a_factor_that_means_nothing_is_refused_in_a_sentence(text):
    with pytest.raises(InvalidCosts, match="The factor must be a number from 1 to 1000; "):
        factor_typed(Asked(), text)


def test_rules_that_are_not_known_are_left_out_and_none_means_the_usual_ones():
    asked, _ = from_address({"rules": "argmax,nonsense,constant,argmax"}, SCENARIO)
    assert names_asked(asked, SCENARIO, 1) == ["argmax", "constant"]
    assert "vector" in names_asked(Asked(), SCENARIO, 1)
