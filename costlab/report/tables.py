"""The report's tables: prices with comments, decisions with counts; of large matrices the cells that matter."""

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from costlab.agreement import Agreement, price_name, priced_cells
from costlab.costs import CostMatrix
from costlab.report.facts import PER, CostlyImage, Facts, Findings
from costlab.report.words import share, verdict
from costlab.scenario import CASES
from costlab.scenario_curves import rounded
from costlab.wording import number

WHOLE = 11  # decisions up to which a matrix fits on paper
SHORT = 4  # letters of a name that always stands upright
LISTED = 25  # cells of a larger one
UPRIGHT = 5  # decisions up to which their names stand upright


def results(facts: Facts, unit: str) -> Iterator[str]:
    """The ways of deciding, a row each."""
    yield '<table class="results"><thead><tr><th scope="col">Way of deciding</th>'
    yield f'<th scope="col" class="n">Cost {PER}{escape(_in(unit))}</th>'
    yield '<th scope="col" class="n">95\u2009% interval</th>'
    yield '<th scope="col">As agreed, beside it</th></tr></thead><tbody>'
    for row in facts.decided:
        chosen = row.name == "chosen"
        low, high = row.interval
        against = "" if chosen else verdict(row, unit)
        yield (
            f'<tr{" class=chosen" if chosen else ""} data-way="{row.name}"><th scope="row">{escape(row.title)}</th>'
            f'<td class="n">{number(row.cost)}</td><td class="n">{number(low)} to {number(high)}</td>'
            f"<td>{escape(against)}</td></tr>"
        )
    yield "</tbody></table>"


def prices(cost: CostMatrix, agreed: Agreement) -> Iterator[str]:
    """Every price with its comment; of a large matrix the dearest."""
    if len(cost.decisions) <= WHOLE:
        noted = [cell for cell in priced_cells(cost) if agreed.note(*cell)]
        marks = {cell: place for place, cell in enumerate(noted, start=1)}
        size = float(np.abs(cost.values).max()) or 1.0
        yield from _matrix(
            cost,
            lambda t, d: f"{number(float(cost.values[t, d]))}{_mark(marks.get((t, d)))}",
            lambda t, d: _tint(float(cost.values[t, d]) / size),
            "prices",
        )
        if noted:
            lines = (f"<li>{escape(price_name(cost, *cell))}. {escape(agreed.note(*cell))}</li>" for cell in noted)
            yield f'<ol class="notes">{"".join(lines)}</ol>'
        return
    cells = priced_cells(cost)
    noted = [cell for cell in cells if agreed.note(*cell)]
    shown = [*noted[:LISTED], *(cell for cell in cells[:LISTED] if cell not in set(noted[:LISTED]))]
    yield f"<p>The matrix has {number(len(cost.classes))} rows and {number(len(cost.decisions))} columns: the "
    yield f"{len(shown)} prices that have a comment or are the dearest are listed."
    yield " All are in the data of this file.</p>"
    yield from _list(
        ["Truth", "Decision", f"Price{_in(cost.unit)}", "Comment"],
        [
            (cost.classes[t], cost.decisions[d], number(float(cost.values[t, d])), agreed.note(t, d))
            for t, d in sorted(shown, key=lambda cell: (-cost.values[cell], cell))
        ],
        numbers=(2,),
        name="prices",
    )


def decisions(found: Findings) -> Iterator[str]:
    """How many test images of each truth were decided how, and what that costs; of a large matrix what costs most."""
    cost, counts, weights = found.answer.cost, found.answer.counts, found.answer.weights
    paid = counts * weights[:, None] * cost.values
    each = paid * (CASES / counts.sum())  # the weights have a mean of 1 over the images
    whole = float(np.abs(paid).sum()) or 1.0
    if len(cost.decisions) <= WHOLE:
        yield from _matrix(
            cost,
            lambda t, d: _counted(int(counts[t, d]), float(each[t, d])),
            lambda t, d: _tint(float(paid[t, d]) / whole),
            "confusion",
        )
        return
    order = np.argsort(-np.abs(paid), axis=None, kind="stable")[:LISTED]
    cells = [divmod(int(place), len(cost.decisions)) for place in order if paid.flat[place]]
    right = int(np.trace(counts))
    yield f"<p>{number(right)} of {number(int(counts.sum()))} test images were decided right. What costs most:</p>"
    yield from _list(
        ["Truth", "Decision", "Images", f"Price{_in(cost.unit)}", f"Cost {PER}", "Of all cost"],
        [
            (
                cost.classes[t], cost.decisions[d], number(int(counts[t, d])), number(float(cost.values[t, d])),
                number(float(each[t, d])), share(float(paid[t, d]) / whole),
            )
            for t, d in cells
        ],
        numbers=(2, 3, 4, 5),
        name="confusion",
    )  # fmt: skip


def costly(found: Findings) -> Iterator[str]:
    """The costliest images as a list, where they cannot be shown."""
    rows = [
        (
            str(image.index), image.truth, image.decision, number(image.cost),
            likely(image, found.answer.cost.classes),
        )
        for image in found.facts.costliest
    ]  # fmt: skip
    head = ["Image", "Truth", "Decision", f"Cost{_in(found.answer.cost.unit)}", "What the model thought likely"]
    yield from _list(head, rows, numbers=(3,), name="costliest")


def likely(image: CostlyImage, classes: Sequence[str]) -> str:
    """The three likeliest classes of an image."""
    order = np.argsort(-np.array(image.probs), kind="stable")[:3]
    return ", ".join(f"{classes[k]} {share(image.probs[k])}" for k in order)


def columns(table: dict[str, list[object]]) -> Iterator[str]:
    """A chart's numbers as a table."""
    rows = list(zip(*table.values(), strict=True))
    yield from _list(list(table), [tuple(_shown(value) for value in row) for row in rows], numbers=range(len(table)))


def _matrix(cost: CostMatrix, text: object, tint: object, name: str) -> Iterator[str]:
    """A table with a row for each truth and a column for each decision; `text` is HTML."""
    assert callable(text) and callable(tint)  # noqa: PT018
    turned = " turned" if len(cost.decisions) > UPRIGHT and max(map(len, cost.decisions)) > SHORT else ""
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table class="matrix {name}{turned}">'
    yield '<thead><tr><th scope="col" class="corner">truth \\ decision</th>'
    yield "".join(f'<th scope="col"><span>{escape(decision)}</span></th>' for decision in cost.decisions)
    yield "</tr></thead><tbody>"
    for t, truth in enumerate(cost.classes):
        cells = "".join(
            f'<td{" class=right" if t == d else ""} style="{tint(t, d)}">{text(t, d)}</td>'
            for d in range(len(cost.decisions))
        )
        yield f'<tr><th scope="row">{escape(truth)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _list(
    head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), name: str = "list"
) -> Iterator[str]:
    kinds = [' class="n"' if place in numbers else "" for place in range(len(head))]
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table class="list {name}"><thead><tr>'
    yield "".join(f'<th scope="col"{kind}>{escape(text)}</th>' for kind, text in zip(kinds, head, strict=True))
    yield "</tr></thead><tbody>"
    for row in rows:
        yield (
            "<tr>" + "".join(f"<td{kind}>{escape(text)}</td>" for kind, text in zip(kinds, row, strict=True)) + "</tr>"
        )
    yield "</tbody></table></div>"


def _counted(images: int, cost: float) -> str:
    """A cell of the confusion matrix: how many, and below it what they cost."""
    if not images:
        return '<span class="none">0</span>'
    return f"<b>{number(images)}</b>" + (f"<small>{number(rounded(cost, 3))}</small>" if cost else "")


def _mark(place: int | None) -> str:
    return f"<sup>{place}</sup>" if place else ""


def _tint(part: float) -> str:
    """A shade that costs (orange) and gains (blue) have on screen, in the dark and on paper; 0 has none."""
    if part == 0:
        return ""
    strength = 0.08 + 0.47 * min(1.0, abs(part)) ** 0.5
    return f"background:rgba({'230,120,0' if part > 0 else '0,114,178'},{strength:.2f})"


def _in(unit: str) -> str:
    return f" ({unit})" if unit else ""


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(float(value)) if isinstance(value, int | float) else str(value)
