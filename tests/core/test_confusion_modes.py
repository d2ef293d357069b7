"""The five ways to read a confusion matrix, against plain loops and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import confusion_matrix

from costlab.costs import CostMatrix
from costlab.metrics import SHARE_MODES, confusion_share

CLASSES = ("a", "b", "c")
tables = arrays(np.int64, (3, 3), elements=st.integers(0, 1000))
prices = arrays(np.float64, (3, 3), elements=st.floats(0, 1000, allow_subnormal=False))


def by_loop(counts, cost, mode):
    """The definition of a share, one cell at a time, in Python's own arithmetic."""
    shares = [[0.0] * 3 for _ in range(3)]
    for t in range(3):
        for d in range(3):
            if mode == "cost":
                part = counts[t][d] * cost[t][d]
                whole = sum(counts[i][j] * cost[i][j] for i in range(3) for j in range(3))
            else:
                part = counts[t][d]
                cells = {"row": [(t, j) for j in range(3)], "column": [(i, d) for i in range(3)]}
                whole = sum(counts[i][j] for i, j in cells.get(mode, [(i, j) for i in range(3) for j in range(3)]))
            shares[t][d] = part / whole if whole else 0.0
    return shares


@pytest.mark.parametrize("mode", ["row", "column", "total", "cost"])
@given(counts=tables, values=prices)
def test_every_share_is_part_over_whole(mode, counts, values):
    cost = CostMatrix(values, CLASSES)
    assert confusion_share(counts, cost, mode) == pytest.approx(
        np.array(by_loop(counts.tolist(), values.tolist(), mode)), rel=1e-12, abs=1e-300
    )


@pytest.mark.parametrize(
    ("mode", "normalize"), [("counts", None), ("row", "true"), ("column", "pred"), ("total", "all")]
)
def test_the_modes_of_scikit_learn_agree(mode, normalize):
    rng = np.random.default_rng(7)
    target, decided = rng.integers(0, 3, 500), rng.integers(0, 3, 500)
    counts = confusion_matrix(target, decided)
    expected = confusion_matrix(target, decided, normalize=normalize)
    np.testing.assert_allclose(confusion_share(counts, CostMatrix.zero_one(CLASSES), mode), expected, rtol=1e-15)


@given(counts=tables, values=prices, mode=st.sampled_from(SHARE_MODES))
def test_no_cell_is_ever_nan_or_infinite(counts, values, mode):
    counts[0] = 0
    counts[:, 1] = 0
    assert np.isfinite(confusion_share(counts, CostMatrix(values, CLASSES), mode)).all()


@pytest.mark.parametrize("mode", SHARE_MODES)
def test_no_images_at_all_are_all_zeros(mode):
    assert not confusion_share(np.zeros((3, 3), int), CostMatrix.zero_one(CLASSES), mode).any()


def test_free_mistakes_have_no_share_of_the_cost():
    cost = CostMatrix(np.zeros((3, 3)), CLASSES)
    assert not confusion_share(np.full((3, 3), 5), cost, "cost").any()


def test_gains_keep_their_sign_and_shares_their_bound():
    cost = CostMatrix([[-3, 1], [2, 0]], ("a", "b"))
    share = confusion_share([[10, 10], [10, 10]], cost, "cost")
    np.testing.assert_allclose(share, [[-0.5, 1 / 6], [1 / 3, 0]])


def test_an_extra_decision_has_its_own_column():
    cost = CostMatrix.zero_one(("a", "b")).with_referral(0.5)
    share = confusion_share([[4, 0, 4], [0, 6, 2]], cost, "row")
    np.testing.assert_allclose(share, [[0.5, 0, 0.5], [0, 0.75, 0.25]])


def test_rows_and_columns_are_not_swapped():
    """Three of truth a are called b: they are all of row a, and all of column b."""
    counts = np.array([[0, 3, 0], [0, 0, 0], [0, 0, 0]])
    cost = CostMatrix([[0, 7, 0], [0, 0, 0], [1000, 0, 0]], CLASSES)
    for mode in ("row", "column", "total", "cost"):
        share = confusion_share(counts, cost, mode)
        assert share[0, 1] == 1
        assert share.sum() == 1


def test_an_unknown_mode_is_refused_by_name():
    with pytest.raises(ValueError, match="no mode 'percent'; choose one of counts, row"):
        confusion_share(np.zeros((3, 3)), CostMatrix.zero_one(CLASSES), "percent")  # type: ignore[arg-type]
