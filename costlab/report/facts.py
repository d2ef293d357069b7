"""The numbers of a report, computed once: the page shows them, and holds them as JSON for tests and programs."""

from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from costlab import scenario_curves
from costlab.agreement import Agreement
from costlab.cost_files import to_record
from costlab.curves import CostReliability
from costlab.datasets import DATASETS
from costlab.fitted import BAR, Fitted, Recipe
from costlab.intervals import Interval, mean_interval, paired_interval
from costlab.records import Record
from costlab.registry import Plugin
from costlab.scenario import CASES, Answer, Scenario, answer, case_of
from costlab.sources import Source

COSTLIEST = 12  # images shown
PER = f"per {CASES:,} images".replace(",", "\u2009")


class Decided(Record):
    """What one way of deciding costs. Per 1,000 images, in the unit of the prices."""

    name: str = Field(description="chosen, bar, argmax or constant")
    title: str
    cost: float
    interval: list[float] = Field(description="95 %.")
    difference: float = Field(description="What the chosen way costs less what this one does; below 0: it is cheaper.")
    difference_interval: list[float] = Field(description="95 %, paired: on the same images.")

    @property
    def alike(self) -> bool:
        """Whether both paid the same on every image."""
        return self.difference == 0 and not any(self.difference_interval)

    @property
    def told_apart(self) -> bool:
        """Whether the interval of the difference leaves out 0."""
        return self.difference_interval[0] > 0 or self.difference_interval[1] < 0


class CostlyImage(Record):
    """One of the test images that cost most."""

    index: int = Field(description="Its place in the data set.")
    truth: str
    decision: str
    cost: float = Field(description="What this image cost.")
    probs: list[float] = Field(description="Of the classes, as the rule saw them.")


class Facts(Record):
    """All that is known. Costs are per 1,000 images where not said otherwise."""

    format: str = "costlab report 1"
    title: str
    agreed_by: str
    day: str
    remarks: str
    source: str
    spec: dict[str, object] = Field(description="How the model was trained.")
    cost: dict[str, object] = Field(description="The prices in force, as costlab writes them.")
    notes: dict[str, str] = Field(description="Comments by 'truth.decision', counted from 0.")
    scale: float
    referral: float | None
    shares: list[float] | None = Field(description="Class shares of the place of use; none: as in the test images.")
    calibration: str
    rule: str
    fitted: str
    training_images: list[int]
    test_images: list[int]
    weights: list[float] = Field(description="What a test image of each class counts for.")
    confusion: list[list[int]] = Field(description="Test images; rows the truth, columns the decision.")
    accuracy: float = Field(description="Share decided right, weighted.")
    referred: float
    events: float = Field(description="How many dear mistakes the cost rests on, about.")
    decided: list[Decided]
    costliest: list[CostlyImage]
    sentence: str = ""
    not_known: list[str] = Field(default_factory=list)

    def by(self, name: str) -> Decided:
        """One way of deciding."""
        return next(each for each in self.decided if each.name == name)


@dataclass(frozen=True)
class Findings:
    """The facts, and what they come of, for charts and doubts.

    probs: (N, K) of the test part, as the rule saw them. target: (N,).
    """

    facts: Facts
    fitted: Fitted
    answer: Answer
    probs: np.ndarray
    target: np.ndarray
    reliability: CostReliability
    dataset: Plugin | None


def findings(source: Source, fitted: Fitted, scenario: Scenario, agreed: Agreement) -> Findings:
    """Decide and judge. Raises InvalidCosts or InvalidPredictions where the scenario means nothing."""
    from costlab.report.doubts import doubts
    from costlab.report.words import sentence

    found = answer(fitted, scenario)
    probs, target = scenario_curves.seen(fitted, scenario), fitted.test.target
    weighted = found.counts * found.weights[:, None]
    facts = Facts(
        title=agreed.title.strip() or Agreement.title,
        agreed_by=agreed.by.strip(),
        day=agreed.day.strip(),
        remarks=agreed.remarks.strip(),
        source=source.title,
        spec=source.spec.model_dump(mode="json", exclude={"cost"}),
        cost=to_record(found.cost),
        notes={key: text for key, text in agreed.notes.items() if text.strip()},
        scale=scenario.scale,
        referral=scenario.referral,
        shares=None if scenario.shares is None else (np.array(scenario.shares) / sum(scenario.shares)).tolist(),
        calibration=scenario.calibration,
        rule=scenario.rule,
        fitted=fitted.how,
        training_images=list(source.counts),
        test_images=found.counts.sum(axis=1).tolist(),
        weights=found.weights.tolist(),
        confusion=found.counts.tolist(),
        accuracy=float(np.trace(weighted) / weighted.sum()),
        referred=found.referred,
        events=found.events,
        decided=_decided(fitted, found),
        costliest=_costliest(found, fitted, probs),
    )
    name = source.spec.dataset.name
    dataset = DATASETS.get(name)
    reliability = scenario_curves.reliability(fitted, scenario, found)
    known = Findings(facts, fitted, found, probs, target, reliability, dataset)
    told = {"sentence": sentence(facts, found.cost.unit), "not_known": doubts(known, agreed)}
    return replace(known, facts=facts.model_copy(update=told))


def _decided(fitted: Fitted, found: Answer) -> list[Decided]:
    """The chosen way, the bar, argmax, and the best constant decision."""
    case = case_of(fitted, found.scenario)
    bar = fitted.decide(Recipe("", BAR, "least_expected_cost"), case.cost)
    blind = fitted.decide(Recipe("", "none", "argmax"), case.cost)
    always = np.full(len(bar), case.cost.decisions.index(found.constant.decision))
    ways = {
        "chosen": ("As agreed here", found.paid),
        "bar": ("The bar: one number calibrated, then least expected cost", case.paid(bar)),
        "argmax": ("The most probable class, whatever mistakes cost", case.paid(blind)),
        "constant": (f"Always '{found.constant.decision}', without looking", case.paid(always)),
    }
    return [_told(name, title, paid, found.paid) for name, (title, paid) in ways.items()]


def _told(name: str, title: str, paid: np.ndarray, chosen: np.ndarray) -> Decided:
    mean, difference = mean_interval(paid), paired_interval(chosen, paid)
    return Decided(
        name=name,
        title=title,
        cost=mean.estimate * CASES,
        interval=_ends(mean),
        difference=difference.estimate * CASES,
        difference_interval=_ends(difference),
    )


def _ends(interval: Interval) -> list[float]:
    return [interval.low * CASES, interval.high * CASES]


def _costliest(found: Answer, fitted: Fitted, probs: np.ndarray) -> list[CostlyImage]:
    """Those above what their class costs at best, the dearest first, then those the model is surest of."""
    target, cost = fitted.test.target, found.cost
    paid = cost.paid(target, found.decided)
    above = paid - cost.values.min(axis=1)[target]
    order = np.lexsort((np.arange(len(paid)), -probs.max(axis=1), -above))[:COSTLIEST]
    return [
        CostlyImage(
            index=int(fitted.test.index[row]),
            truth=cost.classes[target[row]],
            decision=cost.decisions[found.decided[row]],
            cost=float(paid[row]),
            probs=probs[row].tolist(),
        )
        for row in order
        if above[row] > 0
    ]
