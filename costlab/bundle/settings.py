"""The numbers that a decision consists of, for a program that knows nothing of costlab."""

from pprint import pformat
from typing import Any

import numpy as np

from costlab.decisions import RULES
from costlab.errors import CostlabError
from costlab.fitted import Fitted, Learnt
from costlab.scenario import Scenario, case_of
from costlab.verdict import Case

BEGIN, END = "# --- settings\n", "# --- end of settings\n"


class NotPortable(CostlabError, ValueError):
    """A rule that is more than a table of prices."""


def deployed(fitted: Fitted, scenario: Scenario) -> dict[str, Any]:
    """What goes into use: learnt on the validation part, or where the screen's was cross-fitted on all images."""
    case = case_of(fitted, scenario)
    return _settings(case, scenario, fitted.learnt(scenario.recipe, case.cost))


def folds(fitted: Fitted, scenario: Scenario) -> list[dict[str, Any]]:
    """What each fold of the test part was decided by; none where there is one fit only, the deployed one."""
    if len(fitted.rounds) == 1:
        return []
    case = case_of(fitted, scenario)
    learnt = (fitted.learnt(scenario.recipe, case.cost, number) for number in range(len(fitted.rounds)))
    return [_settings(case, scenario, each) for each in learnt]


def fold_of(fitted: Fitted) -> np.ndarray:
    """(N,) the fold that each test image is judged by."""
    fold = np.zeros(len(fitted), dtype=np.intp)
    for number, each in enumerate(fitted.rounds):
        fold[each.judged] = number
    return fold


def inlined(program: str, settings: dict[str, Any]) -> str:
    """The text of a program with these settings in the place of its example's."""
    before, _, rest = program.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{_literal(settings)}\n{END}{after}"


def _literal(settings: dict[str, Any]) -> str:
    """An assignment in Python; floats are written so that they are read back exactly."""
    entries = (f"    {key!r}: {_indented(value)},\n" for key, value in settings.items())
    return f"SETTINGS: Settings = {{\n{''.join(entries)}}}"


def _indented(value: Any) -> str:
    return pformat(value, width=96, compact=True).replace("\n", "\n    ")


def _settings(case: Case, scenario: Scenario, learnt: Learnt) -> dict[str, Any]:
    k = len(case.cost.classes)
    blind = scenario.rule == "argmax"
    prices = None if blind else _prices(scenario.rule, learnt, case)
    shares = case.priors
    seen = np.maximum(learnt.counts, 0.5)  # as `Fitted` takes a class that it has not seen
    return {
        "classes": list(case.cost.classes),
        "decisions": list(case.cost.decisions),
        "unit": case.cost.unit,
        "scale": np.asarray(getattr(learnt.calibration, "scale", np.ones(k))).tolist(),
        "bias": np.asarray(getattr(learnt.calibration, "bias", np.zeros(k))).tolist(),
        "learnt_shares": None if shares is None else (seen / seen.sum()).tolist(),
        "shares": None if shares is None else shares.tolist(),
        "most_probable": blind,
        "prices": prices,
        "costs": case.cost.values.tolist(),
    }


def _prices(rule: str, learnt: Learnt, case: Case) -> list[list[float]]:
    """(K, D) what the rule takes the least of, weighted by the probabilities."""
    prices = learnt.rule.prices(case.cost) if hasattr(learnt.rule, "prices") else None
    if prices is None:
        raise NotPortable(
            f"The rule '{RULES[rule].title}' cannot be written as a table of prices; choose another for the bundle."
        )
    table: list[list[float]] = prices.tolist()
    return table
