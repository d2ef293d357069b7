"""What draws of the prices say about a choice, in sentences. Plain text, no mark-up."""

from collections.abc import Sequence

from costlab.influence import Influence, Switch
from costlab.robustness import Robustness, alike
from costlab.scenario import CASES
from costlab.wording import amount, capital, number, quoted

LITTLE = 1e-3  # of a cost: not worth a sentence of its own


def headline(result: Robustness, influences: Sequence[Influence]) -> str:
    """Which candidate is cheapest how often, and which price matters most to that."""
    if len(result.candidates) == 1:
        return f"'{result.candidates[0].title}' is the only way to decide here; choose others to compare it with."
    if not result.ranges.groups:
        return f"No price has a range, so the likely prices decide: {_at_likely(result)}."
    matters = _matters(result, influences)
    return f"{capital(_often(result))}{f'; {matters}' if matters else ''}."


def beside(result: Robustness) -> list[str]:
    """What else must be known: the likely prices and their doubt, the worth of knowing better, what draws can say."""
    if len(result.candidates) == 1:
        return []
    told = [f"{capital(_at_likely(result))}{_doubt(result)}."] if result.ranges.groups or result.lead else []
    if not result.ranges.groups:
        return told
    unit, name = result.ranges.likely.unit, result.candidates[result.best].title
    if result.regret > LITTLE * abs(result.likely[result.best]):
        told.append(
            f"Whoever chooses '{name}' now pays {amount(_short(result.regret), unit)} per {number(CASES)} images more, "
            f"on average, than whoever knows the prices{' and the images to come' if result.images else ''} "
            "before choosing."
        )
    else:
        told.append(
            f"Knowing the prices exactly before choosing would save next to nothing: '{name}' would stay a good choice."
        )
    return told


def share_words(share: float) -> str:
    """A share of draws as people say it, never all or none unless it is.

    >>> share_words(0.914), share_words(0.9996), share_words(0.0004), share_words(0), share_words(1)
    ('91 %', 'more than 99 %', 'less than 1 %', '0 %', '100 %')
    """
    if 0 < share < 0.005:
        return "less than 1 %"
    return "more than 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def switch_words(switch: Switch, each: Influence, result: Robustness) -> str:
    """From which price on which candidate would be cheapest."""
    side = "below" if switch.price < each.likely else "above"
    price = amount(_short(switch.price), result.ranges.likely.unit)
    return f"{side} {price} '{result.candidates[switch.candidate].title}' would be cheapest"


def nearest(each: Influence) -> Switch | None:
    """The switch to be told of: inside the range if there is one, else the one that is fewer times off."""
    return min(each.switches, key=lambda switch: (not switch.inside, _times(switch.price, each.likely)), default=None)


def _often(result: Robustness) -> str:
    steady = result.candidates[result.steady]
    same = [each.title for each in result.candidates if alike(each, steady)]
    who = f"{quoted(same)}{', which decide alike,' if len(same) > 1 else ''}"
    is_ = "are" if len(same) > 1 else "is"
    share = float(result.shares[result.steady])
    what = "prices you called plausible"
    if result.images:
        what = "prices and test images that are plausible"
    if result.anew:
        what += ", deciding anew at each"
    if share == 1:
        return f"{who} {is_} cheapest in all {number(result.draws)} draws of the {what}"
    said = f"{who} {is_} cheapest in {share_words(share)} of the {what}"
    best = result.candidates[result.best]
    return said if alike(best, steady) else f"{said}, though '{best.title}' is at the likely ones"


def _matters(result: Robustness, influences: Sequence[Influence]) -> str:
    if not influences:
        return ""
    first = influences[0]
    switch = nearest(first)
    if first.worth > 0 or first.least < 0:
        told = f": {switch_words(switch, first, result)} (likely {_likely(first, result)})" if switch else ""
        what = "the price that matters most is" if first.low == first.low else "what matters most is"
        return f"{what} {first.name}{told}"
    if switch is None:
        return "no single price can change that within its range"
    how = "fall below" if switch.price < first.likely else "rise above"
    unit, price = result.ranges.likely.unit, _short(switch.price)
    return (
        f"no single price can change that within its range, and nearest to it comes {first.name}, which would have to "
        f"{how} {amount(price, unit)} (likely {_likely(first, result)})"
    )


def _likely(each: Influence, result: Robustness) -> str:
    return amount(each.likely, result.ranges.likely.unit)


def _at_likely(result: Robustness) -> str:
    best, unit = result.candidates[result.best], result.ranges.likely.unit
    cost = amount(result.likely[result.best], unit)  # as every page tells it
    return f"at the likely prices '{best.title}' costs {cost} per {number(CASES)} images, the least of all"


def _doubt(result: Robustness) -> str:
    if result.rival is None or result.lead is None:
        return ", and all decide alike"
    rival, unit, n = result.candidates[result.rival].title, result.ranges.likely.unit, len(result.candidates[0].decided)
    less = amount(_short(result.lead.estimate), unit)
    if not result.lead.excludes_zero:
        return f", {less} less than '{rival}'; but the two cannot be told apart on these {number(n)} images"
    low, high = number(_short(result.lead.low)), amount(_short(result.lead.high), unit)
    return f", {less} less than '{rival}' (from {low} to {high}, with 95 % confidence)"


def _times(price: float, likely: float) -> float:
    if price * likely <= 0:
        return float("inf")
    return max(price / likely, likely / price)


def _short(value: float) -> float:
    """Three digits are enough for what is estimated.

    >>> _short(584.1667)
    584.0
    """
    return float(f"{value:.3g}")
