"""Real results that come with costlab: predictions of networks it has trained itself, and what their mistakes cost.

`python -m docs.examples` trains them anew. Each is a `.npz` file of predictions (validation and test part) and a
`.json` file of costs, which `costlab decide` takes as they are; `about.json` says how each was trained.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from costlab.costs import CostMatrix
from costlab.errors import UnknownName
from costlab.predictions import Predictions
from costlab.records import Record
from costlab.specs import RunSpec

FOLDER = Path(__file__).parent
EXAMPLES = tuple(sorted(path.stem for path in FOLDER.glob("*.npz")))


class Example(NamedTuple):
    """What a network said about images it had not seen, and what its mistakes cost."""

    predictions: Predictions
    cost: CostMatrix


class About(Record):
    """How an example came about. counts: (K,) training images a class."""

    title: str
    spec: RunSpec
    counts: list[int]


@lru_cache
def about(name: str) -> About:
    """How the bundled example of this name was trained. Raises UnknownName.

    >>> sum(about("digits").counts)
    100
    """
    if name not in EXAMPLES:
        raise UnknownName("example", name, EXAMPLES)
    told = json.loads((FOLDER / "about.json").read_text(encoding="utf-8"))
    return About.model_validate(told[name])


@lru_cache
def example(name: str) -> Example:
    """The bundled example of this name. Raises UnknownName.

    >>> predictions, cost = example("traffic_lights")
    >>> cost.classes == predictions.classes, predictions.part("test").logits.shape
    (True, (800, 3))
    """
    if name not in EXAMPLES:
        raise UnknownName("example", name, EXAMPLES)
    cost = CostMatrix.from_json((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Example(Predictions.load(FOLDER / f"{name}.npz"), cost)
