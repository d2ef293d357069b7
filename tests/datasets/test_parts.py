"""Laws of sharing out: whole numbers that add up, in proportion, within bounds."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.datasets import DatasetOptions
from costlab.datasets._parts import allocate, divided

sizes = st.lists(st.integers(1, 400), min_size=2, max_size=12).map(np.array)


@given(sizes, st.integers(0, 6000), st.integers(0, 5), st.floats(1, 1000))
def test_shares_add_up_and_keep_within_their_bounds(most, total, least, ratio):
    weights = most * ratio ** -np.linspace(0, 1, len(most))
    share = allocate(total, weights, most, least)
    lowest = np.minimum(least, most)
    assert share.sum() == np.clip(total, lowest.sum(), most.sum())
    assert (lowest <= share).all()
    assert (share <= most).all()


@given(sizes, st.floats(0, 1))
def test_shares_are_within_one_of_the_exact_proportion(most, fraction):
    total = round(fraction * most.sum())
    assert (np.abs(allocate(total, most, most, least=0) - total * most / most.sum()) < 1).all()


@settings(max_examples=40)
@given(
    st.lists(st.integers(15, 120), min_size=2, max_size=6),
    st.integers(0, 2**31 - 1),
    st.sampled_from([1.0, 2.0, 30.0]),
    st.sampled_from([0.0, 0.25]),
    st.booleans(),
)
def test_any_set_is_divided_without_loss_outside_training(class_sizes, seed, imbalance, label_noise, has_test):
    target = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(class_sizes)), class_sizes))
    images = np.arange(len(target), dtype=np.uint8).reshape(-1, 1, 1, 1)
    test = np.arange(len(target)) % 5 == 0 if has_test else None
    cost = CostMatrix.zero_one([f"class {c}" for c in range(len(class_sizes))])
    options = DatasetOptions(split_seed=seed, imbalance=imbalance, label_noise=label_noise)
    image_set = divided(images, target, cost, options, test)
    held_out = image_set.split != "train"
    assert np.array_equal(image_set.images[:, 0, 0, 0], image_set.index.astype(np.uint8))
    assert np.array_equal(image_set.target[held_out], target[image_set.index[held_out]])
    if test is not None:
        assert np.array_equal(image_set.index[image_set.split == "test"], np.flatnonzero(test))
    wrong = (image_set.target != target[image_set.index]).sum()
    assert wrong == round(label_noise * (~held_out).sum())
    plain = divided(images, target, cost, DatasetOptions(split_seed=seed), test)
    assert np.array_equal(plain.index, np.arange(len(target)))
    assert np.array_equal(plain.split[image_set.index], image_set.split)
