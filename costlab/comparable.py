"""Which results may be set side by side: those of the same data set, cut in the same way, about the same classes.

Costs of different test images differ because the images do; no interval can mend that. Within a group every result is
judged on the very test images that all of the group have in common.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from costlab.datasets import DATASETS
from costlab.errors import CostlabError, InvalidPredictions
from costlab.predictions import Predictions
from costlab.sources import Source
from costlab.wording import listed, number, quoted

TRAINING_ONLY = ("train_size", "imbalance", "label_noise")  # options that leave the test part as it is
ENOUGH = 0.5  # of the smaller test part must be common, else a group would be judged on a few images


@dataclass(frozen=True)
class Group:
    """Results that may be ranked. index: (N,) the test images that all have, ascending. apart: why not with the first.

    complete: whether these are all test images of each of them, in this order, so that nothing need be left out.
    """

    sources: tuple[Source, ...]
    index: np.ndarray
    complete: bool
    apart: str = ""


def together(sources: Sequence[Source]) -> list[Group]:
    """The sources in groups that may be ranked, in the order in which they come; the first group holds the first.

    Raises InvalidPredictions where a test part is empty.
    """
    found: list[list[Source]] = []
    for source in sources:
        home = next((each for each in found if not why_apart(each[0], source)), None)
        if home is None:
            found.append([source])
        else:
            home.append(source)
    return [_group(each, "" if each is found[0] else why_apart(found[0][0], each[0])) for each in found]


def why_apart(one: Source, other: Source) -> str:
    """Why two results may not be ranked, as a sentence; empty when they may."""
    a, b = one.spec.dataset.name, other.spec.dataset.name
    if a != b:
        return f"They come from different data sets, '{a}' and '{b}', so no test image is in both."
    if one.predictions.classes != other.predictions.classes:
        return f"They tell different classes apart: {quoted(one.predictions.classes)} in the first, " + (
            f"{quoted(other.predictions.classes)} here."
        )
    mine, theirs = data_options(one), data_options(other)
    names = [name for name in sorted({*mine, *theirs}) if mine.get(name) != theirs.get(name)]
    if names:
        said = [f"{_words(name)} {_value(mine.get(name))} or {_value(theirs.get(name))}" for name in names]
        return f"'{a}' was made in two ways ({listed(said)}), so the test images are not the same."
    try:
        common = common_index([one, other])
    except CostlabError as error:
        return str(error)
    smaller = min(len(each.predictions.part("test").target) for each in (one, other))
    if len(common) < max(1, ENOUGH * smaller):
        return f"Of their test images only {number(len(common))} are in both."
    return ""


def data_options(source: Source) -> dict[str, Any]:
    """The options of its data set that the test part depends on, with what is usual filled in."""
    dataset = source.spec.dataset
    options = dict(dataset.options)
    if dataset.name in DATASETS:
        usual = {name: field.default for name, field in DATASETS[dataset.name].options.model_fields.items()}
        options = usual | options
    return {name: value for name, value in options.items() if name not in TRAINING_ONLY}


def common_index(sources: Sequence[Source]) -> np.ndarray:
    """(N,) the places in the data set of the test images that all have, ascending.

    Raises InvalidPredictions when an image comes twice in a test part, or has another label in another source.
    """
    parts = [source.predictions.part("test") for source in sources]
    for part in parts:
        if len(np.unique(part.index)) < len(part.index):
            raise InvalidPredictions("An 'index' comes twice in a test part, so that models cannot be compared by it.")
    common: np.ndarray = reduce(np.intersect1d, [part.index for part in parts])
    labels = [np.array(part.classes)[part.target[_rows(part, common)]] for part in parts]
    if any((labels[0] != each).any() for each in labels[1:]):
        raise InvalidPredictions("Some test images carry another label here, so it is not the same data.")
    return common


def on_common_images(source: Source, index: np.ndarray) -> Predictions:
    """Its predictions with the test part cut down to the images `index` (N,), in that order; validation as it is."""
    valid, test = source.predictions.part("valid"), source.predictions.part("test")
    rows = _rows(test, index)
    return replace(
        source.predictions,
        logits=np.concatenate([valid.logits, test.logits[rows]]),
        target=np.concatenate([valid.target, test.target[rows]]),
        split=np.concatenate([valid.split, test.split[rows]]),
        index=np.concatenate([valid.index, test.index[rows]]),
    )


def _group(sources: list[Source], apart: str) -> Group:
    index = common_index(sources) if len(sources) > 1 else sources[0].predictions.part("test").index
    complete = all(np.array_equal(each.predictions.part("test").index, index) for each in sources)
    return Group(tuple(sources), index, complete, apart)


def _rows(part: Predictions, index: np.ndarray) -> np.ndarray:
    """(N,) where in a test part the images `index` (N,) are."""
    order = np.argsort(part.index)
    return order[np.searchsorted(part.index, index, sorter=order)]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    return number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
