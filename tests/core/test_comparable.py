"""Only results of the same test images are ranked together, and the sentence says why others are not."""

from dataclasses import replace

import numpy as np
import pytest

from costlab.comparable import common_index, data_options, on_common_images, together, why_apart
from costlab.costs import CostMatrix
from costlab.errors import InvalidPredictions
from costlab.sources import Source, example_source
from costlab.specs import Choice, RunSpec
from tests.finished import made_up

CLASSES = ("ok", "crack", "stain")
COST = CostMatrix.zero_one(CLASSES)


def source(key="a", dataset="surface_defects", rows=None, options=None, predictions=None):
    predictions = predictions or made_up(100, CLASSES)
    if rows is not None:
        keep = np.isin(predictions.index, rows)
        predictions = replace(
            predictions, logits=predictions.logits[keep], target=predictions.target[keep],
            split=predictions.split[keep], index=predictions.index[keep],
        )  # fmt: skip
    spec = RunSpec(dataset=Choice(name=dataset, options=options or {}), cost=COST)
    return Source(f"run:{key}", key, predictions, COST, spec, (1, 1, 1))


def keys(groups):
    return [[each.key[4:] for each in group.sources] for group in groups]


def test_the_same_data_is_one_group_whatever_was_done_in_training():
    sources = [
        source("a"),
        source("b", options={"train_size": 500}),
        source("c", options={"imbalance": 10.0, "label_noise": 0.2}),
        source("d", options={"noise": 0.04}),  # what is usual, spelt out
    ]
    (group,) = together(sources)
    assert keys([group]) == [["a", "b", "c", "d"]]
    assert group.complete
    assert group.apart == ""
    assert group.index.tolist() == list(range(100, 200))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (source("b", "traffic_lights"), "different data sets, 'surface_defects' and 'traffic_lights'"),
        (source("b", options={"split_seed": 1}), "made in two ways (split seed 0 or 1)"),
        (source("b", options={"noise": 0.1, "images": 7000}), "images 6\u2009000 or 7\u2009000 and noise 0.04 or 0.1"),
        (source("b", predictions=made_up(100, ("ok", "crack", "rust"))), "different classes"),
        (source("b", predictions=made_up(100, CLASSES, seed=1)), "carry another label"),
    ],
)  # fmt: skip
def test_other_data_is_a_group_of_its_own_and_the_reason_is_said(other, said):
    groups = together([source("a"), other])
    assert keys(groups) == [["a"], ["b"]]
    assert said in groups[1].apart
    assert groups[0].apart == ""


def test_groups_come_in_the_order_of_their_first_source():
    mixed = [source("a"), source("b", "digits"), source("c"), source("d", "digits")]
    assert keys(together(mixed)) == [["a", "c"], ["b", "d"]]


def test_only_the_images_that_all_have_are_judged_in_the_order_of_their_index():
    one, other = source("a", rows=range(0, 190)), source("b", rows=[*range(0, 100), *range(105, 200)])
    (group,) = together([one, other])
    assert group.index.tolist() == list(range(105, 190))
    assert not group.complete
    for each in (one, other):
        cut = on_common_images(each, group.index)
        test = cut.part("test")
        assert test.index.tolist() == list(range(105, 190))
        for row, index in enumerate(test.index):  # by a plain search
            (place,) = np.flatnonzero(each.predictions.index == index)
            assert test.target[row] == each.predictions.target[place]
            np.testing.assert_array_equal(test.logits[row], each.predictions.logits[place])
        assert cut.part("valid").index.tolist() == each.predictions.part("valid").index.tolist()


def test_test_parts_in_another_order_are_brought_into_one():
    one = made_up(50, CLASSES)
    turned = np.random.default_rng(0).permutation(100)
    other = replace(one, logits=one.logits[turned], target=one.target[turned], split=one.split[turned],
                    index=one.index[turned])  # fmt: skip
    (group,) = together([source("a", predictions=one), source("b", predictions=other)])
    assert not group.complete
    np.testing.assert_array_equal(
        on_common_images(group.sources[1], group.index).part("test").logits, one.part("test").logits
    )


def test_an_overlap_of_less_than_half_is_too_little():
    one, other = source("a", rows=range(100, 160)), source("b", rows=range(135, 200))
    assert "only 25 are in both" in why_apart(one, other)
    assert why_apart(one, source("c", rows=range(130, 200))) == ""  # 30 of 60


def test_an_image_that_comes_twice_is_refused():
    predictions = made_up(20, CLASSES)
    twice = replace(predictions, index=np.where(predictions.index == 39, 38, predictions.index))
    with pytest.raises(InvalidPredictions, match="twice"):
        common_index([source(predictions=twice), source()])


def test_the_bundled_examples_are_never_ranked_together():
    examples = [example_source(name) for name in ("surface_defects", "traffic_lights", "digits")]
    assert len(together(examples)) == 3


def test_options_of_a_data_set_that_is_not_known_count_as_they_are():
    assert data_options(source(dataset="my_own", options={"zoom": 2, "train_size": 50})) == {"zoom": 2}
