"""`CostMatrix`: its checks, its arithmetic and its presets, against plain loops."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from costlab.costs import CostMatrix
from costlab.doctor import doctor
from costlab.errors import InvalidCosts
from costlab.specs import RunSpec, read_spec

CLASSES = ("ok", "scratch", "crack")
ASYMMETRIC = [[0, 1, 2], [3, 0, 4], [100, 50, 0]]


@st.composite
def matrices(draw: st.DrawFn) -> CostMatrix:
    k = draw(st.integers(2, 6))
    extra = draw(st.integers(0, 2))
    values = draw(arrays(np.float64, (k, k + extra), elements=st.floats(-1e6, 1e6)))
    names = [f"class {i}" for i in range(k + extra)]
    return CostMatrix(
        values, tuple(names[:k]), tuple(names), unit=draw(st.sampled_from(["", "EUR", "points, (net)"])), name="drawn"
    )


def test_rows_are_the_truth_and_columns_the_decision() -> None:
    cost = CostMatrix(ASYMMETRIC, CLASSES)
    missed_crack = cost.paid(np.array([2]), np.array([0]))
    false_alarm = cost.paid(np.array([0]), np.array([2]))
    assert (missed_crack[0], false_alarm[0]) == (100, 2)


@given(matrices(), st.data())
def test_expected_and_paid_equal_plain_loops(cost: CostMatrix, data: st.DataObject) -> None:
    k, d = cost.values.shape
    probs = data.draw(arrays(np.float64, (3, k), elements=st.floats(0, 1)))
    target = data.draw(arrays(np.int64, 3, elements=st.integers(0, k - 1)))
    decided = data.draw(arrays(np.int64, 3, elements=st.integers(0, d - 1)))
    expected = [[sum(probs[n][t] * cost.values[t][j] for t in range(k)) for j in range(d)] for n in range(3)]
    np.testing.assert_allclose(cost.expected(probs), expected, rtol=1e-9, atol=1e-6)
    assert cost.paid(target, decided).tolist() == [cost.values[t][j] for t, j in zip(target, decided, strict=True)]


@given(matrices(), arrays(np.float64, (5, 6), elements=st.floats(0.01, 1)))
def test_normalising_changes_no_best_decision(cost: CostMatrix, raw: np.ndarray) -> None:
    k = len(cost.classes)
    probs = raw[:, :k] / raw[:, :k].sum(axis=1, keepdims=True)
    normal = cost.normalised().astype(np.float64)
    expected, scaled = cost.expected(probs), probs @ normal
    spread = np.abs(cost.values).max() + 1
    for row, chosen in zip(expected, scaled.argmin(axis=1), strict=True):  # equal up to float32 rounding
        assert row[chosen] - row.min() <= 1e-5 * spread


@given(matrices())
def test_a_normalised_matrix_has_row_minimum_zero_and_mean_mistake_one(cost: CostMatrix) -> None:
    normal = cost.normalised().astype(np.float64)
    assert normal.dtype == np.float64
    assert cost.normalised().dtype == np.float32
    assert (normal.min(axis=1) == 0).all()
    off = [normal[t, d] for t in range(normal.shape[0]) for d in range(normal.shape[1]) if t != d]
    spread = cost.values - cost.values.min(axis=1, keepdims=True)
    off_raw = [spread[t, d] for t in range(normal.shape[0]) for d in range(normal.shape[1]) if t != d]
    if np.mean(off_raw) > 1e-9 * spread.max():
        assert np.mean(off) == pytest.approx(1, rel=1e-5)
    else:
        assert normal.max() in (0, 1)


def test_all_zero_costs_stay_zero_when_normalised() -> None:
    assert CostMatrix(np.zeros((2, 2)), "ab").normalised().tolist() == [[0, 0], [0, 0]]


def test_a_matrix_cannot_be_changed_after_it_was_made() -> None:
    source = np.array(ASYMMETRIC, dtype=float)
    cost = CostMatrix(source, CLASSES)
    source[0, 0] = 9
    assert cost.values[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        cost.values[0, 0] = 1


@given(matrices())
def test_equal_matrices_are_equal_and_hash_alike(cost: CostMatrix) -> None:
    twin = CostMatrix(cost.values.copy(), cost.classes, cost.decisions, cost.unit, cost.name)
    assert twin == cost
    assert hash(twin) == hash(cost)
    assert cost.replaced(0, 0, cost.values[0, 0] + 1) != cost


@pytest.mark.parametrize(
    ("values", "classes", "decisions", "sentence"),
    [
        ([[0, "abc"], [1, 0]], ["a", "b"], None, "The cost of 'a' called 'b': 'abc' is not a number."),
        ([[0, 1], [float("nan"), 0]], ["a", "b"], None, "The cost of 'b' called 'a': 'nan' is not a finite number."),
        (
            np.array([[0, np.inf], [1, 0]]),
            ["a", "b"],
            None,
            "The cost of 'a' called 'b': 'inf' is not a finite number.",
        ),
        (
            [[0, 1e16], [1, 0]],
            ["a", "b"],
            None,
            "The cost of 'a' called 'b': 1e+16 is beyond 1e+15; use a larger unit.",
        ),
        (
            np.array([[0, 1e16], [1, 0]]),
            ["a", "b"],
            None,
            "The cost of 'a' called 'b': 1e+16 is beyond 1e+15; use a larger unit.",
        ),
        ([[0, 1]], ["a", "b"], None, "Expected 2 rows (truths) and 2 columns (decisions), got 1 rows and 2 columns."),
        ([[0, 1], [1, 0]], ["a", "a"], None, "The class 'a' is named twice; give each its own name."),
        ([[0, 1], [1, 0]], ["a", ""], None, "Every class needs a name; number 2 is empty."),
        ([[0]], ["a"], None, "A cost matrix needs at least 2 classes; it has 1."),
        (
            [[0, 1], [1, 0]],
            ["a", "b"],
            ["a", "c"],
            "The class 'b' is missing among the decisions; every class must also be a column.",
        ),
        ([[0, 1], [1, 0]], ["a", "b"], ["b", "a"], "The decisions must begin with the classes, in the same order."),
        (
            [[0, 1], [1, 0]],
            ["a", "b" * 81],
            None,
            f"The class name '{'b' * 20}...' is too long; use up to 80 characters.",
        ),
    ],
)
def test_a_meaningless_matrix_is_refused_in_one_sentence(values, classes, decisions, sentence) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidCosts) as caught:
        CostMatrix(values, classes, decisions)
    assert str(caught.value) == sentence


def test_the_doctor_names_every_faulty_cell() -> None:
    findings = doctor([["0", "abc", "1"], ["", "0", "1"], ["1e400", "1,5", "0"]], CLASSES)
    assert [f.cell for f in findings] == [(0, 1), (1, 0), (2, 0)]
    assert [f.severity for f in findings] == ["error"] * 3
    assert findings[2].sentence == "The cost of 'crack' called 'ok': '1e400' is too large for a number."
    assert doctor(ASYMMETRIC, CLASSES) == []


def test_presets_equal_their_definitions() -> None:
    assert CostMatrix.zero_one(CLASSES).values.tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert CostMatrix.ordinal(CLASSES, 2).values.tolist() == [[0, 1, 4], [1, 0, 1], [4, 1, 0]]
    assert CostMatrix.one_dear(CLASSES, "crack", 50).values.tolist() == [[0, 1, 1], [1, 0, 1], [50, 50, 0]]
    assert CostMatrix.from_rows(CLASSES, [1, 2, 3]).values.tolist() == [[0, 1, 1], [2, 0, 2], [3, 3, 0]]
    groups = {"ok": "sound", "scratch": "faulty", "crack": "faulty"}
    assert CostMatrix.from_groups(CLASSES, groups, 1, 10).values.tolist() == [[0, 10, 10], [10, 0, 1], [10, 1, 0]]
    referred = CostMatrix(ASYMMETRIC, CLASSES).with_referral(7, "ask")
    assert referred.values[:, 3].tolist() == [7, 7, 7]
    assert referred.decisions == (*CLASSES, "ask")
    assert referred.square.tolist() == ASYMMETRIC


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        (lambda: CostMatrix.ordinal(CLASSES, 0), "The power of ordinal costs must be above 0; got 0."),
        (
            lambda: CostMatrix.one_dear(CLASSES, "dent"),
            "'dent' is not a class; choose one of 'ok', 'scratch', 'crack'.",
        ),
        (lambda: CostMatrix.from_rows(CLASSES, [1, 2]), "Expected 3 class weights, one a class; got 2."),
        (
            lambda: CostMatrix.from_groups(CLASSES, {"ok": "a"}),
            "Every class needs a group; 'scratch', 'crack' has none.",
        ),
        (
            lambda: CostMatrix.ordinal("abcd", 1000),
            "The cost of 'a' called 'c': 1.07151e+301 is beyond 1e+15; use a larger unit.",
        ),
    ],
)
def test_a_preset_refuses_what_it_cannot_use(preset: Callable[[], CostMatrix], sentence: str) -> None:
    with pytest.raises(InvalidCosts) as caught:
        preset()
    assert str(caught.value) == sentence


def test_rows_follow_the_order_of_the_data() -> None:
    cost = CostMatrix(ASYMMETRIC, CLASSES).with_referral(7)
    turned = cost.for_classes(("crack", "ok", "scratch"))
    for t in CLASSES:
        for d in cost.decisions:
            before = cost.values[cost.classes.index(t), cost.decisions.index(d)]
            assert turned.values[turned.classes.index(t), turned.decisions.index(d)] == before
    with pytest.raises(InvalidCosts, match="about 'ok', 'scratch', 'crack', the data about 'a', 'b', 'c'"):
        cost.for_classes(("a", "b", "c"))


@given(matrices())
def test_a_spec_carries_its_matrix_exactly(cost: CostMatrix) -> None:
    spec = RunSpec(cost=cost)
    assert read_spec(spec.model_dump_json()).cost == cost
