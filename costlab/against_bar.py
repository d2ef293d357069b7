"""Is a model better, or only its rule? Every row against the bar, and rows that differ in nothing but their seed.

The bar is cross-entropy's probabilities after temperature scaling, then the decision of least expected cost; its model
is the `reference`, or another model where there is no cross-entropy. With c(model, rule) a mean cost on the same test
images, a model decided by its own rule is cheaper than the bar by

    c(reference, bar rule) - c(model, own rule)
        = [c(reference, bar rule) - c(model, bar rule)]      its probabilities: another model, the same rule
        + [c(model, bar rule) - c(model, own rule)]          its rule: the same model, another rule

and the two parts add up exactly, because all are means over the same images.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from costlab.comparing import LEVEL, Entry, Standing
from costlab.fitted import BAR, Recipe
from costlab.intervals import Interval, mean_interval, paid_events, paired_interval, seed_interval
from costlab.passports import passports
from costlab.scenario import Scenario, case_of
from costlab.specs import Choice, RunSpec


def bar_recipe(scenario: Scenario) -> Recipe:
    """The rule of the bar: temperature, then least expected cost, at the scenario's class shares if it has any."""
    return Recipe("", BAR, "least_expected_cost", scenario.shares is not None)


def is_cross_entropy(loss: Choice) -> bool:
    """Whether it is plain cross-entropy; options at 0 change nothing."""
    return loss.name == "cross_entropy" and not any(loss.options.values())


def but_seed(spec: RunSpec) -> RunSpec:
    """`spec` without its seed and the machine it ran on; without costs too where the loss does not look at them."""
    same = {"seed": 0, "device": "auto", "precision": "auto", "threads": None}
    return spec.model_copy(update=same | ({"cost": None} if is_cross_entropy(spec.loss) else {}))


def reference_of(entries: Sequence[Entry], number: int) -> int | None:
    """The cross-entropy model that row `number` is measured by, itself if it is one; None where there is none.

    Of several the one that differs least: with the same settings and the same seed, then the same seed, then the first.
    """
    mine = entries[number].spec
    if is_cross_entropy(mine.loss):
        return number
    candidates = [place for place, entry in enumerate(entries) if is_cross_entropy(entry.spec.loss)]

    def unlike(place: int) -> tuple[bool, bool]:
        other = entries[place].spec
        same = but_seed(mine.model_copy(update={"loss": other.loss})) == but_seed(other)
        return (other.seed != mine.seed, not same)

    return min(candidates, key=unlike, default=None)


@dataclass(frozen=True)
class Against:
    """One row against what it is measured by: costs saved an image, above 0 where the row is cheaper.

    reference: the row whose model is the measure. is_reference: whether that is this very row. is_bar: whether it also
    decides by the bar's rule. saved: as it decides in the scenario. own: its mean cost by its own rule. own_saved =
    model + rule: what that saves, and its parts. events: how many dear mistakes `saved` rests on, about. The intervals
    of each of these, but for `own`, hold together for all rows.
    """

    reference: int
    is_reference: bool
    is_bar: bool
    saved: Interval
    own: Interval
    own_saved: Interval
    model: Interval
    rule: Interval
    events: float

    @property
    def outcome(self) -> str:
        """bar (it is the very same decisions), cheaper, dearer or alike."""
        if self.is_bar:
            return "bar"
        if not self.saved.excludes_zero:
            return "alike"
        return "cheaper" if self.saved.estimate > 0 else "dearer"


def meant_recipe(entry: Entry) -> Recipe:
    """How a model's loss is meant to be followed, its outputs taken as they are; argmax where that is not known."""
    passport = passports().get(entry.spec.loss.name)
    return Recipe("", "none", passport.decides if passport else "argmax")


def against(standing: Standing, scenario: Scenario, own: Sequence[Recipe], references: Sequence[int]) -> list[Against]:
    """Every row against the bar of its reference model. own: M rules that the models are also decided by.

    references: M rows. Intervals are widened so that those of all rows hold together at 95 % (Bonferroni).
    """
    bar = bar_recipe(scenario)
    barred, owned = _paid_by(standing, scenario, [bar] * len(own)), _paid_by(standing, scenario, own)
    by_bar = [_alike(entry.recipe, bar) for entry in standing.entries]
    judged = sum(references[row] != row or not same for row, same in enumerate(by_bar))
    level = 1 - LEVEL / max(1, judged)
    found = []
    for row, reference in enumerate(references):
        saved = paired_interval(barred[reference], standing.paid[row], level)
        found.append(
            Against(
                reference=reference,
                is_reference=reference == row,
                is_bar=reference == row and by_bar[row],
                saved=saved,
                own=mean_interval(owned[row]),
                own_saved=paired_interval(barred[reference], owned[row], level),
                model=paired_interval(barred[reference], barred[row], level),
                rule=paired_interval(barred[row], owned[row], level),
                events=paid_events(barred[reference] - standing.paid[row]),
            )
        )
    return found


def _alike(one: Recipe, other: Recipe) -> bool:
    return replace(one, title="") == replace(other, title="")


def _paid_by(standing: Standing, scenario: Scenario, recipes: Sequence[Recipe]) -> np.ndarray:
    """(M, N): what every row's model pays by its recipe."""
    cases = [case_of(entry.fitted, scenario) for entry in standing.entries]
    return np.array(
        [
            case.paid(case.fitted.decide(recipe, case.cost, case.priors))
            for case, recipe in zip(cases, recipes, strict=True)
        ]
    )


def telling_pair(standing: Standing, saved: Sequence[Against]) -> tuple[int, int]:
    """Two rows whose difference says most: from what the cheapest is measured by, or from the next, to the cheapest.

    Of the rules of one model, from argmax, which knows nothing of costs.
    """
    first, *others = standing.order
    blind = [row for row in others if standing.entries[row].recipe.rule == "argmax"]
    if saved[first].reference != first:
        return saved[first].reference, first
    return (blind or others or [first])[0], first


# Seeds ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seeds:
    """Rows that differ in nothing but the seed. Costs are means an image; cost: the mean over seeds.

    mean: it with Student's interval, which speaks of training again on the same data, not of other images. spread: the
    standard deviation over seeds (divisor S - 1). Both are None for one seed. saved: what they save against the bars of
    the same seeds, the mean over seeds with Student's interval; None for fewer than two.
    """

    rows: tuple[int, ...]
    seeds: tuple[int, ...]
    cost: float
    mean: Interval | None
    spread: float | None
    saved: Interval | None


def by_seed(standing: Standing, saved: Sequence[Against]) -> list[Seeds]:
    """The rows in groups that differ in nothing but the seed, the cheapest group first."""
    groups: dict[str, list[int]] = {}
    for row, entry in enumerate(standing.entries):
        groups.setdefault(but_seed(entry.spec).model_dump_json(), []).append(row)
    found = []
    for rows in groups.values():
        seeds = [standing.entries[row].spec.seed for row in rows]
        costs = np.array([standing.means[row].estimate for row in rows])
        several = len(rows) > 1
        paired = [saved[row].saved.estimate for row in rows if _same_seed(standing, row, saved[row].reference)]
        found.append(
            Seeds(
                rows=tuple(rows),
                seeds=tuple(seeds),
                cost=float(costs.mean()),
                mean=seed_interval(costs) if several else None,
                spread=float(costs.std(ddof=1)) if several else None,
                saved=seed_interval(paired) if len(paired) > 1 else None,
            )
        )
    return sorted(found, key=lambda each: each.cost)


def _same_seed(standing: Standing, row: int, reference: int) -> bool:
    """Whether a row is measured by another one of its own seed."""
    return row != reference and standing.entries[row].spec.seed == standing.entries[reference].spec.seed
