"""What was moved between two scenarios, as the subject of a sentence: one price, several, the scale, the rule."""

import re

import numpy as np

from costlab.decisions import RULES
from costlab.numbers import show_number
from costlab.scenario import REFER, Scenario
from costlab.wording import amount, listed, number

CALIBRATED = {
    "none": "no calibration",
    "temperature": "temperature scaling",
    "affine": "affine scaling",
    "vector": "vector scaling",
}
LONG = 40  # characters of a name; of longer ones the ends are shown
_BLANKS = re.compile(r"[ \t\r\n]+")


def moved(before: Scenario, after: Scenario) -> str:
    """The subject of a sentence: what is another in `after`; "" where nothing is. Raises InvalidCosts: other classes.

    >>> from costlab.costs import CostMatrix
    >>> start = Scenario(CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR"))
    >>> moved(start, Scenario(start.cost.replaced(1, 0, 200.0)))
    "Moving 'crack' called 'ok' from 100 to 200 EUR"
    >>> moved(start, Scenario(start.cost.replaced(1, 0, 200.0), referral=3.0))
    "Moving 'crack' called 'ok' (from 100 to 200 EUR) and the price of referring (now 3 EUR)"
    """
    found = [
        part
        for each in (_decisions, _costs, _unit, _scale, _referral, _shares, _calibration, _rule)
        if (part := each(before, after))
    ]
    if len(found) == 1:
        return tidy(found[0][0])
    return tidy(f"Moving {listed([several for _, several in found], most=8)}") if found else ""


def same_shares(before: Scenario, after: Scenario) -> bool:
    """Whether both decide for the same class shares, whatever their scale and order."""
    old, new = _by_name(before), _by_name(after)
    return (old is None) == (new is None) and (old is None or new is None or np.allclose(old, new, 1e-9, 0))


# Each gives how it is said alone, and how among others -------------------------------------------------------------

Said = tuple[str, str] | None


def _decisions(before: Scenario, after: Scenario) -> Said:
    k = len(before.cost.classes)
    old, new = set(before.cost.decisions[k:]), set(after.cost.decisions[k:])
    if old == new:
        return None
    for verb, names in (("Adding", new - old), ("Dropping", old - new)):
        if names == old ^ new and len(names) == 1:
            return f"{verb} the decision {quoted_name(*names)}", "the decisions to choose from"
    return "Choosing among other decisions", "the decisions to choose from"


def _costs(before: Scenario, after: Scenario) -> Said:
    old, new = before.cost, after.cost.for_classes(before.cost.classes)
    columns = [name for name in old.decisions if name in new.decisions]
    was = old.values[:, [old.decisions.index(name) for name in columns]]
    now = new.values[:, [new.decisions.index(name) for name in columns]]
    cells = np.argwhere(was != now)
    if not len(cells):
        return None
    if len(cells) > 1:
        return f"Moving {len(cells)} costs", f"{len(cells)} costs"
    truth, decision = cells[0]
    moving = span(float(was[truth, decision]), float(now[truth, decision]), new.unit)
    times = f", times {number(after.scale)}," if after.scale == before.scale != 1 else ""
    name = cell_words(new.classes[truth], columns[decision], bool(decision >= len(new.classes)))
    return f"Moving {name} {moving}{times}", f"{name} ({moving}{times.rstrip(',')})"


def _unit(before: Scenario, after: Scenario) -> Said:
    if before.cost.unit == after.cost.unit:
        return None
    moving = f"from {before.cost.unit or 'none'} to {after.cost.unit or 'none'}"
    return f"Moving the unit {moving}", f"the unit ({moving})"


def _scale(before: Scenario, after: Scenario) -> Said:
    if before.scale == after.scale:
        return None
    moving = span(before.scale, after.scale, "")
    return f"Moving the scale of all costs {moving}", f"the scale of all costs ({moving})"


def _referral(before: Scenario, after: Scenario) -> Said:
    if before.referral == after.referral:
        return None
    own = REFER in before.cost.decisions and REFER in after.cost.decisions  # then the costs have prices for it, too
    if after.referral is None:
        now = "as the costs have it" if own else "nobody can be asked now"
        alone = "Going back to the price of referring in the costs" if own else "No longer referring images to a human"
        return alone, f"the price of referring ({now})"
    price = amount(after.referral, after.cost.unit)
    if before.referral is None:
        alone = "Referring images to a human" if own else "Being able to refer images to a human"
        return f"{alone} for {price} each", f"the price of referring (now {price})"
    moving = span(before.referral, after.referral, after.cost.unit)
    return f"Moving the price of referring {moving}", f"the price of referring ({moving})"


def _shares(before: Scenario, after: Scenario) -> Said:
    old, new = _by_name(before), _by_name(after)
    if (old is None and new is None) or (old is not None and new is not None and np.allclose(old, new, 1e-9, 0)):
        return None
    if new is None:
        return "Going back to the class shares of the test set", "the class shares (as in the test set)"
    return "Moving the class shares", "the class shares"


def _by_name(scenario: Scenario) -> np.ndarray | None:
    """(K,) shares that sum to 1, by the names of the classes in order."""
    if scenario.shares is None:
        return None
    shares = np.array(scenario.shares, dtype=np.float64)[np.argsort(scenario.cost.classes)]
    return shares / (shares.sum() or 1.0)


def _calibration(before: Scenario, after: Scenario) -> Said:
    if before.calibration == after.calibration:
        return None
    old, new = calibrated(before.calibration), calibrated(after.calibration)
    return f"Moving from {old} to {new}", f"the calibration (from {old} to {new})"


def _rule(before: Scenario, after: Scenario) -> Said:
    if before.rule == after.rule:
        return None
    old, new = RULES[before.rule].title, RULES[after.rule].title
    return f"Deciding by the rule '{new}' instead of '{old}'", f"the rule (from '{old}' to '{new}')"


def calibrated(name: str) -> str:
    """How a calibration is called in a sentence.

    >>> calibrated("vector"), calibrated("none")
    ('vector scaling', 'no calibration')
    """
    return CALIBRATED.get(name, name.replace("_", " "))


# Names and numbers -------------------------------------------------------------------------------------------------


def cell_words(truth: str, decision: str, extra: bool) -> str:
    """A cell of a matrix; extra: whether the decision is none of the classes.

    >>> cell_words("crack", "ok", False), cell_words("crack", "look again", True)
    ("'crack' called 'ok'", "'crack' with the decision 'look again'")
    """
    return f"{quoted_name(truth)} {'with the decision' if extra else 'called'} {quoted_name(decision)}"


def quoted_name(name: str) -> str:
    """A name in quotation marks; of a long one both ends.

    >>> quoted_name("ok"), quoted_name("a" * 40 + "b" * 40)
    ("'ok'", "'aaaaaaaaaaaaaaaaaaaaaaaa…bbbbbbbbbbbbbbb'")
    """
    return f"'{name if len(name) <= LONG else name[:24] + '…' + name[-15:]}'"


def apart(one: float, other: float) -> tuple[str, str]:
    """Two different numbers to be read, with as many digits as it takes to see that they are.

    >>> apart(100, 200), apart(100.001, 100.002), apart(1234.56701, 1234.56789)
    (('100', '200'), ('100.001', '100.002'), ('1\\u2009234.567', '1\\u2009234.568'))
    """
    shown = number(one), number(other)
    for digits in range(5, 17):
        if shown[0] != shown[1]:
            break
        shown = _digits(one, digits), _digits(other, digits)
    return shown if shown[0] != shown[1] else (show_number(one).replace("-", "−"), show_number(other).replace("-", "−"))


def _digits(value: float, digits: int) -> str:
    """With so many significant digits, thousands apart, as `number` has 4."""
    return f"{value:,.{digits}g}".replace(",", "\u2009").replace("-", "−")


def span(old: float, new: float, unit: str) -> str:
    """From what to what.

    >>> span(100, 200, "EUR")
    'from 100 to 200 EUR'
    """
    first, last = apart(old, new)
    return f"from {first} to {amount(new, unit) if last == number(new) else f'{last} {unit}'.strip()}"


def tidy(text: str) -> str:
    """`text` without runs of blanks or line ends, which names that users typed may hold."""
    return _BLANKS.sub(" ", text)
