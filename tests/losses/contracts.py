"""What every loss is held to, as plain functions: each takes a `Subject`, or the `Plugin`, and asserts one claim.

`test_loss_contracts.py` holds every registered loss to them; `test_contracts_can_fail.py` holds planted mistakes to
them, each of which must be caught.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from doctest import DocTestFinder, DocTestRunner
from typing import Any, get_type_hints

import numpy as np
import torch
from scipy.special import softmax
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.passports.minimise import minimise
from costlab.costs import CostMatrix
from costlab.losses import BatchLoss, CostLoss, Loss
from costlab.registry import Plugin

CLASSES = ("ant", "bee", "cat", "dog")
COUNTS = np.array([5, 40, 20, 10])
UNEVEN = CostMatrix(np.array([[0, 1, 7, 2], [4, 0, 3, 5], [9, 6, 0, 8], [2.5, 12, 1.5, 0]]), CLASSES)
COSTS = {
    "uneven": UNEVEN,
    "zero-one": CostMatrix.zero_one(CLASSES),
    "being right costs, too": CostMatrix(UNEVEN.values + np.diag([1.0, 0, 0.5, 0]), CLASSES),
    "a mistake cheaper than being right": CostMatrix(UNEVEN.values + np.diag([3.0, 0, 0, 0]), CLASSES),
    "with referral": UNEVEN.with_referral(1.25),
    "one class is free to miss": CostMatrix(UNEVEN.values * [[1], [1], [0], [1]], CLASSES),
    "free": CostMatrix(np.zeros((4, 4)), CLASSES),
}
TARGET = torch.tensor([0, 1, 2, 3, 1, 1])


@dataclass(frozen=True)
class Subject:
    """A loss under test. `oracle(logits, target, cost, counts)` gives its values, (N,) or a scalar, in plain numpy."""

    make: Callable[[CostMatrix, np.ndarray], Loss]
    oracle: Callable[..., np.ndarray]

    def loss(self, cost: CostMatrix = UNEVEN, counts: np.ndarray = COUNTS) -> Loss:
        """In evaluation mode, in which a loss that remembers batches judges each by itself."""
        return self.make(cost, counts).eval()


def draw(seed: int, rows: int = len(TARGET), dtype: torch.dtype = torch.float64) -> Tensor:
    """Logits (rows, K) of a moderately sure model."""
    return 2 * torch.randn(rows, len(CLASSES), generator=torch.Generator().manual_seed(seed), dtype=dtype)


def values(loss: Loss, logits: Tensor, target: Tensor) -> Tensor:
    """(N,) of a per-example loss, a scalar of a batch loss."""
    return loss.per_example(logits, target) if isinstance(loss, CostLoss) else loss(logits, target)


def gradient(loss: Loss, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The scalar loss and its gradient in the logits."""
    logits = logits.detach().clone().requires_grad_()
    value = loss(logits, target)
    assert value.requires_grad, "no gradient reaches the logits"
    value.backward()
    assert logits.grad is not None
    return value.detach(), logits.grad


def close(a: Tensor | np.ndarray, b: Tensor | np.ndarray, tolerance: float) -> None:
    """`a` equals `b` to `tolerance`, absolute below 1 and relative above."""
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=tolerance)


# Value and gradient --------------------------------------------------------------------------------------------------


def check_value_equals_the_oracle(subject: Subject) -> None:
    for cost in COSTS.values():
        loss = subject.loss(cost)
        matrix = cost.normalised()[:, : len(CLASSES)].astype(np.float64)
        for seed, target in ((1, TARGET), (2, TARGET.flip(0)), (3, TARGET.clamp(max=1))):
            logits = draw(seed)
            expected = subject.oracle(logits.numpy(), target.numpy(), matrix, COUNTS)
            close(values(loss, logits, target), expected, 1e-10)


def check_value_is_of_the_right_kind(subject: Subject) -> None:
    loss, logits = subject.loss(), draw(0, dtype=torch.float32)
    value = loss(logits, TARGET)
    assert value.shape == ()
    assert value.dtype == torch.float32
    assert isinstance(loss, CostLoss | BatchLoss)
    each = values(loss, logits, TARGET)
    assert each.shape == (TARGET.shape if isinstance(loss, CostLoss) else ())
    close(value, each.mean(), 1e-6)


def check_gradient_is_that_of_the_value(subject: Subject) -> None:
    loss = subject.loss()
    for seed in range(5):
        logits = draw(seed, rows=3).requires_grad_()
        target = (TARGET[:3] + seed) % len(CLASSES)
        assert torch.autograd.gradcheck(loss, (logits, target), raise_exception=False)


def check_gradient_reaches_every_image(subject: Subject) -> None:
    unsure = draw(0, dtype=torch.float32) / 20  # of a model that has just begun: a sure one may have done with an image
    _, slope = gradient(subject.loss(), unsure, TARGET)
    assert (slope.abs().amax(dim=1) > 1e-7).all()


def check_right_costs_less_than_wrong(subject: Subject) -> None:
    """What a per-example loss asks for is the truth; a batch costs least when all are right, rather than all but one.

    Of a single image its least loss is looked at, not the loss of being sure: labels that hold shares of several
    classes may forgive a sure mistake more than a sure answer. Of a batch one image, the others right: two mistakes can
    hide each other in its score, as in quadratic kappa.
    """
    loss, k = subject.loss(), len(CLASSES)
    if isinstance(loss, CostLoss):
        asked, _ = minimise(lambda z: loss.per_example(z, TARGET), torch.zeros(len(TARGET), k).double(), steps=25)
        assert torch.equal(asked.argmax(-1), TARGET)
        return
    for row, truth in enumerate(TARGET.tolist()):
        costs = []
        for guess in range(k):
            logits = 8.0 * torch.nn.functional.one_hot(TARGET, k)
            logits[row] = 0
            logits[row, guess] = 8
            costs.append(float(loss(logits, TARGET)))
        assert min(range(k), key=costs.__getitem__) == truth
        assert sorted(costs)[1] - costs[truth] > 1e-5


# Who pays for what ---------------------------------------------------------------------------------------------------


def check_one_example_ignores_the_others(subject: Subject) -> None:
    loss, logits = subject.loss(), draw(0)
    if isinstance(loss, BatchLoss):
        return close(loss(logits, TARGET), loss(logits.flip(0), TARGET.flip(0)), 1e-12)  # only their order is ignored
    together = values(loss, logits, TARGET)
    alone = torch.cat([values(loss, logits[[n]], TARGET[[n]]) for n in range(len(TARGET))])
    return close(together, alone, 1e-12)


def check_names_of_classes_do_not_matter(subject: Subject) -> None:
    """To a loss that says so, the order of the classes matters, but not the end at which it begins."""

    def renamed(order: list[int], logits: Tensor) -> Tensor:
        loss = subject.loss(UNEVEN.for_classes([CLASSES[old] for old in order]), COUNTS[order])
        return values(loss, logits[:, order], torch.tensor(order).argsort()[TARGET])

    ordinal = subject.loss().ordinal
    for seed in range(3):
        logits = draw(seed)
        original, shuffled = values(subject.loss(), logits, TARGET), renamed([2, 0, 3, 1], logits)
        close(original, renamed([3, 2, 1, 0], logits), 1e-6)
        if ordinal:
            assert not np.allclose(original, shuffled, rtol=1e-3, atol=1e-3)
        else:
            close(original, shuffled, 1e-6)


def check_rows_are_the_truth(subject: Subject) -> None:
    """Two prices of one row change places: images of the other classes must not notice."""
    logits, k = draw(0), len(CLASSES)
    for row in range(k):
        a, b = [column for column in range(k) if column != row][:2]
        swapped = UNEVEN.replaced(row, a, UNEVEN.values[row, b]).replaced(row, b, UNEVEN.values[row, a])
        others = row != TARGET
        before, after = (values(subject.loss(cost), logits[others], TARGET[others]) for cost in (UNEVEN, swapped))
        close(before, after, 1e-6)


def check_transposing_costs_matters_where_costs_do(subject: Subject) -> None:
    def of(cost: CostMatrix) -> Tensor:
        return values(subject.loss(cost), draw(0), TARGET)

    transposed = replace(UNEVEN, values=UNEVEN.values.T)
    looks_at_costs = not torch.allclose(of(UNEVEN), of(COSTS["zero-one"]))
    assert looks_at_costs != torch.allclose(of(UNEVEN), of(transposed))


# What is remembered ---------------------------------------------------------------------------------------------------


def check_training_begins_with_nothing_remembered(subject: Subject) -> None:
    logits = draw(0)
    for trained, evaluated in zip(
        *(gradient(subject.loss().train(m), logits, TARGET) for m in (True, False)), strict=True
    ):
        assert torch.equal(trained, evaluated)


def check_evaluation_neither_remembers_nor_recalls(subject: Subject) -> None:
    loss, logits = subject.loss().train(), draw(0)
    for seed in (1, 2, 3):
        loss(draw(seed), TARGET)
    before = {name: value.clone() for name, value in loss.state_dict().items()}
    judged = values(loss.eval(), logits, TARGET)
    assert torch.equal(judged, values(subject.loss(), logits, TARGET))
    assert all(torch.equal(value, before[name]) for name, value in loss.state_dict().items())


def check_all_that_is_remembered_is_in_the_state(subject: Subject) -> None:
    ours, other = subject.loss().train(), subject.loss().train()
    for seed in (1, 2, 3):
        ours(draw(seed), TARGET)
    other.load_state_dict(ours.state_dict())
    for continued, resumed in zip(*(gradient(loss, draw(0), TARGET) for loss in (ours, other)), strict=True):
        assert torch.equal(continued, resumed)


# Numbers that computers have -----------------------------------------------------------------------------------------


def extremes() -> Iterator[tuple[Tensor, Tensor]]:
    """Logits up to 1e4 in size with every target, in one batch, one by one, and in batches of one class."""
    k = len(CLASSES)
    eye = torch.eye(k)
    patterns = torch.cat([eye, -eye, eye - eye.roll(1, 1), torch.ones(1, k), torch.zeros(1, k)]) * 1e4
    logits, target = patterns.repeat_interleave(k, 0), torch.arange(k).repeat(len(patterns))
    yield logits, target
    yield from ((logits[n : n + 1], target[n : n + 1]) for n in range(len(target)))
    yield from ((patterns, torch.full((len(patterns),), c)) for c in range(k))


def check_finite_at_extreme_logits(subject: Subject) -> None:
    loss = subject.loss().train()
    for logits, target in extremes():
        value, slope = gradient(loss, logits, target)
        assert value.isfinite()
        assert slope.isfinite().all()


def check_finite_at_extreme_logits_under_autocast(subject: Subject) -> None:
    loss = subject.loss().train()
    with torch.autocast("cpu", torch.bfloat16):
        for logits, target in extremes():
            value, slope = gradient(loss, logits.bfloat16(), target)
            assert value.isfinite()
            assert slope.isfinite().all()


def check_half_precision_logits_are_judged_in_float32(subject: Subject) -> None:
    loss, logits = subject.loss(), draw(0).bfloat16()
    expected = values(loss, logits.float(), TARGET)
    for autocast in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            judged = values(loss, logits, TARGET)
        assert judged.dtype == torch.float32
        close(judged, expected, 1e-6)


def check_autocast_changes_nothing_for_float32_logits(subject: Subject) -> None:
    """Where a model ends in float32, as one does whose last layer is kept exact, no step may go to half precision."""
    loss, logits = subject.loss(), draw(0, dtype=torch.float32)
    expected = gradient(loss, logits, TARGET)
    with torch.autocast("cpu", torch.bfloat16):
        judged = gradient(loss, logits, TARGET)
    for ours, theirs in zip(judged, expected, strict=True):
        assert ours.dtype == torch.float32
        close(ours, theirs, 1e-6)


def check_a_slice_of_a_stack_is_judged_like_a_copy_of_it(subject: Subject) -> None:
    """Members of a stack share one tensor of logits; a member's own may lie with gaps, or class by class."""
    members, n, k = 3, len(TARGET), len(CLASSES)
    numbers = torch.stack([draw(seed) for seed in range(members)])
    for order in ((1, 0, 2), (1, 2, 0), (2, 1, 0)):  # as they lie: images or classes first
        stack = numbers.permute(order).contiguous().permute(np.argsort(order).tolist()).requires_grad_()
        assert stack.shape == (members, n, k)
        assert not stack[1].is_contiguous()
        loss = subject.loss()
        value = loss(stack[1], TARGET)
        value.backward()
        expected, slope = gradient(loss, numbers[1], TARGET)
        close(value.detach(), expected, 1e-12)
        assert stack.grad is not None
        close(stack.grad[1], slope, 1e-12)
        assert not stack.grad[::2].any()


def check_inputs_stay_as_they_are(subject: Subject) -> None:
    loss, logits, target = subject.loss(), draw(0), TARGET.clone()
    first = values(loss, logits, target)
    assert torch.equal(logits, draw(0))
    assert torch.equal(target, TARGET)
    assert torch.equal(first, values(loss, logits, target))


# Modules that move ---------------------------------------------------------------------------------------------------


def check_numbers_live_in_buffers(subject: Subject) -> None:
    """A loss made for other costs, given this one's buffers, is this one; and `.double()` reaches all of them."""
    ours, other = subject.loss(), subject.loss(COSTS["zero-one"], COUNTS[::-1].copy())
    other.load_state_dict(ours.state_dict())
    logits = draw(0)
    assert torch.equal(values(ours, logits, TARGET), values(other, logits, TARGET))
    moved = subject.loss().double()
    assert all(buffer.dtype == torch.float64 for buffer in moved.buffers() if buffer.is_floating_point())
    assert not list(moved.parameters())
    assert torch.equal(values(ours, logits, TARGET), values(moved, logits, TARGET))


def check_runs_on_another_device_without_looking_at_numbers(subject: Subject) -> None:
    """On the meta device there are no numbers: a tensor left behind and a wait for a number (`.item()`) both fail."""
    loss = subject.loss().to("meta")
    try:
        for training in (True, False):
            gradient(loss.train(training), draw(0, dtype=torch.float32).to("meta"), TARGET.to("meta"))
    except RuntimeError as error:
        raise AssertionError(f"not every step stays on the device: {error}") from error


class _Largest(TorchDispatchMode):
    """Remembers the size of the largest tensor that any step makes, backward steps included."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.numbers = max([self.numbers, *(t.numel() for t in tree_leaves(made) if isinstance(t, Tensor))])
        return made


def check_no_step_makes_more_numbers_than_there_are_logits(subject: Subject) -> None:
    """At 4,096 images of 1,000 classes, one number for every pair of classes of every image would take 16 GB."""
    loss, images = subject.loss(), 10
    target = TARGET.repeat(2)[:images]
    with _Largest() as largest:
        gradient(loss, draw(0, rows=images, dtype=torch.float32), target)
    assert largest.numbers <= images * len(CLASSES)


def check_any_confusion_matrix_can_be_observed(subject: Subject) -> None:
    k = len(CLASSES)
    ones = torch.ones(k, k, dtype=torch.int64)
    for confusion in (0 * ones, ones, 50 * torch.eye(k, dtype=torch.int64), ones.triu(), 10**6 * ones.tril(-1)):
        for cost in COSTS.values():
            loss = subject.loss(cost)
            for _ in range(3):
                loss.observe(confusion)
                loss.set_progress(0.75)
            value, slope = gradient(loss, draw(0, dtype=torch.float32), TARGET)
            assert value.isfinite()
            assert slope.isfinite().all()


# The file itself -----------------------------------------------------------------------------------------------------


def check_explains_itself(plugin: Plugin) -> None:
    first, _, rest = plugin.description.partition("\n\n")
    assert first.endswith(".")
    assert len(rest) > 100
    assert all(len(text) > 3 for text in (plugin.title, plugin.formula, plugin.source))
    assert plugin.formula.count("{") == plugin.formula.count("}")
    assert "$" not in plugin.formula


def check_says_the_shapes_of_what_goes_in_and_out(plugin: Plugin) -> None:
    kind = get_type_hints(plugin.module.make)["return"]
    assert issubclass(kind, CostLoss | BatchLoss)
    assert "K)" in (kind.__dict__.get("__doc__") or "")  # its own, not one that it inherits
    judge = kind.per_example if issubclass(kind, CostLoss) else kind.of_batch
    assert ("(N,)" if issubclass(kind, CostLoss) else "calar") in (judge.__doc__ or "")
    assert len(plugin.module.make.__doc__ or "") > 20


def check_shows_an_example_to_check_by_hand(plugin: Plugin) -> None:
    tests = [test for test in DocTestFinder().find(plugin.module) if test.examples]
    assert tests
    for test in tests:
        report: list[str] = []
        assert DocTestRunner().run(test, out=report.append).failed == 0, "".join(report)


def check_every_option_has_a_title_a_description_bounds_and_a_default(plugin: Plugin) -> None:
    for field in plugin.options.model_json_schema()["properties"].values():
        assert field.get("title")
        assert field.get("description", "").endswith(".")
        assert "default" in field
        assert "enum" in field or field["type"] == "boolean" or {"minimum", "maximum"} <= set(field)


def check_says_how_to_decide(plugin: Plugin) -> None:
    """Where classes are uncertain and the loss is at its least, deciding as it says pays no more than otherwise."""
    k, random = len(CLASSES), np.random.default_rng(0)
    chances, target = random.dirichlet(np.ones(k), 40), torch.arange(k).repeat(40)
    weights, paid = torch.from_numpy(chances), {"argmax": 0.0, "least_expected_cost": 0.0}
    assert getattr(plugin.module, "DECIDES", None) in paid
    for cost in (UNEVEN, CostMatrix.one_dear(CLASSES, "cat", 20), CostMatrix.ordinal(CLASSES, 2)):
        loss = plugin.make(cost=cost, counts=COUNTS).double()
        if isinstance(loss, BatchLoss):
            return  # it has no least for a single image

        def risk(z: Tensor, loss: CostLoss = loss) -> Tensor:
            return (loss.per_example(z.repeat_interleave(k, 0), target).view(-1, k) * weights).sum(-1)

        logits = minimise(risk, torch.zeros(40, k).double(), steps=60)[0].numpy()
        prices = cost.normalised().astype(np.float64)
        expected = chances @ prices
        for rule, scores in {"argmax": logits, "least_expected_cost": -softmax(logits, axis=1) @ prices}.items():
            paid[rule] += expected[np.arange(40), scores.argmax(axis=1)].sum()
    assert paid[plugin.module.DECIDES] <= min(paid.values()) + 1e-6


def _taking(parameter: str) -> dict[str, Callable[[Any], None]]:
    found = {name: check for name, check in globals().items() if name.startswith("check_")}
    return {name: check for name, check in found.items() if list(inspect.signature(check).parameters) == [parameter]}


CHECKS, PLUGIN_CHECKS = _taking("subject"), _taking("plugin")
assert len(CHECKS) + len(PLUGIN_CHECKS) == sum(name.startswith("check_") for name in globals())
