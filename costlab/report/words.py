"""The report's sentences: what it costs, how it is decided, how the model came about. Plain text, no mark-up."""

from costlab.decisions import RULES
from costlab.fitted import Fitted
from costlab.report.facts import PER, Decided, Facts
from costlab.scenario import Scenario
from costlab.wording import amount, listed, number

# What a calibration does, for people who do not know what a logit is
CALIBRATED = {
    "none": "The model's own probabilities, uncorrected",
    "temperature": "The model's probabilities, made as sure as they deserve by one number (their temperature)",
    "affine": "The model's probabilities, corrected by one number for how sure they are and one for each class",
    "vector": "The model's probabilities, corrected by two numbers for each class",
}


def sentence(facts: Facts, unit: str) -> str:
    """The answer in one sentence or two: the cost, its interval, and what else could be done."""
    chosen = facts.by("chosen")
    said = f"Deciding as agreed here is expected to cost {amount(chosen.cost, unit)} {PER} ({between(chosen, unit)})"
    beside = []
    for name, what in (("argmax", "taking the most probable class"), ("constant", _always(facts))):
        other = facts.by(name)
        beside.append(f"{what} {_against(other, unit)}")
    return f"{said}. Instead, {listed(beside)}."


def _always(facts: Facts) -> str:
    return facts.by("constant").title.removesuffix(", without looking").replace("Always", "deciding always", 1)


def _against(other: Decided, unit: str) -> str:
    if other.alike:
        return "would cost the same on every image"
    apart = "" if other.told_apart else " (cannot be told apart)"
    return f"would cost {amount(other.cost, unit)}{apart}"


def between(row: Decided, unit: str) -> str:
    """An interval in words."""
    return f"{amount(row.interval[0], '')} to {amount(row.interval[1], unit)} with 95\u2009% confidence"


def verdict(row: Decided, unit: str) -> str:
    """How the chosen way compares with another, in a few words."""
    if row.alike:
        return "the same on every image"
    low, high = sorted(abs(end) for end in row.difference_interval)
    if not row.told_apart:
        ends = " to ".join(amount(end, "") for end in row.difference_interval)
        return f"cannot be told apart ({ends})"
    word = "cheaper" if row.difference < 0 else "dearer"
    return f"{amount(abs(row.difference), unit)} {word} ({amount(low, '')} to {amount(high, '')})"


def rule(scenario: Scenario) -> str:
    """The calibration and rule, as one could explain them."""
    plugin = RULES[scenario.rule]
    meant = " ".join(plugin.description.split("\n\n")[0].split()).rstrip(".")
    first = CALIBRATED.get(scenario.calibration, f"Probabilities after the calibration '{scenario.calibration}'")
    return f"{first}. Then: {meant[0].lower()}{meant[1:]}."


def images(size: int, kind: str = "test image") -> str:
    """So many images.

    >>> images(1200), images(1)
    ('1\\u2009200 test images', '1 test image')
    """
    return f"{number(size)} {kind}{'' if size == 1 else 's'}"


def learnt(fitted: Fitted) -> str:
    """What calibration and rule were fitted to."""
    return f"What is learnt after training was {fitted.how}."


def share(value: float) -> str:
    """A share as people say it.

    >>> share(0.123), share(0.0123), share(0), share(1e-6)
    ('12\\u2009%', '1.2\\u2009%', '0\\u2009%', 'under 0.1\\u2009%')
    """
    percent = 100 * value
    if 0 < percent < 0.1:
        return "under 0.1\u2009%"
    return f"{percent:.0f}\u2009%" if percent >= 10 or percent == 0 else f"{percent:.2g}\u2009%"
