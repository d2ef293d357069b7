"""Every sentence that a matrix can say is grammatical and true."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.ui.sentences import a, amount, cell_sentence, duration, inert, number, overview, ratio


def two(wrong: float, reverse: float, unit: str = "EUR", right: float = 0.0) -> CostMatrix:
    return CostMatrix([[0, reverse], [wrong, right]], ["ok", "crack"], unit=unit)


@pytest.mark.parametrize(
    ("cost", "sentence"),
    [
        (two(100, 1), "A 'crack' called 'ok' costs 100 EUR, 100 times as much as an 'ok' called 'crack'."),
        (two(2, 1), "A 'crack' called 'ok' costs 2 EUR, twice as much as an 'ok' called 'crack'."),
        (two(1, 1), "A 'crack' called 'ok' costs 1 EUR, and so does the other way round."),
        (two(1, 0), "A 'crack' called 'ok' costs 1 EUR; an 'ok' called 'crack' costs nothing."),
        (two(0, 1), "A 'crack' called 'ok' costs nothing; an 'ok' called 'crack' costs 1 EUR."),
        (two(0, 0), "A 'crack' called 'ok' costs nothing."),
        (two(1, 3), "A 'crack' called 'ok' costs 1 EUR; an 'ok' called 'crack' costs three times as much."),
        (two(1, 3, "points"), "A 'crack' called 'ok' costs 1 point; an 'ok' called 'crack' costs three times as much."),
        (two(-4, 2), "A 'crack' called 'ok' earns 4 EUR; an 'ok' called 'crack' costs 2 EUR."),
        (two(10, 3), "A 'crack' called 'ok' costs 10 EUR, about 3.33 times as much as an 'ok' called 'crack'."),
    ],
)  # fmt: skip
def test_the_sentence_of_a_mistake_compares_it_with_its_reverse(cost: CostMatrix, sentence: str) -> None:
    assert cell_sentence(cost, 1, 0) == sentence


def test_a_right_decision_says_whether_it_costs() -> None:
    assert cell_sentence(two(1, 1), 1, 1) == "A 'crack' called 'crack' is right and costs nothing."
    assert cell_sentence(two(1, 1, right=2), 1, 1) == "A 'crack' called 'crack' is right, yet costs 2 EUR."
    assert cell_sentence(two(1, 1, right=-2), 1, 1) == "A 'crack' called 'crack' is right and earns 2 EUR."


def test_an_extra_decision_is_compared_with_the_dearest_mistake() -> None:
    cost = two(100, 1).with_referral(5)
    assert cell_sentence(cost, 1, 2) == (
        "A 'crack' with the decision 'refer to a human' costs 5 EUR; its dearest mistake, 'ok', costs 20 times as much."
    )
    assert cell_sentence(cost, 0, 2).endswith("; its dearest mistake, 'crack', costs 1 EUR.")


@given(st.data())
def test_every_cell_of_any_matrix_has_one_sentence(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 5))
    costs = st.floats(-1e15, 1e15, allow_nan=False)
    values = np.array(data.draw(st.lists(costs, min_size=size * (size + 1), max_size=size * (size + 1))))
    names = tuple(f"c{i}" for i in range(size))
    cost = CostMatrix(values.reshape(size, size + 1), names, (*names, "wait"), unit="EUR")
    for truth in range(size):
        for decision in range(size + 1):
            sentence = cell_sentence(cost, truth, decision)
            assert re.fullmatch(r"A 'c\d' (called|with the decision) '.+\.", sentence)
            assert "nan" not in sentence
            assert "inf" not in sentence
    assert overview(cost).endswith(".")


@pytest.mark.parametrize("noun", ["apple", "ok", "8", "11", "18", "80", "hour", "x", "uninjured", "umbrella"])
def test_a_vowel_sound_takes_an(noun: str) -> None:
    assert a(noun).startswith("an ")


@pytest.mark.parametrize("noun", ["crack", "1", "10", "111", "unit", "user", "one", "european", "u", "house"])
def test_any_other_sound_takes_a(noun: str) -> None:
    assert a(noun).startswith("a ")


@given(st.floats(-1e12, 1e12, allow_nan=False))
def test_a_number_is_read_to_four_digits(value: float) -> None:
    read = float(number(value).replace("\u2009", "").replace("\u2212", "-"))
    assert read == pytest.approx(value, rel=5.1e-4)


def test_an_amount_of_one_is_singular_only_where_the_unit_is_a_plural() -> None:
    assert [amount(1, unit) for unit in ("points", "EUR", "loss", "GBs")] == ["1 point", "1 EUR", "1 loss", "1 GBs"]
    assert amount(2, "points") == "2 points"


def test_a_rounded_ratio_says_about() -> None:
    assert ratio(1234.5) == "about 1\u2009230 times"
    assert ratio(1000) == "1\u2009000 times"


def test_the_overview_names_the_dearest_and_the_cheapest() -> None:
    cost = CostMatrix([[0, 1, 1], [5, 0, 1], [100, 20, 0]], ["ok", "dent", "crack"], unit="EUR")
    assert overview(cost) == (
        "The dearest mistake is a 'crack' called 'ok' (100 EUR), the cheapest an 'ok' called 'dent' and 2 more (1 EUR)."
    )
    assert overview(CostMatrix.zero_one("ab")) == "Every mistake costs 1."


def test_times_are_rounded_as_people_say_them() -> None:
    assert [duration(s) for s in (0, 1, 89, 90, 3599, 3600)] == [
        "less than a second", "1 s", "89 s", "2 min", "1 h 0 min", "1 h 0 min"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["**b**", "[x](http://a)", "![x](y)", "`c`", "$x$", "<b>", "# h", "a_b_c", "1. a", "~~s~~"]
)
def test_markdown_in_a_name_is_made_literal(text: str) -> None:
    escaped = inert(text)
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\u2060", "") == text
    assert re.fullmatch(r"(\\[^a-z\s]|[a-z0-9\s:/\u2060])*", escaped)


@pytest.mark.parametrize("text", [":red[x]", ":smile:", "http://a.b", "www.a.b", "a@b.c"])
def test_what_markdown_finds_by_itself_in_a_name_is_broken_up(text: str) -> None:
    assert not re.search(r":[\w/]|www\\?\.|@\w", inert(text))
