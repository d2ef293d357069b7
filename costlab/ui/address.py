"""What the address of a page says about a scenario, and back: a copied link opens the same view. No streamlit in here.

example=NAME or run=ID,ID     whose predictions
matrix=NAME                   a saved cost matrix instead of the source's own
edit=3.0:200,1.0:5            costs that differ from that matrix: truth.decision:cost
scale, refer, shares, rule, calibration     as in `Scenario`; left out where they are the usual ones
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from costlab.calibration import CALIBRATIONS
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.doctor import within_bounds
from costlab.errors import InvalidCosts, UnknownName
from costlab.numbers import parse_number, show_number
from costlab.scenario import Scenario

KEYS = ("edit", "scale", "refer", "shares", "rule", "calibration")
MOST_EDITS = 150  # in an address; beyond, the matrix must be saved to be shared


def to_address(scenario: Scenario, base: CostMatrix) -> dict[str, str]:
    """What the address must say of a scenario whose costs began as `base`.

    >>> base = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    >>> to_address(Scenario(base.replaced(1, 0, 200.0), referral=3.0), base)
    {'edit': '1.0:200', 'refer': '3'}
    """
    usual, said = Scenario(base), {}
    if scenario.cost.values.shape == base.values.shape:
        edited = np.argwhere(scenario.cost.values != base.values)
        if 0 < len(edited) <= MOST_EDITS:
            said["edit"] = ",".join(f"{t}.{d}:{show_number(scenario.cost.values[t, d])}" for t, d in edited)
    if scenario.scale != 1:
        said["scale"] = show_number(scenario.scale)
    if scenario.referral is not None:
        said["refer"] = show_number(scenario.referral)
    if scenario.shares is not None:
        said["shares"] = ",".join(show_number(share) for share in scenario.shares)
    if scenario.rule != usual.rule:
        said["rule"] = scenario.rule
    if scenario.calibration != usual.calibration:
        said["calibration"] = scenario.calibration
    return said


def from_address(said: Mapping[str, str], base: CostMatrix) -> tuple[Scenario, list[str]]:
    """The scenario that an address asks for, and a sentence for each part of it that means nothing (and is left out).

    >>> base = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    >>> scenario, told = from_address({"edit": "1.0:200", "refer": "-x"}, base)
    >>> scenario.cost.values.tolist(), scenario.referral, told
    ([[0.0, 1.0], [200.0, 0.0]], None, ['The address says refer=-x, which means nothing here; it is left out.'])
    """
    scenario, told = Scenario(base), []
    for key in KEYS:
        if key in said:
            try:
                scenario = replace(scenario, **_READ[key](said[key][:20_000], base))
            except (ValueError, KeyError):
                told.append(f"The address says {key}={said[key][:60]}, which means nothing here; it is left out.")
    return scenario, told


def _edit(text: str, base: CostMatrix) -> dict[str, Any]:
    values = base.values.copy()
    for part in text.split(",")[:MOST_EDITS]:
        cell, _, cost = part.partition(":")
        truth, _, decision = cell.partition(".")
        if not (0 <= int(truth) < len(values) and 0 <= int(decision) < values.shape[1]):
            raise InvalidCosts("There is no such cell.")
        values[int(truth), int(decision)] = _number(cost)
    return {"cost": replace(base, values=values)}


def _shares(text: str, base: CostMatrix) -> dict[str, Any]:
    shares = tuple(_number(part) for part in text.split(","))
    if len(shares) != len(base.classes) or min(shares) < 0 or not sum(shares) > 0:
        raise ValueError("not class shares")
    return {"shares": shares}


def _scale(text: str, base: CostMatrix) -> dict[str, Any]:
    if not (scale := _number(text)) > 0:
        raise ValueError("a scale is above 0")
    return {"scale": scale}


def _rule(text: str, base: CostMatrix) -> dict[str, Any]:
    return {"rule": RULES[text].name}


def _calibration(text: str, base: CostMatrix) -> dict[str, Any]:
    if text not in CALIBRATIONS:
        raise UnknownName("calibration", text, CALIBRATIONS)
    return {"calibration": text}


def _number(text: str) -> float:
    return within_bounds(parse_number(text))


_READ: dict[str, Callable[[str, CostMatrix], dict[str, Any]]] = {
    "edit": _edit,
    "scale": _scale,
    "refer": lambda text, base: {"referral": _number(text)},
    "shares": _shares,
    "rule": _rule,
    "calibration": _calibration,
}
