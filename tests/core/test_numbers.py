"""The strict number parser: what is typed is what is meant, or it is refused in words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.numbers import parse_number, show_number


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (".5", 0.5),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("1/3", 1 / 3),
        (" 1 / 4 ", 0.25),
        ("1,5", 1.5),
        ("0,125", 0.125),
        (",5", 0.5),
        ("3.", 3.0),
        ("-2", -2.0),
        ("\u22122", -2.0),
        ("+7", 7.0),
        ("007", 7.0),
        (3, 3.0),
        (2.5, 2.5),
    ],
)
def test_a_number_means_what_it_says(text: object, meant: float) -> None:
    assert parse_number(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("abc", "'abc' is not a number"),
        ("", "the cell is empty"),
        ("   ", "the cell is empty"),
        (None, "the cell is empty"),
        ("nan", "'nan' is not a finite number"),
        ("-inf", "'-inf' is not a finite number"),
        (float("nan"), "'nan' is not a finite number"),
        (float("inf"), "'inf' is not a finite number"),
        ("1e400", "'1e400' is too large for a number"),
        ("1/0", "'1/0' divides by zero"),
        ("1/2/3", "'1/2/3' is not a number"),
        ("1,000", "'1,000' could mean 1000 or 1.000; write one of these"),
        ("1,234.5", "'1,234.5' has separators between thousands; write it without them"),
        ("1 000", "'1 000' has separators between thousands; write it without them"),
        ("5 EUR", "'5 EUR' is not a number"),
        ("0x10", "'0x10' is not a number"),
        ("1_000", "'1_000' is not a number"),
        ("--1", "'--1' is not a number"),
        (True, "True is not a number"),
        ("9" * 50, "'99999999999999999999...' is too long for a number"),
        ("\u0663", None),  # an Arabic digit: read as 3 by float(), and meant so
    ],
)
def test_what_is_not_a_number_is_refused_with_the_reason(text: object, reason: str | None) -> None:
    if reason is None:
        assert parse_number(text) == 3.0
        return
    with pytest.raises(ValueError) as caught:
        parse_number(text)
    assert str(caught.value) == reason


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_shown_number_reads_back_as_the_same_float(value: float) -> None:
    assert parse_number(show_number(value)) == value


@given(st.text(max_size=45))
def test_any_text_is_a_finite_number_or_a_refusal(text: str) -> None:
    try:
        outcome: float | str = parse_number(text)
    except ValueError as error:
        outcome = str(error)
    assert math.isfinite(outcome) if isinstance(outcome, float) else outcome
