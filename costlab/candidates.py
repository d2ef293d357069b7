"""Ways to decide that are weighed against each other: models with rules, and one decision for all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from costlab.calibration import CALIBRATIONS
from costlab.comparable import why_apart
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.fitted import Fitted, Recipe, recipes
from costlab.metrics import best_constant, confusion
from costlab.scenario import Scenario, case_of
from costlab.sources import Source, short_titles
from costlab.verdict import Case

CONSTANT = "constant"
OWN = "own"  # the scenario's calibration and rule, where it is none of the usual recipes


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to decide the test images.

    rule: its title. model: the title of its source; "" where there is one only, or none is asked. own: whether it is
    how the scenario decides. target: (N,), in the same order of images for all candidates. weights: (K,), what an image
    of each class counts for. decided: (N,), at the likely prices. paid: (N,), at these prices, weighted. counts:
    (K, D), images in each cell, weighted. remade: decides anew at other prices.
    """

    rule: str
    model: str
    own: bool
    target: np.ndarray
    weights: np.ndarray
    decided: np.ndarray
    paid: np.ndarray
    counts: np.ndarray
    remade: Callable[[CostMatrix], np.ndarray]

    @property
    def title(self) -> str:
        """Rule and model."""
        return f"{self.rule}, {self.model}" if self.model else self.rule


def choices(scenario: Scenario) -> dict[str, Recipe]:
    """The recipes to choose from by name; those that weigh classes know the scenario's class shares.

    >>> list(choices(Scenario(CostMatrix.zero_one("ab"), calibration="vector", rule="argmax")))[-1]
    'own'
    """
    shifted = scenario.shares is not None
    made = {
        name: replace(recipe, shifted=shifted and recipe.rule != "argmax")
        for name, recipe in recipes(scenario.matrix).items()
    }
    own = scenario.recipe
    if not any(replace(recipe, title="") == own for recipe in made.values()):
        title = RULES[own.rule].title
        title = title if own.calibration == "none" else f"{own.calibration.capitalize()}, then {title.lower()}"
        made[OWN] = replace(own, title=f"{title}, new class shares" if shifted and own.rule == "argmax" else title)
    return made


def usual(scenario: Scenario, models: int = 1) -> list[str]:
    """Names of the candidates to begin with: few a model where there are many models.

    >>> usual(Scenario(CostMatrix.zero_one("ab")), models=2)
    ['temperature', 'argmax', 'least_expected_cost', 'constant']
    """
    known = choices(scenario)
    own = next(name for name, recipe in known.items() if replace(recipe, title="") == scenario.recipe)
    plain = ["argmax", "least_expected_cost"]
    some = [*plain, *(name for name in CALIBRATIONS if name in known)] if models == 1 else plain if models <= 3 else []
    return [*dict.fromkeys([own, *some]), CONSTANT]


def comparable(models: Sequence[tuple[Source, Fitted]]) -> tuple[list[tuple[Source, Fitted]], list[str]]:
    """The models that were tested on the very images of the first, and a sentence for each that was not."""
    kept, told = list(models[:1]), []
    first = kept[0][0]
    for source, fitted in models[1:]:
        why = why_apart(first, source)
        tested = np.sort(first.predictions.part("test").index)
        if not why and not np.array_equal(np.sort(fitted.test.index), tested):
            why = "Some test images are in one of them only."
        if why:
            told.append(f"'{source.title}' is left out beside '{first.title}'. {why}")
        else:
            kept.append((source, fitted))
    return kept, told


def candidates(models: Sequence[tuple[Source, Fitted]], scenario: Scenario, names: Sequence[str]) -> list[Candidate]:
    """The named rules for each model, the best constant decision last. models: `comparable` ones, at least one.

    Raises InvalidCosts or InvalidPredictions where the scenario means nothing for them.
    """
    known, found = choices(scenario), []
    titles = short_titles([source for source, _ in models]) if len(models) > 1 else [""]
    for (_, fitted), title in zip(models, titles, strict=True):
        case = case_of(fitted, scenario)
        order = np.argsort(fitted.test.index, kind="stable")
        found += [_by_rule(case, known[name], title, order, scenario) for name in names if name in known]
    if CONSTANT in names:
        found.append(_constant(case, order))
    return found


def _by_rule(case: Case, recipe: Recipe, model: str, order: np.ndarray, scenario: Scenario) -> Candidate:
    def remade(cost: CostMatrix) -> np.ndarray:
        return np.asarray(case.fitted.decide(recipe, cost, case.priors, case.cost)[order])

    return _candidate(case, order, (recipe.title, model, replace(recipe, title="") == scenario.recipe), remade)


def _constant(case: Case, order: np.ndarray) -> Candidate:
    def remade(cost: CostMatrix) -> np.ndarray:
        return np.full(len(order), best_constant(case.counts * case.weights, cost)[0])

    return _candidate(case, order, (f"Always '{case.constant().decision}'", "", False), remade)


def _candidate(
    case: Case, order: np.ndarray, called: tuple[str, str, bool], remade: Callable[[CostMatrix], np.ndarray]
) -> Candidate:
    decided, target = remade(case.cost), case.fitted.test.target[order]
    paid = case.cost.paid(target, decided) * case.weights[target]
    counts = confusion(target, decided, case.cost) * case.weights[:, None]
    return Candidate(*called, target, case.weights, decided, paid, counts, remade)
