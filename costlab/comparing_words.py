"""What a comparison shows, as sentences and cells of tables. Plain text; costs are told per 1,000 images."""

from collections.abc import Sequence

from costlab.against_bar import Against, Seeds
from costlab.comparing import Standing
from costlab.curves import CostPath, Envelope
from costlab.fitted import Fitted
from costlab.intervals import FEW_EVENTS, Interval
from costlab.scenario import CASES
from costlab.wording import amount, count, number, quoted

PER = f"per {number(CASES)} images"


def ranking(standing: Standing, what: str = "run") -> str:
    """Which row is cheapest, what cannot be told apart from it, and what deciding without looking costs."""
    unit, titles = standing.cost.unit, [entry.title for entry in standing.entries]
    first, *others = standing.best
    cheapest = f"{_cost(standing.means[first], unit)} {PER}"
    without = f"Always deciding '{standing.constant.decision}', without looking, costs "
    without += f"{amount(CASES * standing.constant.mean_cost, unit)}."
    if len(titles) == 1:
        return f"'{titles[0]}' costs {cheapest}. {without}"
    said = f"The cheapest of {count(len(titles), what)} is '{titles[first]}': {cheapest}."
    rest = len(titles) - len(standing.best)
    if not rest:
        every = "the other" if len(titles) == 2 else "any other"
        return f"{said} It cannot be told apart from {every}: the differences may be chance. {without}"
    if others:
        return f"{said} Cannot be told apart from it: {quoted([titles[row] for row in others])}. {without}"
    return f"{said} It is told apart from {'the other' if rest == 1 else f'all {rest} others'}. {without}"


def how_told(standing: Standing, letters: bool = True) -> str:
    """How the rows were compared."""
    m, n = standing.paid.shape
    pairs = m * (m - 1) // 2
    said = f"All are judged on the same {number(n)} test images; intervals hold the true mean 95 times in 100."
    if pairs:
        said += " Rows are compared image by image, which tells more than whether intervals overlap"
        said += (
            f"; the {number(pairs)} comparisons at the same costs are corrected together (Holm), so that even one "
            "wrong distinction comes in at most 5 of 100 such tables."
            if pairs > 1
            else "."
        )
    return said + (" Rows that share a letter cannot be told apart." if letters and pairs else "")


def cost_cell(interval: Interval) -> str:
    """A mean cost with its interval, per 1,000 images.

    >>> cost_cell(Interval(2.0, 1.5, 2.6))
    '2\\u2009000 (1\\u2009500 to 2\\u2009600)'
    >>> cost_cell(Interval(0.0, 0.0, 0.0))               # all the same: nothing is known of how they vary
    '0 (no spread seen)'
    """
    if interval.low == interval.high:
        return f"{number(_whole(interval.estimate))} (no spread seen)"
    return f"{number(_whole(interval.estimate))} ({number(_whole(interval.low))} to {number(_whole(interval.high))})"


def saving(interval: Interval) -> str:
    """What a difference says, per 1,000 images: cheaper where it is above 0.

    >>> saving(Interval(0.1, 0.05, 0.2)), saving(Interval(-0.1, -0.2, -0.05)), saving(Interval(0.1, -0.1, 0.3))
    ('100 cheaper (50 to 200)', '100 dearer (50 to 200)', 'not told apart (100 dearer to 300 cheaper)')
    >>> saving(Interval(0.0, 0.0, 0.0))
    'the same'
    """
    if not any(interval):
        return "the same"
    if interval.low > 0:
        return f"{cost_cell(interval)}".replace(" (", " cheaper (", 1)
    if interval.high < 0:
        return cost_cell(Interval(-interval.estimate, -interval.high, -interval.low)).replace(" (", " dearer (", 1)
    return f"not told apart ({' to '.join(_signed(end) for end in interval[1:])})"


def change_cell(saved: Interval) -> str:
    """A difference as a change of cost, with its sign: below 0 where something is saved.

    >>> change_cell(Interval(0.1, -0.05, 0.2)), change_cell(Interval(0.0, 0.0, 0.0))
    ('−100 (−200 to +50)', '0')
    """
    if not any(saved):
        return "0"
    mean, low, high = (_plus(-end) for end in (saved.estimate, saved.high, saved.low))
    return f"{mean} ({low} to {high})"


def _plus(change: float) -> str:
    return ("+" if change > 0 else "") + number(_whole(change) or 0.0)


def _signed(saved: float) -> str:
    return number(_whole(abs(saved))) + (" cheaper" if saved > 0 else " dearer" if saved < 0 else "")


def bar_cell(against: Against) -> str:
    """Whether a row beats the bar."""
    if against.is_bar:
        return "the bar"
    few = "; few dear mistakes" if against.saved.excludes_zero and against.events < FEW_EVENTS else ""
    beats = "beats it: " if against.outcome == "cheaper" else ""
    return f"{beats}{saving(against.saved)}{few}"


def bar_words(standing: Standing, saved: Sequence[Against], what: str = "run") -> str:
    """Which rows beat the bar, in a sentence or two."""
    titles = [entry.title for entry in standing.entries]
    groups: dict[str, list[str]] = {}
    for title, each in zip(titles, saved, strict=True):
        groups.setdefault(each.outcome, []).append(title)
    said = []
    if winners := groups.get("cheaper"):
        said.append(f"{quoted(winners)} {'beats' if len(winners) == 1 else 'beat'} the bar.")
    elif len(groups.get("bar", [])) < len(titles):
        said.append(f"No {what} is shown to beat the bar.")
    if alike := groups.get("alike"):
        said.append(f"Cannot be told apart from it: {quoted(alike)}.")
    if dearer := groups.get("dearer"):
        said.append(f"Dearer: {quoted(dearer)}.")
    if any(each.outcome in ("cheaper", "dearer") and each.events < FEW_EVENTS for each in saved):
        said.append("Where a difference rests on few dear mistakes, its interval may be too narrow.")
    return " ".join(said)


def parts_words(standing: Standing, saved: Sequence[Against], own: str) -> str:
    """For the row that differs most from the bar by its own rule, how much is its model and how much its rule."""
    row = max(range(len(saved)), key=lambda place: abs(saved[place].own_saved.estimate))
    each, unit = saved[row], standing.cost.unit
    if not any(each.own_saved):
        return f"By {own}, every row decides as the bar does."
    title = standing.entries[row].title
    said = f"By {own}, '{title}' is {_told(each.own_saved.estimate, unit)} than the bar {PER}"
    if not any(each.model) or not any(each.rule):
        why = "model: the rule is the same" if not any(each.rule) else "rule: the model is the same"
        return f"{said}, all because of its {why}."
    model, rule = (_told(part.estimate, unit) for part in (each.model, each.rule))
    return f"{said}: {model} because of its model, {rule} because of its rule."


def seeds_words(found: Sequence[Seeds]) -> str:
    """What an interval over seeds speaks of, and what it does not."""
    alone = sum(each.mean is None for each in found)
    said = (
        "Each row is one way to train, with several seeds. Spread is the standard deviation over seeds; the interval "
        "(Student's) speaks of training again with other seeds on the same data and judging on the same images. It "
        "does not say what other images would cost."
    )
    if alone:
        said += f" {'One way was' if alone == 1 else f'{alone} ways were'} trained once, so nothing is known of chance."
    return said


def stretches(envelope: Envelope, names: Sequence[str], top: float = 0, unit: str = "") -> list[tuple[str, str]]:
    """Who is cheapest where: from ... to ..., and the name. top: the price at the end; 0: shares of the way.

    >>> import numpy as np
    >>> line = Envelope(np.array([0, 0.25, 1]), np.array([1, 0]), np.zeros(3))
    >>> stretches(line, ["a", "b"]), stretches(line, ["a", "b"], 40, "EUR")
    ([('0 to 25\u2009%', 'b'), ('25 to 100\u2009%', 'a')], [('0 to 10 EUR', 'b'), ('10 to 40 EUR', 'a')])
    """
    sign = f" {unit}".rstrip() if top else "\u2009%"
    return [
        (f"{number(_three(begin * (top or 100)))} to {number(_three(end * (top or 100)))}{sign}", names[int(owner)])
        for owner, begin, end in zip(envelope.owners, envelope.breaks, envelope.breaks[1:], strict=False)
    ]


def path_words(path: CostPath, what: str = "run", top: float = 0, unit: str = "") -> str:
    """Who is cheapest on which stretch, in a sentence. top: the price at the end; 0: on the way from equal costs."""
    found = stretches(path.envelope, path.names, top, unit)
    where = "at every price up to " + amount(top, unit) if top else "all the way from equal costs to these"
    if len(found) == 1:
        return f"'{found[0][1]}' is the cheapest {what} {where}."
    said = "; ".join(f"'{name}' from {part}" for part, name in found)
    on = "while that price moves" if top else "on the way from equal costs (0\u2009%) to these (100\u2009%)"
    return f"The cheapest {what} {on}: {said}."


def difference_words(standing: Standing, one: int, other: int) -> str:
    """What deciding by row `other` instead of row `one` is worth."""
    titles, unit = [entry.title for entry in standing.entries], standing.cost.unit
    change = standing.difference(other, one)
    start = f"'{titles[other]}' instead of '{titles[one]}'"
    if (standing.counts[other] == standing.counts[one]).all() and not any(change):
        return f"{start}: the same decisions for every class."
    if not change.excludes_zero:
        low, high = (_told(-end, unit) for end in (change.high, change.low))
        return f"{start} is between {low} and {high} {PER}: the two cannot be told apart."
    return f"{start} is {_told(-change.estimate, unit)} {PER} ({_range(change)})."


def fitted_words(fitted: Fitted) -> str:
    """What calibrations and rules were learnt from."""
    return f"What is learnt after training was {fitted.how}."


def _told(saved: float, unit: str) -> str:
    """An amount with its direction: cheaper above 0."""
    value = _whole(abs(saved))
    return f"{amount(value, unit)} {'cheaper' if saved >= 0 else 'dearer'}"


def _range(change: Interval) -> str:
    ends = sorted(_whole(abs(end)) for end in change[1:])
    return f"{number(ends[0])} to {number(ends[1])}"


def _cost(interval: Interval, unit: str) -> str:
    low, high = (number(_whole(end)) for end in interval[1:])
    return f"{amount(_whole(interval.estimate), unit)} ({low} to {high})"


def _whole(cost: float) -> float:
    """Per 1,000 images with 3 digits, or whole from 100 on: more would be noise, and rows would not line up.

    >>> _whole(2.00449), _whole(0.0012345)
    (2004.0, 1.23)
    """
    value = CASES * cost
    return float(round(value)) if abs(value) >= 100 else float(f"{value:.3g}")


def _three(value: float) -> float:
    return float(f"{value:.3g}")
