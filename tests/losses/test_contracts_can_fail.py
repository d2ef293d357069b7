"""The contracts, held against planted mistakes: each must be caught by the contract that is named beside it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from costlab.costs import CostMatrix
from costlab.losses import CostLoss, Loss, at_least_float32, cost_tensor
from costlab.losses._gains import gains
from costlab.losses._slope import with_slope
from costlab.losses._soft_confusion import RunningConfusion
from costlab.losses.ce_plus_expected_cost import CrossEntropyPlusExpectedCost
from costlab.losses.cost_logit_adjusted import CostLogitAdjusted
from costlab.losses.one_sided_regression import OneSidedRegression
from costlab.losses.soft_f_beta import SoftFBeta
from costlab.losses.weighted_cross_entropy import WeightedCrossEntropy
from costlab.registry import Plugin
from tests.losses.contracts import CHECKS, PLUGIN_CHECKS, Subject
from tests.losses.points import PROGRESS, subject


class Planted(CostLoss):
    """Expected cost, written out so that one step at a time can be written wrongly."""

    cost: Tensor

    def __init__(self, cost: CostMatrix) -> None:
        super().__init__()
        self.register_buffer("cost", cost_tensor(cost))

    def chances(self, logits: Tensor) -> Tensor:
        return at_least_float32(logits).softmax(-1)

    def prices(self, target: Tensor) -> Tensor:
        return self.cost[target]

    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return (self.chances(logits) * self.prices(target)).sum(-1)


class WrongSign(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return -super().per_example(logits, target)


class FactorTwo(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return 2 * super().per_example(logits, target)


class Transposed(Planted):
    def prices(self, target: Tensor) -> Tensor:
        return self.cost.T[target]


class AxesSwapped(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        truth = F.one_hot(target, len(self.cost)).to(self.cost)
        return torch.einsum("nj,ij,ni->n", truth, self.cost, self.chances(logits).to(self.cost))


class MadeSymmetric(Planted):
    def prices(self, target: Tensor) -> Tensor:
        return (self.cost + self.cost.T)[target] / 2


class BatchMeanTaken(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        loss = super().per_example(logits, target)
        return 1 + loss - loss.mean()


class PlaceInTheBatchCounts(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().per_example(logits, target) / torch.arange(1, len(target) + 1, device=target.device)


class NextImagesPrices(Planted):
    def prices(self, target: Tensor) -> Tensor:
        return self.cost[target.roll(1)]


class SlopeOfAnother(Planted):
    """The slope of expected cost by hand, with the mean over the classes where it should be over their chances."""

    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        def judged(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
            chances, prices = self.chances(logits), self.prices(target)
            return (chances * prices).sum(-1), chances * (prices - prices.mean(-1, keepdim=True))

        return with_slope(judged, logits, target)


class DetachedWeight(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        loss = super().per_example(logits, target)
        return loss.detach() * loss


class DecidesFirst(Planted):
    def chances(self, logits: Tensor) -> Tensor:
        chances = super().chances(logits)
        return F.one_hot(chances.argmax(-1), chances.shape[-1]) + 0 * chances


class LastImageLost(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        loss = super().per_example(logits, target)
        return torch.cat([loss[:-1], 0 * loss[-1:]])


class ClassNumberCounts(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return (1 + target) * super().per_example(logits, target)


class NaiveSoftmax(Planted):
    def chances(self, logits: Tensor) -> Tensor:
        weights = at_least_float32(logits).exp()
        return weights / weights.sum(-1, keepdim=True)


class LogOfAChance(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return -self.chances(logits).gather(-1, target[:, None]).squeeze(-1).log()


class HalfPrecision(Planted):
    def chances(self, logits: Tensor) -> Tensor:
        return logits.softmax(-1).to(logits.dtype)


class MatrixProduct(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        chances = self.chances(logits)
        return (chances @ self.cost.T.to(chances.dtype)).gather(-1, target[:, None]).squeeze(-1)


class TakesRowsToLieOneAfterTheOther(Planted):
    def chances(self, logits: Tensor) -> Tensor:
        return super().chances(logits.as_strided(logits.shape, (logits.shape[1], 1)))


class WorksInPlace(Planted):
    def chances(self, logits: Tensor) -> Tensor:
        with torch.no_grad():
            logits -= logits.amax(-1, keepdim=True)
        return super().chances(logits)


class KeepsAColumn(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().per_example(logits, target)[:, None]


class CostsInAList(Planted):
    def __init__(self, cost: CostMatrix) -> None:
        super().__init__(cost)
        self.table = [self.cost.clone()]

    def prices(self, target: Tensor) -> Tensor:
        return self.table[0][target]


class CostsNotInTheState(Planted):
    def __init__(self, cost: CostMatrix) -> None:
        super().__init__(cost)
        self.register_buffer("cost", self.cost, persistent=False)


class WaitsForANumber(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().per_example(logits, target) / self.cost.max().item()


class EveryPairOfClasses(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        chances = self.chances(logits)
        pairs = F.one_hot(target, len(self.cost)).to(chances)[:, :, None] * self.cost * chances[:, None, :]
        return pairs.sum((-2, -1))


class PicksByMask(Planted):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        chosen = F.one_hot(target, len(self.cost)).bool()
        return 1 - self.chances(logits)[chosen]


class DividesByAnEmptyRow(Planted):
    def observe(self, confusion: Tensor) -> None:
        self.cost *= 1 + confusion / confusion.sum(1, keepdim=True)


class SignOfTheForecastTurned(OneSidedRegression):
    def per_example(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().per_example(-logits, target)


class MeanOverWeights(WeightedCrossEntropy):
    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(logits, target, weight=self.weights)


class NothingMasked(SoftFBeta):
    def of_confusion(self, soft: Tensor) -> Tensor:
        return 1 - (2 * soft.diagonal() / (soft.sum(1) + soft.sum(0))).mean()


class NothingClamped(SoftFBeta):
    def of_confusion(self, soft: Tensor) -> Tensor:
        present = soft.detach().sum(1).clamp(max=1)
        return 1 - (present * 2 * soft.diagonal() / (soft.sum(1) + soft.sum(0))).sum() / present.sum()


class EarlyImagesCountMore(SoftFBeta):
    def of_batch(self, logits: Tensor, target: Tensor) -> Tensor:
        half = len(target) // 2
        return 0.75 * super().of_batch(logits[:half], target[:half]) + 0.25 * super().of_batch(logits, target)


class RemembersValidation(RunningConfusion):
    def forward(self, probs: Tensor, target: Tensor) -> Tensor:
        counted = super().forward(probs, target)
        self.past.copy_(self.memory * self.past + counted.detach())
        return counted


class BeginsWithOneImageEach(RunningConfusion):
    def __init__(self, classes: int, memory: float) -> None:
        super().__init__(classes, memory)
        self.past += torch.eye(classes)


class MemoryNotInTheState(RunningConfusion):
    def __init__(self, classes: int, memory: float) -> None:
        super().__init__(classes, memory)
        self.register_buffer("past", self.past, persistent=False)


class OrderCounts(SoftFBeta):
    def of_confusion(self, soft: Tensor) -> Tensor:
        apart = torch.arange(len(soft), dtype=soft.dtype)
        return ((apart[:, None] - apart).abs() * soft).sum() / soft.sum()


class ClaimsThatOrderCounts(SoftFBeta):
    ordinal = True


def planted(mistake: type[Planted]) -> Subject:
    """Judged by the oracle of expected cost."""
    return Subject(lambda cost, counts: mistake(cost), subject("expected_cost", {}).oracle)


def f_beta(kind: type[SoftFBeta], *wrong: Any, **asked: Any) -> Subject:
    """A soft F-beta made with `wrong`, judged by the oracle of what was `asked`."""
    return Subject(lambda cost, counts: kind(len(counts), *wrong), subject("soft_f_beta", asked).oracle)


def remembering(kind: type[RunningConfusion]) -> Subject:
    """A soft F-beta with a memory of that kind."""

    def make(cost: CostMatrix, counts: np.ndarray) -> Loss:
        loss = SoftFBeta(len(counts))
        loss.confusion = kind(len(counts), 0.5)
        return loss

    return Subject(make, subject("soft_f_beta", {"memory": 0.5}).oracle)


def weighted(kind: type[WeightedCrossEntropy]) -> Subject:
    """Weights of `1 / counts`, left as they are."""
    oracle = subject("weighted_cross_entropy", {}).oracle
    return Subject(lambda cost, counts: kind(torch.from_numpy(1 / counts).float()), oracle)


def not_clamped(cost: CostMatrix, counts: np.ndarray) -> Loss:
    """Cost logit adjustment that divides by the price of a class that is free to miss."""
    found = gains(cost)
    return CostLogitAdjusted(found, found.diagonal())


def backwards(cost: CostMatrix, counts: np.ndarray) -> Loss:
    """A schedule from expected cost to cross-entropy."""
    loss = CrossEntropyPlusExpectedCost(cost_tensor(cost), 1.0, lambda progress: (progress, 1 - progress))
    loss.set_progress(PROGRESS)
    return loss


MOVING = subject("ce_plus_expected_cost", {"schedule": "from cross-entropy to expected cost"})

MISTAKES = {
    "value_equals_the_oracle": {
        "factor two": planted(FactorTwo),
        "transposed costs": planted(Transposed),
        "axes of the costs swapped": planted(AxesSwapped),
        "division by a price of 0": Subject(not_clamped, subject("cost_logit_adjusted", {}).oracle),
        "beta squared once too often": f_beta(SoftFBeta, 2.0**2, beta=2.0),
        "macro for weighted": f_beta(SoftFBeta, 1.0, "macro", average="weighted"),
        "absent classes counted": f_beta(NothingMasked),
        "weights not scaled to mean 1": weighted(WeightedCrossEntropy),
        "schedule the wrong way round": Subject(backwards, MOVING.oracle),
    },
    "value_is_of_the_right_kind": {
        "a column too many": planted(KeepsAColumn),
        "mean over weights instead of images": weighted(MeanOverWeights),
    },
    "gradient_is_that_of_the_value": {
        "detached weight": planted(DetachedWeight),
        "slope of another loss": planted(SlopeOfAnother),
    },
    "gradient_reaches_every_image": {
        "decides before it counts": planted(DecidesFirst),
        "last image lost": planted(LastImageLost),
    },
    "right_costs_less_than_wrong": {
        "wrong sign": planted(WrongSign),
        "wrong sign of the forecasts": Subject(
            lambda cost, counts: SignOfTheForecastTurned(cost_tensor(cost)), subject("one_sided_regression", {}).oracle
        ),
    },
    "one_example_ignores_the_others": {
        "batch mean in a per-example loss": planted(BatchMeanTaken),
        "place in the batch counts": planted(PlaceInTheBatchCounts),
        "prices of the image before": planted(NextImagesPrices),
        "early images count more": f_beta(EarlyImagesCountMore),
    },
    "names_of_classes_do_not_matter": {
        "class number as a weight": planted(ClassNumberCounts),
        "order counts and nobody says so": f_beta(OrderCounts),
        "order is said to count and does not": f_beta(ClaimsThatOrderCounts),
    },
    "training_begins_with_nothing_remembered": {
        "one image of each class from nowhere": remembering(BeginsWithOneImageEach),
    },
    "evaluation_neither_remembers_nor_recalls": {
        "validation images remembered": remembering(RemembersValidation),
    },
    "all_that_is_remembered_is_in_the_state": {
        "memory not in the state": remembering(MemoryNotInTheState),
    },
    "rows_are_the_truth": {
        "transposed costs": planted(Transposed),
        "axes of the costs swapped": planted(AxesSwapped),
    },
    "transposing_costs_matters_where_costs_do": {
        "costs made symmetric": planted(MadeSymmetric),
    },
    "finite_at_extreme_logits": {
        "softmax without its maximum": planted(NaiveSoftmax),
        "logarithm of a chance of 0": planted(LogOfAChance),
        "nothing clamped": f_beta(NothingClamped),
    },
    "finite_at_extreme_logits_under_autocast": {
        "softmax without its maximum": planted(NaiveSoftmax),
        "logarithm of a chance of 0": planted(LogOfAChance),
    },
    "half_precision_logits_are_judged_in_float32": {
        "half precision": planted(HalfPrecision),
        "matrix product": planted(MatrixProduct),
    },
    "autocast_changes_nothing_for_float32_logits": {
        "matrix product": planted(MatrixProduct),
    },
    "a_slice_of_a_stack_is_judged_like_a_copy_of_it": {
        "rows taken to lie one after the other": planted(TakesRowsToLieOneAfterTheOther),
    },
    "inputs_stay_as_they_are": {
        "logits changed in place": planted(WorksInPlace),
    },
    "numbers_live_in_buffers": {
        "costs in a list": planted(CostsInAList),
        "costs not in the state": planted(CostsNotInTheState),
    },
    "runs_on_another_device_without_looking_at_numbers": {
        "costs in a list": planted(CostsInAList),
        "item() in every batch": planted(WaitsForANumber),
        "as many values as a mask says": planted(PicksByMask),
    },
    "no_step_makes_more_numbers_than_there_are_logits": {
        "a number for every pair of classes": planted(EveryPairOfClasses),
    },
    "any_confusion_matrix_can_be_observed": {
        "division by an empty row": planted(DividesByAnEmptyRow),
    },
}
CASES = [(contract, mistake) for contract, mistakes in MISTAKES.items() for mistake in mistakes]

SOUND = '''"""One minus the chance of the truth.

What it is and when to use it, in words that a teacher can read aloud; a few sentences, so that one knows what to do.
"""

from pydantic import Field

from costlab import registry
from costlab.losses.soft_accuracy import SoftAccuracy

TITLE = "Half of soft accuracy"
FORMULA = r"\\ell = s\\,(1 - p_{y})"
SOURCE = "Nobody 1900, Nothing"
DECIDES = "least_expected_cost"


class Options(registry.Options):
    """How much of it."""

    share: float = Field(0.5, ge=0, le=1, title="Share (s)", description="How much of it there is.")


class Half(SoftAccuracy):
    """`s (1 - p[y]) - (1 - s) log p[y]` of logits (N, K).

    >>> import torch
    >>> Half(1.0).per_example(torch.zeros(1, 2), torch.tensor([0]))  # log 2
    tensor([0.6931])
    """

    def per_example(self, logits, target):
        """(N,) loss of each example."""
        return super().per_example(logits, target)


def make(options: Options, cost, counts) -> Half:
    """The loss with its share of cross-entropy."""
    return Half(options.share)
'''

FLAWS = {
    "explains_itself": {
        "missing docstring": (SOUND[: SOUND.index("from pydantic")], ""),
        "nothing but a headline": (SOUND[SOUND.index("What") : SOUND.index('"""\n\nfrom')], ""),
        "no formula": ("FORMULA =", "FORM ="),
        "no source": ("SOURCE =", "ORIGIN ="),
        "a brace too many": ("p_{y}", "p_{y}}"),
    },
    "says_the_shapes_of_what_goes_in_and_out": {
        "missing docstring of the loss": ("of logits (N, K).", "of logits."),
        "missing docstring of its value": ('"""(N,) loss of each example."""', ""),
        "missing docstring of make": ('"""The loss with its share of cross-entropy."""', ""),
        "nobody knows what it makes": (" -> Half:", " -> object:"),
    },
    "shows_an_example_to_check_by_hand": {
        "no example": (">>> ", ""),
        "an example that is not so": ("0.6931", "0.6932"),
    },
    "every_option_has_a_title_a_description_bounds_and_a_default": {
        "option without a title": ('title="Share (s)", ', "title='', "),
        "option without a description": (', description="How much of it there is."', ""),
        "option without bounds": ("ge=0, le=1, ", ""),
        "option without a default": ("Field(0.5, ", "Field("),
    },
    "says_how_to_decide": {
        "not said how to decide": ("DECIDES =", "DECIDED ="),
        "a rule that nobody knows": ('"least_expected_cost"', '"guess"'),
        "the dearer rule": ('"least_expected_cost"', '"argmax"'),
    },
}
FLAWED = [(contract, flaw) for contract, flaws in FLAWS.items() for flaw in flaws]


def file(text: str) -> Plugin:
    """A loss file with that text."""
    module = ModuleType("planted")
    exec(text, module.__dict__)
    return Plugin("loss", "planted", module)


@pytest.mark.parametrize(("contract", "flaw"), FLAWED)
def test_each_flawed_file_is_caught_by_the_contract_named_beside_it(contract: str, flaw: str) -> None:
    old, new = FLAWS[contract][flaw]
    assert old in SOUND
    flawed = file(SOUND.replace(old, new))
    with pytest.raises((AssertionError, KeyError)):
        PLUGIN_CHECKS[f"check_{contract}"](flawed)


@pytest.mark.parametrize("check", PLUGIN_CHECKS.values(), ids=PLUGIN_CHECKS)
def test_the_same_file_without_a_flaw_passes(check: Callable[[Plugin], None]) -> None:
    check(file(SOUND))


@pytest.mark.parametrize(("contract", "mistake"), CASES)
def test_each_planted_mistake_is_caught_by_the_contract_named_beside_it(contract: str, mistake: str) -> None:
    with pytest.raises(AssertionError):
        CHECKS[f"check_{contract}"](MISTAKES[contract][mistake])


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_the_same_loss_without_a_mistake_passes(check: Callable[[Subject], None]) -> None:
    check(planted(Planted))
    check(remembering(RunningConfusion))


def test_every_contract_is_shown_to_catch_something() -> None:
    assert {f"check_{contract}" for contract in MISTAKES} == set(CHECKS)
    assert {f"check_{contract}" for contract in FLAWS} == set(PLUGIN_CHECKS)
