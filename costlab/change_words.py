"""What a change of the scenario did, in sentences: what was moved, which decisions are others now, what that is worth.

A change of scenario says nothing of what the network has learnt: it stays the same network throughout.
"""

import numpy as np

from costlab.intervals import FEW_EVENTS
from costlab.moved_words import apart, cell_words, moved, quoted_name, same_shares, tidy
from costlab.scenario import CASES, REFER, Change
from costlab.wording import amount, capital, listed, number

CELLS = 3  # of a confusion matrix, named in one sentence


def change_sentence(change: Change) -> str:
    """What was moved, how many images are decided otherwise and how, and what that is worth; plain text.

    Costs are told per 1,000 images. What deciding anew costs stands beside what the decisions as they were would cost
    at the same prices and class shares, with the 95 % interval of the difference if the two can be told apart.
    """
    what = moved(change.before.scenario, change.after.scenario)
    if not what and change.differs.any():
        what = "Tuning the rule anew"  # for these prices: it was tuned for those where a drag began
    if not what:
        return tidy(f"Nothing was moved: the decisions {_cost(_now(change), _unit(change), 'cost', 'earn')}.")
    if not change.differs.any():
        return tidy(f"{what} changes {_how_many(change)}. {_as_before(change)}.")
    return tidy(f"{what} changes {_how_many(change)}{_where(change)}. {_worth(change)}.")


def _how_many(change: Change) -> str:
    total, differ = len(change.differs), int(change.differs.sum())
    if total == 1:
        return "the decision about the only image" if differ else "nothing about the only image"
    if differ in (0, total):
        return f"{'all' if differ else 'none of the'} {number(total)} decisions"
    return f"{number(differ)} of {number(total)} decisions"


# Which decisions ---------------------------------------------------------------------------------------------------


def _where(change: Change) -> str:
    """The mistakes and referrals of which there are more or fewer; right answers follow from them."""
    found = [*_mistakes(change), *_extra(change)]
    if not found:
        return ", but as many go one way as the other"
    found.sort(key=lambda each: -abs(each[0]))
    shown = [f"{number(abs(more))} {'more' if more > 0 else 'fewer'} {name}" for more, name in found[:CELLS]]
    if left := len(found) - len(shown):
        shown.append(f"changes in {number(left)} other {'cell' if left == 1 else 'cells'}")
    return f": {listed(shown, most=CELLS + 1)}"


def _mistakes(change: Change) -> list[tuple[int, str]]:
    """How many more images there are in each cell beside the diagonal, and its name; those that changed."""
    cost, counts = change.after.cost, change.counts[:, : len(change.after.cost.classes)]
    return [
        (int(counts[truth, decision]), cell_words(cost.classes[truth], cost.classes[decision], extra=False))
        for truth, decision in np.argwhere(counts)
        if truth != decision
    ]


def _extra(change: Change) -> list[tuple[int, str]]:
    """By how many images each extra decision, of either scenario, is taken more often; those that changed."""
    taken: dict[str, int] = {}
    for sign, each in ((-1, change.before), (1, change.after)):
        k = len(each.cost.classes)
        for name, column in zip(each.cost.decisions[k:], each.counts.T[k:], strict=True):
            taken[name] = taken.get(name, 0) + sign * int(column.sum())
    return [
        (more, "referred" if name == REFER else f"with the decision {quoted_name(name)}")
        for name, more in taken.items()
        if more
    ]


# What it is worth --------------------------------------------------------------------------------------------------


def _now(change: Change) -> float:
    return CASES * change.after.mean.estimate


def _unit(change: Change) -> str:
    return change.after.cost.unit


def _cost(value: float, unit: str, costs: str = "costs", earns: str = "earns", old: float | None = None) -> str:
    """What 1,000 images cost; old: another number, from which it must look different."""
    per = f"per {number(CASES)} images"
    if value == 0:
        return f"{costs} nothing {per}"
    shown = amount(abs(value), unit)
    if old is not None and number(abs(value)) == number(abs(old)):
        shown = f"{apart(abs(value), abs(old))[0]} {unit}".strip()
    return f"{costs if value > 0 else earns} {shown} {per}"


def _as_before(change: Change) -> str:
    """What the same decisions cost at other prices."""
    now, was, before = _now(change), CASES * change.before.mean.estimate, change.before.cost
    if before.unit == _unit(change) and _alike(now, was):
        return f"They {_cost(now, _unit(change), 'cost', 'earn')}, as before"
    said = f"They now {_cost(now, _unit(change), 'cost', 'earn', was)}"
    return f"{said}; before, they {_cost(was, before.unit, 'cost', 'earned', now).split(' per ')[0]}"


def _worth(change: Change) -> str:
    """What deciding anew costs beside the decisions as they were, both at the new prices."""
    now, kept, unit = _now(change), CASES * change.kept, _unit(change)
    said = capital(f"{_place(change)}deciding anew ")
    if _alike(now, kept):
        return f"{said}{_cost(now, unit)}, as much as the decisions before would"
    return f"{said}{_cost(now, unit, old=kept)} instead of {_instead(now, kept, unit)} ({_sure(change)})"


def _place(change: Change) -> str:
    """At what new prices or class shares both are told."""
    before, after = change.before, change.after
    prices = before.cost.decisions != after.cost.decisions or bool((before.cost.values != after.cost.values).any())
    shares = not same_shares(before.scenario, after.scenario)
    if not (prices or shares):
        return ""
    if not prices:
        return "with these class shares, "
    return f"at the new prices{' and class shares' if shares else ''}, "


def _instead(now: float, kept: float, unit: str) -> str:
    if kept == 0:
        return "nothing"
    if now == 0 and kept > 0:
        return amount(kept, unit)
    if (now < 0) == (kept < 0):
        return apart(abs(kept), abs(now))[0]
    return f"{'costing' if kept > 0 else 'earning'} {amount(abs(kept), unit)}"


def _sure(change: Change) -> str:
    """Whether the difference can be told from none, and between what it lies."""
    difference = change.difference
    if not difference.excludes_zero:
        return "cannot be told apart from no change"
    low, high = sorted(abs(CASES * end) for end in (difference.low, difference.high))
    said = f"{amount(CASES * abs(difference.estimate), _unit(change))} {_direction(change)}"
    said = f"{said}; 95 %: {number(low)} to {number(high)}"
    if change.events >= FEW_EVENTS:
        return said
    few = max(round(change.events), 1)
    return f"{said}; it rests on about {few} dear {'image' if few == 1 else 'images'}: too few to rely on"


def _direction(change: Change) -> str:
    """More or less of what 1,000 images cost or earn; cheaper or dearer where one costs and the other earns."""
    now, kept = change.after.mean.estimate, change.kept
    if (now >= 0 and kept >= 0) or (now <= 0 and kept <= 0):
        return "more" if abs(now) > abs(kept) else "less"
    return "dearer" if now > kept else "cheaper"


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other))
