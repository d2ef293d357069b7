"""The verdict on a trained model for a terminal: a short table and one honest sentence."""

import numpy as np

from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.predictions import Predictions
from costlab.records import TestResult

RULE_TITLES = {"argmax": "most probable class", "least_expected_cost": "least expected cost"}


def table(test: TestResult, cost: CostMatrix) -> str:
    """Aligned text: each rule, then the best constant decision, with accuracy, mean cost and normalised cost."""
    unit = f" ({cost.unit})" if cost.unit else ""
    rows = [["decision", "accuracy", f"mean cost{unit}", "of the best constant"]]
    for name, title in RULE_TITLES.items():
        result = getattr(test, name)
        share = f"{100 * result.normalised_cost:.1f} %"
        rows.append([title, f"{100 * result.accuracy:.1f} %", f"{result.mean_cost:.4g}", share])
    constant = test.best_constant
    rows.append([f"always '{constant.decision}'", "", f"{constant.mean_cost:.4g}", "100.0 %"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [[row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))] for row in rows]
    return "\n".join("  ".join(line).rstrip() for line in lines)


def sentence(predictions: Predictions, test: TestResult, cost: CostMatrix) -> str:
    """What may be concluded: whether looking paid at all, and whether the two rules can be told apart."""
    if min(test.argmax.normalised_cost, test.least_expected_cost.normalised_cost) >= 1:
        return f"Neither rule is cheaper than deciding '{test.best_constant.decision}' without looking."
    tested = predictions.part("test")
    paid = [cost.paid(tested.target, RULES[name].make().decide(tested.probs(), cost)) for name in RULE_TITLES]
    saved = paid[0] - paid[1]
    if not saved.any():
        return f"On each of the {len(saved)} test images both rules pay the same."
    mean, margin = saved.mean(), 1.96 * saved.std(ddof=1) / np.sqrt(len(saved))
    unit = f"{cost.unit} " if cost.unit else ""
    if abs(mean) <= margin:
        return (
            f"On {len(saved)} test images the two rules cannot be told apart: they differ by {abs(mean):.3g} {unit}an "
            f"image, give or take {margin:.3g}."
        )
    verb = "saves" if mean > 0 else "loses"
    return (
        f"Deciding by least expected cost {verb} {abs(mean):.3g} {unit}an image, give or take {margin:.3g} "
        f"({len(saved)} test images)."
    )
