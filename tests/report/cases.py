"""Cases for the tests of report and bundle, and the report's numbers read back from its text."""

import json
import re
from typing import Any

import numpy as np

from costlab.costs import CostMatrix
from costlab.predictions import Predictions
from costlab.sources import Source
from costlab.specs import RunSpec


def made(
    k: int, n: int = 300, valid: int = 300, seed: int = 0, names: tuple[str, ...] = (), unit: str = "EUR"
) -> Source:
    """A source of k classes with made-up predictions of a model that is too sure of itself."""
    rng = np.random.default_rng(seed)
    classes = names or tuple(f"class {number}" for number in range(k))
    target = np.concatenate([np.arange(valid) % k, np.arange(n) % k])
    logits = 2 * (rng.normal(size=(len(target), k)) + 1.5 * np.eye(k)[target])
    split = np.repeat(["valid", "test"], [valid, n])
    predictions = Predictions(logits.astype(np.float32), target, classes, split, np.arange(len(target)))
    values = rng.integers(1, 50, (k, k)) * (1.0 - np.eye(k))
    cost = CostMatrix(values, classes, unit=unit, name="made up")
    spec = RunSpec(dataset="surface_defects", seed=3).model_copy(update={"cost": cost})
    return Source("run:made", "A made-up run", predictions, cost, spec, (10,) * k)


def embedded(html: str) -> dict[str, Any]:
    """The numbers that a report holds for programs."""
    found = re.search(r'<script type="application/json" id="costlab-report">(.*?)</script>', html, re.DOTALL)
    assert found
    said: dict[str, Any] = json.loads(found.group(1))
    return said
