"""Decides what to do about an image, from the logits that a model gives for it.

This file needs nothing but Python 3.9 or newer. All numbers that it decides by stand in SETTINGS: they were agreed on
and learnt in costlab, and test_decide.py shows that they give the decisions that were seen on the screen.

    from decide import decide, decide_all, explain

    decide([2.1, -0.3, 0.4])            # the number of a decision, of one image
    decide_all(rows)                    # of many images, a list of logits each
    explain([2.1, -0.3, 0.4])           # its name, the probabilities and what every decision is expected to cost

On the command line, `python decide.py < logits.csv` reads a row of logits a line and writes a decision a line.
"""

import csv
import math
import sys
from collections.abc import Sequence
from operator import add, mul, truediv
from typing import Any

Settings = dict[str, Any]

# --- settings
SETTINGS: Settings = {
    "classes": ["ok", "crack"],
    "decisions": ["ok", "crack"],
    "unit": "EUR",
    "scale": [1.0, 1.0],
    "bias": [0.0, 0.0],
    "learnt_shares": None,
    "shares": None,
    "most_probable": False,
    "prices": [[0.0, 1.0], [100.0, 0.0]],
    "costs": [[0.0, 1.0], [100.0, 0.0]],
}
# --- end of settings

TIE = 1e-12  # expected costs that differ by less, relatively, are equal up to rounding: the first decision wins


def calibrate(logits: Sequence[float], settings: Settings = SETTINGS) -> list[float]:
    """The probability of each class: logits less their mean, scaled, moved by a bias, through the softmax."""
    classes = settings["classes"]
    if len(logits) != len(classes):
        raise ValueError(f"Expected {len(classes)} logits, one a class; got {len(logits)}.")
    if not all(map(math.isfinite, logits)):
        raise ValueError("Expected finite logits; got some that are not.")
    mean = math.fsum(logits) / len(logits)
    moved = list(map(add, map(mul, (z - mean for z in logits), settings["scale"]), settings["bias"]))
    top = max(moved)
    sizes = [math.exp(z - top) for z in moved]
    total = math.fsum(sizes)
    return [size / total for size in sizes]


def shift(probs: list[float], settings: Settings = SETTINGS) -> list[float]:
    """The probabilities where classes have other shares than in the images that were learnt from."""
    if settings["shares"] is None:
        return probs
    moved = list(map(mul, probs, map(truediv, settings["shares"], settings["learnt_shares"])))
    total = math.fsum(moved)
    return [p / total for p in moved] if total > 0 else list(settings["shares"])


def probabilities(logits: Sequence[float], settings: Settings = SETTINGS) -> list[float]:
    """The probability of each class, as the decision sees it."""
    return shift(calibrate(logits, settings), settings)


def expected_costs(probs: Sequence[float], prices: Sequence[Sequence[float]]) -> list[float]:
    """What each decision is expected to cost. prices: a row a truth, a column a decision."""
    return [sum(map(mul, probs, column)) for column in zip(*prices)]  # noqa: B905


def decide(logits: Sequence[float], settings: Settings = SETTINGS) -> int:
    """The number of the decision for one image, counted from 0 in the order of SETTINGS["decisions"]."""
    probs = probabilities(logits, settings)
    if settings["most_probable"]:
        return probs.index(max(probs))
    expected = expected_costs(probs, settings["prices"])
    least = min(expected) * (1 + TIE)
    return next(number for number, cost in enumerate(expected) if cost <= least)


def decide_all(rows: Sequence[Sequence[float]], settings: Settings = SETTINGS) -> list[int]:
    """The numbers of the decisions for many images."""
    return [decide(logits, settings) for logits in rows]


def cost_of(truth: int, decision: int, settings: Settings = SETTINGS) -> float:
    """What a decision costs when the truth is known; both by number, in SETTINGS["unit"]."""
    return float(settings["costs"][truth][decision])


def explain(logits: Sequence[float], settings: Settings = SETTINGS) -> dict[str, Any]:
    """The decision by name, the probabilities by class, and what each decision is expected to cost."""
    probs = probabilities(logits, settings)
    return {
        "decision": settings["decisions"][decide(logits, settings)],
        "probabilities": dict(zip(settings["classes"], probs)),  # noqa: B905
        "expected_costs": dict(zip(settings["decisions"], expected_costs(probs, settings["costs"]))),  # noqa: B905
        "unit": settings["unit"],
    }


if __name__ == "__main__":
    for line in csv.reader(sys.stdin):
        if line:
            sys.stdout.write(SETTINGS["decisions"][decide([float(cell) for cell in line])] + "\n")
