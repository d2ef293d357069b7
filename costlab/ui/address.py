"""What the address of a page says about a scenario, and back: a copied link opens the same view. No streamlit in here.

example=NAME or run=ID,ID     whose predictions
matrix=NAME                   a saved cost matrix instead of the source's own
edit=3.0:200,1.0:5            costs that differ from that matrix: truth.decision:cost
costs=eJx...                  all costs, compressed, where too many differ to be named one by one
scale, refer, shares, rule, calibration     as in `Scenario`; left out where they are the usual ones
"""

import binascii
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
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
from costlab.ui.drafts import edited_name

KEYS = ("costs", "edit", "scale", "refer", "shares", "rule", "calibration")
MOST_EDITS = 150  # named one by one
MOST_PACKED = 10_000  # costs that are compressed at all
MOST_LETTERS = 6000  # of compressed costs: servers and mail programs take addresses of 8,000


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
        elif len(edited) and (packed := _packed(scenario.cost.values)):
            said["costs"] = packed
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


def complete(scenario: Scenario, base: CostMatrix) -> bool:
    """Whether `to_address` says all of a scenario; else its costs must be saved under a name to be shared."""
    if scenario.cost.values.shape != base.values.shape:
        return False
    return np.array_equal(scenario.cost.values, base.values) or bool({"edit", "costs"} & {*to_address(scenario, base)})


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
                scenario = replace(scenario, **_READ[key](said[key], base))
            except (ValueError, KeyError):  # every CostlabError about a value is one of them
                told.append(f"The address says {key}={said[key][:60]}, which means nothing here; it is left out.")
    return scenario, told


def needs_extra(rule: str) -> bool:
    """Whether a rule means nothing without an extra decision, such as referring to a human."""
    return bool(getattr(RULES[rule].module, "NEEDS_EXTRA_DECISIONS", False))


def _edit(text: str, base: CostMatrix) -> dict[str, Any]:
    values = base.values.copy()
    parts = text.split(",", MOST_EDITS)
    if len(parts) > MOST_EDITS:
        raise InvalidCosts(f"More than {MOST_EDITS} costs cannot be named one by one.")
    for part in parts:
        cell, _, cost = part.partition(":")
        truth, _, decision = cell.partition(".")
        if not (0 <= int(truth) < len(values) and 0 <= int(decision) < values.shape[1]):
            raise InvalidCosts("There is no such cell.")
        values[int(truth), int(decision)] = _number(cost)
    return _edited(base, values)


def _edited(base: CostMatrix, values: np.ndarray) -> dict[str, Any]:
    same = np.array_equal(values, base.values)
    return {} if same else {"cost": replace(base, values=values, name=edited_name(base.name))}


def _packed(values: np.ndarray) -> str:
    """All costs in letters, or nothing where these are too many for an address."""
    if values.size > MOST_PACKED:
        return ""
    packed = urlsafe_b64encode(zlib.compress(values.astype("<f8").tobytes(), 9)).decode().rstrip("=")
    return packed if len(packed) <= MOST_LETTERS else ""


def _costs(text: str, base: CostMatrix) -> dict[str, Any]:
    size = base.values.size * 8
    try:
        packed = urlsafe_b64decode(text[: MOST_LETTERS + 1] + "=" * (-len(text) % 4))
        plain = zlib.decompressobj().decompress(packed, size + 1)  # no more, whatever it says it holds
    except (binascii.Error, zlib.error) as error:
        raise ValueError("not compressed costs") from error
    if len(plain) != size:
        raise ValueError("costs of another matrix")
    return _edited(base, np.frombuffer(plain, dtype="<f8").reshape(base.values.shape).astype(np.float64))


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
    "costs": _costs,
    "edit": _edit,
    "scale": _scale,
    "refer": lambda text, base: {"referral": _number(text)},
    "shares": _shares,
    "rule": _rule,
    "calibration": _calibration,
}
