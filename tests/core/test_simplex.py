"""The triangle of three classes: its regions against areas, brute force over points, and the least expected cost."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from costlab.costs import CostMatrix
from costlab.curves import decision_regions, on_page, triangle
from costlab.decisions import RULES

prices = st.one_of(st.integers(-3, 30).map(float), st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 3)))
matrices = st.integers(1, 7).flatmap(lambda d: arrays(np.float64, (3, d), elements=prices))


def area(polygon: np.ndarray) -> float:
    """By triangles fanned out from the first corner, on the page."""
    x = on_page(polygon)
    pieces = [np.array([x[i] - x[0], x[i + 1] - x[0]]) for i in range(1, len(x) - 1)]
    return sum(abs(np.linalg.det(piece)) / 2 for piece in pieces)


def inside(corners: np.ndarray, point: np.ndarray) -> float:
    """How far a point lies inside a convex polygon, 0 on its edge and below 0 outside, in sides of the triangle."""
    x, p = on_page(corners), on_page(point[None])[0]
    x = x[np.linalg.norm(np.roll(x, -1, axis=0) - x, axis=1) > 1e-9]
    edges = np.roll(x, -1, axis=0) - x
    heights = edges[:, 0] * (p - x)[:, 1] - edges[:, 1] * (p - x)[:, 0]
    middle = x.mean(axis=0)
    turn = np.sign(edges[:, 0] * (middle - x)[:, 1] - edges[:, 1] * (middle - x)[:, 0])
    return float((heights * turn / np.linalg.norm(edges, axis=1)).min())


@settings(deadline=None, max_examples=300)
@given(matrices)
def test_the_regions_cover_the_triangle_without_overlap(values):
    regions = decision_regions(values)
    whole = area(np.eye(3))
    assert sum(area(region.corners) for region in regions) == pytest.approx(whole, rel=1e-7)
    for region in regions:
        assert region.share == pytest.approx(area(region.corners) / whole, abs=1e-9)
        assert region.corners.min() >= -1e-9
        np.testing.assert_allclose(region.corners.sum(axis=1), 1)
    assert [region.decision for region in regions] == sorted({region.decision for region in regions})


@settings(deadline=None, max_examples=300)
@given(matrices, st.integers(0, 2**32 - 1))
def test_every_point_within_a_region_is_decided_as_the_rule_decides_it(values, seed):
    """The rule is about matrices of K classes or more decisions: classes that cost too much to win stand in."""
    rng = np.random.default_rng(seed)
    d = values.shape[1]
    if d < 3:
        values = np.hstack([values, np.full((3, 3 - d), values.max() + 1)])
    cost = CostMatrix(values, "abc", (*"abc", *"stuvwxyz"[: values.shape[1] - 3]))
    points = rng.dirichlet(np.ones(3) * rng.choice([0.3, 1, 3]), 40)
    decided = RULES["least_expected_cost"].make().decide(points, cost)
    regions = {region.decision: region for region in decision_regions(cost.values)}
    for point, decision in zip(points, decided, strict=True):
        owners = [name for name, region in regions.items() if inside(region.corners, point) > 1e-6]
        assert len(owners) <= 1
        if owners:
            expected = point @ values
            assume(np.sort(expected)[1] - expected.min() > 1e-9 * np.abs(values).max())
            assert owners == [decision]


@given(prices, st.integers(2, 6))
def test_a_matrix_that_is_the_same_everywhere_has_one_region_of_the_first_decision(price, d):
    (region,) = decision_regions(np.full((3, d), price))
    assert (region.decision, region.share) == (0, 1.0)
    np.testing.assert_array_equal(region.corners, np.eye(3))


def test_equal_costs_part_the_triangle_by_its_medians_and_a_cheap_referral_takes_the_middle():
    third = decision_regions(1 - np.eye(3))
    for region in third:
        assert region.share == pytest.approx(1 / 3)
        assert any(np.allclose(corner, 1 / 3) for corner in region.corners)
    with_human = decision_regions(CostMatrix.zero_one("abc").with_referral(0.5).values)
    # to refer wins where no class has half of the probability: the triangle between the middles of the sides
    assert [round(region.share, 12) for region in with_human] == [0.25] * 4
    assert sorted(np.round(with_human[3].corners, 12).tolist()) == [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]


def test_images_are_points_by_three_probabilities_if_half_of_it_is_there():
    probs = np.array([[0.2, 0.1, 0.3, 0.4], [0.1, 0.2, 0.1, 0.6], [0.5, 0.5, 0, 0], [0, 0.2, 0.3, 0.5]])
    cost = CostMatrix(np.arange(16).reshape(4, 4), "abcd").with_referral(2)
    made = triangle(probs, [0, 1, 3, 2], [0, 3, 4, 3], cost, (0, 1, 3))
    assert made.rows.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(made.points[0], [2 / 7, 1 / 7, 4 / 7])
    assert made.wrong.tolist() == [False, True, False, True]  # to refer is not wrong
    assert made.paid.tolist() == [0, 7, 2, 11]
    expected = [sum(probs[n, t] * cost.values[t, d] for t in range(4)) for n, d in enumerate((0, 3, 4, 3))]
    np.testing.assert_allclose(made.expected, expected)
    assert triangle(probs, [0, 1, 3, 2], [0, 3, 4, 3], cost, (0, 1, 2)).rows.tolist() == [0, 2, 3]


def test_of_many_images_the_same_ones_are_drawn_each_time():
    rng = np.random.default_rng(0)
    probs, target = rng.dirichlet(np.ones(3), 5000), rng.integers(0, 3, 5000)
    cost = CostMatrix.zero_one("abc")
    one, other = (triangle(probs, target, probs.argmax(axis=1), cost, most=200) for _ in range(2))
    assert one.rows.tolist() == other.rows.tolist() == sorted(set(one.rows.tolist()))
    assert (len(one.rows), one.on_three, one.total) == (200, 5000, 5000)
    assert 0.5 < one.wrong.mean() < 0.8  # neither right nor wrong ones are preferred: 2 in 3 are wrong
