"""What was not known when the prices were agreed: worked out from the case, each a sentence that is true of it."""

from collections.abc import Iterator

import numpy as np

from costlab.agreement import Agreement, price_name, priced_cells
from costlab.fitted import FEW
from costlab.intervals import FEW_EVENTS
from costlab.report.facts import PER, Findings
from costlab.report.words import images as image_count
from costlab.report.words import share
from costlab.wording import a, amount, count, listed, number, quoted

WIDE = 1 / 3  # of its larger end: an interval from 100 to 150 is told, one from 100 to 140 not
HEAVY = 5  # times that an image counts


def doubts(found: Findings, agreed: Agreement) -> list[str]:
    """The sentences, those about money first."""
    parts = (_interval, _unseen, _scarce, _believed, _shares, _data, _seed)
    return [text for part in parts for text in part(found)] + list(_prices(found, agreed))


def _interval(found: Findings) -> Iterator[str]:
    unit, chosen = found.answer.cost.unit, found.facts.by("chosen")
    events, (low, high) = found.facts.events, chosen.interval
    if events == 0:
        yield "Every test image cost the same, so that how much can go wrong is not known from them."
    elif events < FEW_EVENTS:
        yield (
            f"The cost rests on about {count(max(1, round(events)), 'dear mistake')}: too few for an interval to rely "
            "on. More test images of the classes that are dear to miss would tell."
        )
    if high - low > WIDE * max(abs(low), abs(high)):
        yield (
            f"The true cost may lie anywhere between {amount(low, '')} and {amount(high, unit)} {PER}: "
            f"the test images do not say more."
        )
    for name, what in (("argmax", "taking the most probable class"), ("constant", "deciding without looking")):
        other = found.facts.by(name)
        if not other.alike and not other.told_apart:
            yield f"Whether this way of deciding is cheaper than {what} cannot be told from these test images."


def _unseen(found: Findings) -> Iterator[str]:
    """The dearest mistakes that did not happen among the test images, and how often they still may."""
    cost, counts = found.answer.cost, found.answer.counts
    sizes = counts.sum(axis=1)
    k = len(cost.classes)
    mistakes = [cell for cell in priced_cells(cost) if cell[0] != cell[1] < k and cost.values[cell] > 0]
    dearest = [cell for cell in mistakes if cost.values[cell] == cost.values[mistakes[0]]] if mistakes else []
    for truth, decision in dearest[:3]:
        if counts[truth, decision] == 0 and sizes[truth] > 0:
            # none among n: with a rate of r, that happens with probability (1 - r) ** n; 5 % is still believed
            most = 1 - 0.05 ** (1 / sizes[truth])
            yield (
                f"The dearest mistake, {a(cost.classes[truth])} called '{cost.decisions[decision]}', did not happen "
                f"among {image_count(int(sizes[truth]))} of that class; it may still happen to up to "
                f"{share(most)} of them."
            )


def _scarce(found: Findings) -> Iterator[str]:
    classes, sizes = found.answer.cost.classes, found.answer.counts.sum(axis=1)
    if none := [classes[t] for t in np.flatnonzero(sizes == 0)]:
        yield f"No test image is of the {_class(none)} {quoted(none)}: what it costs to meet one is not known."
    few = [f"'{classes[t]}' ({sizes[t]})" for t in np.flatnonzero((sizes > 0) & (sizes < FEW))]
    if few:
        yield f"Fewer than {FEW} test images are there of {listed(few)}."


def _class(names: list[str]) -> str:
    return "class" if len(names) == 1 else "classes"


def _believed(found: Findings) -> Iterator[str]:
    """Whether the probabilities can be believed, in money."""
    bias, unit = found.reliability.bias, found.answer.cost.unit
    if found.facts.calibration == "none":
        yield "The probabilities are used as the model gives them; they were not corrected on other images."
    if bias.excludes_zero:
        more = "more" if bias.estimate > 0 else "less"
        yield (
            f"The probabilities are not quite right: test images cost {amount(abs(bias.estimate) * 1000, unit)} {more} "
            f"{PER} than they had led to expect."
        )
    if "cross-fitted" in found.facts.fitted:
        yield (
            "There were too few validation images to correct the probabilities by alone, so test images were used too "
            f"({found.facts.fitted}). The model that goes into use is corrected by all of them, and will differ a "
            "little."
        )


def _shares(found: Findings) -> Iterator[str]:
    classes, sizes, facts = found.answer.cost.classes, found.answer.counts.sum(axis=1), found.facts
    if facts.shares is None:
        often = np.argsort(-sizes, kind="stable")[:5]
        shown = [f"'{classes[t]}' {share(sizes[t] / sizes.sum())}" for t in often]
        if left := len(classes) - len(shown):
            shown.append(f"{number(left)} other{'' if left == 1 else 's'}")
        yield (
            f"How often each class comes where the model will decide was not given; the costs are for class shares as "
            f"in the test images: {listed(shown, most=6)}."
        )
        return
    yield "The class shares of the place of use are assumed, not measured here; the test images were weighted to them."
    heaviest = int(found.answer.weights.argmax())
    if found.answer.weights[heaviest] >= HEAVY:
        yield (
            f"Each test image of '{classes[heaviest]}' counts for about {number(round(found.answer.weights[heaviest]))}"
            f", so that {count(int(sizes[heaviest]), 'image')} decide much of the result."
        )


def _data(found: Findings) -> Iterator[str]:
    title = found.dataset.title if found.dataset else ""
    images = image_count(int(found.answer.counts.sum()))
    of = f" of the data set '{title}'" if title else ""
    if "synthetic" in title.lower():
        yield (
            f"The images are synthetic: a program drew them. The {images}{of} say nothing about real ones; before "
            "anything is decided by this model, it must be tested on images from the place of use."
        )
    else:
        yield (
            f"The {images}{of} were not taken where the model will decide. Other cameras, light or people can make it "
            "worse; it must be tested there."
        )


def _seed(found: Findings) -> Iterator[str]:
    yield (
        f"One training was judged, with the seed {found.facts.spec['seed']}. Trained again with another, "
        "the same recipe gives a somewhat different model; the intervals do not cover that."
    )


def _prices(found: Findings, agreed: Agreement) -> Iterator[str]:
    cost = found.answer.cost
    cells = priced_cells(cost)
    if not found.facts.agreed_by:
        yield "Nobody is named who agreed on these prices."
    silent = [cell for cell in cells if not agreed.note(*cell)]
    if silent and len(silent) == len(cells):
        yield f"None of the {count(len(cells), 'price')} carries a comment that says where it comes from."
    elif silent:
        one = len(silent) == 1
        has, source = ("has", "it comes from:") if one else ("have", "they come from; the dearest of these is")
        yield (
            f"{'One' if one else len(silent)} of the {len(cells)} prices {has} no comment that says where {source} "
            f"{price_name(cost, *silent[0])}."
        )
    yield "The prices were taken as exact; what happens when they are ranges was not examined in this report."
