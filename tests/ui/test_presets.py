"""Every preset makes a matrix for any classes, and reads its texts strictly."""

import numpy as np
import pytest

from costlab.costs import CostMatrix
from costlab.errors import InvalidCosts
from costlab.ui.forms import fields, problems
from costlab.ui.presets import PRESETS, read_groups, read_weights, scaled, start_from, with_classes, without_decision

CLASSES = ("ok", "dent", "crack")
START = CostMatrix([[0, 1, 1], [5, 0, 1], [100, 20, 0]], CLASSES, unit="EUR").with_referral(3)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_with_its_default_options_fits_and_keeps_unit_and_extra_decisions(name: str) -> None:
    schema = PRESETS[name].options(CLASSES)
    options = {field.name: field.default for field in fields(schema)}
    assert problems(schema, options) == []
    cost = start_from(name, START, options)
    assert cost.values[:, 3].tolist() == [3, 3, 3]
    assert np.diag(cost.square).tolist() == [0, 0, 0]
    assert (cost.square[~np.eye(3, dtype=bool)] > 0).all()
    assert (cost.unit, cost.decisions) == ("EUR", START.decisions)


def test_weights_are_read_by_name() -> None:
    assert read_weights(CLASSES, "crack: 50\n\nDENT: 1/2") == [1, 0.5, 50]
    assert read_weights(["a: b", "c"], "a: b: 2") == [2, 1]


@pytest.mark.parametrize(
    ("text", "reason"), [("crack 50", "Expected a class"), ("cat: 1", "Expected a class"), ("ok: x", "'x' is not")]
)
def test_a_line_that_is_no_weight_is_named(text: str, reason: str) -> None:
    with pytest.raises(InvalidCosts, match=reason):
        read_weights(CLASSES, text)


def test_groups_are_read_by_line() -> None:
    cost = start_from("groups", CostMatrix.zero_one(CLASSES), {"groups": "ok, dent", "within": 2, "between": 9})
    assert cost.values.tolist() == [[0, 2, 9], [2, 0, 9], [9, 9, 0]]


@pytest.mark.parametrize(("text", "reason"), [("ok, cat", "'cat' in line 1 is not"), ("ok\nok", "two groups")])
def test_a_line_that_is_no_group_is_named(text: str, reason: str) -> None:
    with pytest.raises(InvalidCosts, match=reason):
        read_groups(CLASSES, text)


def test_scaling_multiplies_every_cost() -> None:
    assert scaled(START, 0.5).values.tolist() == (START.values / 2).tolist()
    with pytest.raises(InvalidCosts, match="above 0"):
        scaled(START, 0)
    with pytest.raises(InvalidCosts, match="beyond"):
        scaled(START, 1e15)


def test_only_an_extra_decision_can_be_removed() -> None:
    assert without_decision(START, "refer to a human").decisions == CLASSES
    with pytest.raises(InvalidCosts, match="not an extra decision"):
        without_decision(START, "ok")


def test_other_classes_keep_the_costs_of_the_names_that_stay() -> None:
    after = with_classes(START, ["crack", "ok", "stain"])
    assert after.values.tolist() == [[0, 100, 1, 3], [1, 0, 1, 3], [1, 1, 0, 0]]
    assert after.decisions == ("crack", "ok", "stain", "refer to a human")


def test_renamed_classes_keep_their_costs() -> None:
    assert with_classes(START, ["ok", "dent", "fracture"]).values.tolist() == START.values.tolist()


def test_classes_that_mean_nothing_are_refused() -> None:
    with pytest.raises(InvalidCosts, match="at least 2"):
        with_classes(START, ["ok"])
    with pytest.raises(InvalidCosts, match="named twice"):
        with_classes(START, ["ok", "ok"])
