"""The numbers of What if as people read them: costs per 1,000 images, intervals, shares. Plain text, no mark-up."""

from collections.abc import Sequence

from costlab.datasets import DATASETS
from costlab.intervals import FEW_EVENTS, Interval
from costlab.scenario import CASES, Answer
from costlab.sources import Source
from costlab.ui.run_sentences import percent
from costlab.wording import amount, count, number

FIRST = (
    "Change a price in the grid, or one of the assumptions below: the decisions, what they cost and the images behind "
    "them follow at once, without training again."
)


def thousand(value: float, unit: str) -> str:
    """A mean cost an image, told for 1,000.

    >>> thousand(0.745, "EUR"), thousand(-0.0025, "")
    ('745 EUR', '−2.5')
    """
    return amount(value * CASES, unit)


def between(interval: Interval, unit: str) -> str:
    """Where the mean cost of 1,000 images lies.

    >>> between(Interval(0.745, 0.709, 0.783), "EUR")
    '709 to 783 EUR'
    """
    return f"{number(CASES * interval.low)} to {amount(CASES * interval.high, unit)}"


def reliance(events: float) -> str:
    """A warning where the mean cost rests on few dear mistakes, else nothing.

    >>> reliance(7.2), reliance(80)
    ('Rests on about 7 dear mistakes: too few to rely on.', '')
    """
    if events >= FEW_EVENTS:
        return ""
    if events == 0:
        return "Every image costs the same here, so nothing is known of dear mistakes."
    few = max(round(events), 1)
    return f"Rests on about {count(few, 'dear mistake')}: too few to rely on."


def referred(answer: Answer) -> tuple[str, str]:
    """The share of images that is referred, and how many of the test images that are."""
    size = len(answer.cost.classes)
    extra = answer.cost.decisions[size:]
    if not extra:
        return "none", "Nobody can be asked"
    sent = int(answer.counts[:, size:].sum())
    share = percent(answer.referred)
    return share, f"{number(sent)} of {number(len(answer.decided))} test images"


def badges(source: Source, tested: int) -> list[str]:
    """What is looked at, in a few words each: the data set, how many images and classes, how it was trained."""
    spec = source.spec
    data = DATASETS[spec.dataset.name].title if spec.dataset.name in DATASETS else spec.dataset.name
    return [
        data,
        f"{number(tested)} test images, {count(len(source.predictions.classes), 'class', 'classes')}",
        f"{spec.loss.name.replace('_', ' ')} loss, {count(spec.epochs, 'epoch')}",
    ]


def mix(classes: Sequence[str], shares: Sequence[float] | None, most: int = 4) -> str:
    """A class mix in words, the largest shares first.

    >>> mix(["ok", "crack"], [0.9, 0.1]), mix(["ok", "crack"], None)
    ("'ok' 90 %, 'crack' 10 %", 'as in the test set')
    """
    if shares is None:
        return "as in the test set"
    whole = sum(shares)
    order = sorted(range(len(classes)), key=lambda k: -shares[k])
    shown = [f"'{classes[k]}' {percent(shares[k] / whole)}" for k in order[:most]]
    left = len(classes) - len(shown)
    return ", ".join([*shown, f"{count(left, 'other')}"] if left else shown)
