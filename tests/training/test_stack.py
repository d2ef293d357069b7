"""Runs trained side by side give what each gives alone; who leaves a stack does not disturb the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks.mnist_5k import mnist_5k
from costlab.datasets import DATASETS, ImageSet
from costlab.errors import CostlabError, InvalidSpec, UnknownName
from costlab.losses import LOSSES
from costlab.losses.cross_entropy import CrossEntropy
from costlab.models import MODELS, linear
from costlab.records import Epoch, Prepared
from costlab.specs import RunSpec
from costlab.training import Cancelled, Diverged, Outcome, loop, train, train_stack
from costlab.training.setup import Setup, set_up_all
from costlab.training.stack_size import best_width, have_room, seconds_by_width
from costlab.training.stacked import Stacked, why_not
from costlab.training.tiles import Tiles, cut
from tests.training.runs import short_spec

CPU = torch.device("cpu")
STACKABLE = [name for name in MODELS if not why_not(MODELS[name].make(shape=(1, 8, 8), classes=3))]


@dataclass
class Member:
    """What a stack said about one of its runs."""

    prepared: Prepared | None = None
    history: list[Epoch] = field(default_factory=list)
    outcome: Outcome | None = None
    error: CostlabError | None = None


def sorted_out(events: Any) -> dict[int, Member]:
    members: dict[int, Member] = {}
    for place, event in events:
        member = members.setdefault(place, Member())
        assert member.outcome is None  # an outcome or an error is the last that is heard of a run
        assert member.error is None
        if isinstance(event, Prepared):
            member.prepared = event
        elif isinstance(event, Epoch):
            member.history.append(event)
        elif isinstance(event, Outcome):
            member.outcome = event
        elif isinstance(event, CostlabError):
            member.error = event
    return members


def alone(spec: RunSpec, **arguments: Any) -> Member:
    return sorted_out((0, event) for event in train(spec, **arguments))[0]


def stacked(specs: Sequence[RunSpec], **arguments: Any) -> dict[int, Member]:
    return sorted_out(train_stack(specs, **arguments))


@pytest.fixture(params=[1, 3, 8])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many models are one program: what was measured on this machine must not decide what is tested."""
    width: int = request.param
    of_width(width, monkeypatch)
    return width


def of_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "form_of", lambda runs: cut(runs, width))


def agree(ours: Member, theirs: Member, tolerance: float = 1e-3) -> None:
    """Histories, logits and weights are the same within `tolerance`, and confusions up to a borderline image or two."""
    assert ours.outcome is not None
    assert theirs.outcome is not None
    assert [epoch.epoch for epoch in ours.history] == [epoch.epoch for epoch in theirs.history]
    for mine, other in zip(ours.history, theirs.history, strict=True):
        assert mine.train_loss == pytest.approx(other.train_loss, rel=tolerance, abs=1e-6)
        assert mine.valid_loss == pytest.approx(other.valid_loss, rel=tolerance, abs=1e-6)
        assert np.abs(np.subtract(mine.valid_confusion, other.valid_confusion)).sum() <= 4
    np.testing.assert_allclose(
        ours.outcome.predictions.logits, theirs.outcome.predictions.logits, rtol=tolerance, atol=5 * tolerance
    )
    assert ours.outcome.weights.keys() == theirs.outcome.weights.keys()
    for name, weight in ours.outcome.weights.items():
        other = theirs.outcome.weights[name]
        assert (weight.shape, weight.dtype) == (other.shape, other.dtype)
        assert (weight.double() - other).abs().mean() <= tolerance  # AdamW makes a step even of a gradient's last bit
    assert np.array_equal(ours.outcome.predictions.target, theirs.outcome.predictions.target)


FEW = {"dataset": {"name": "digits", "options": {"train_size": 130}}, "precision": "float32"}
MIXED = [
    short_spec(seed=1, loss="cross_entropy", **FEW),
    short_spec(seed=2, loss="expected_cost", **FEW, learning_rate=0.003),
    short_spec(seed=1, loss="soft_f_beta", **FEW, weight_decay=0.2),
    short_spec(seed=3, loss="focal", **FEW, learning_rate=0.003),
    short_spec(seed=1, loss={"name": "confusion_informed", "options": {"rate": 5.0}}, **FEW),
]


@pytest.mark.parametrize(("optimiser", "tolerance"), [("adamw", 1e-3), ("muon", 5e-3)])
def test_runs_side_by_side_learn_what_each_learns_alone(width: int, optimiser: str, tolerance: float) -> None:
    mixed = [spec.model_copy(update={"optimiser": optimiser}) for spec in MIXED]
    found = stacked(mixed)
    for place, spec in enumerate(mixed):
        agree(found[place], alone(spec), tolerance)
        assert found[place].prepared is not None
        assert found[place].prepared.together == len(MIXED)
        assert found[place].prepared.notes[-1].startswith("Trained ")


def test_the_same_stack_gives_the_same_bits_again(width: int) -> None:
    first, again = stacked(MIXED), stacked(MIXED)
    for place in range(len(MIXED)):
        one, other = first[place].outcome, again[place].outcome
        assert one is not None
        assert other is not None
        assert np.array_equal(one.predictions.logits, other.predictions.logits)
        assert all(torch.equal(weight, other.weights[name]) for name, weight in one.weights.items())
        assert one.test == other.test


def step_losses(runs: list[Setup], form: Any, number: int) -> np.ndarray:
    """(number, M) losses of the first steps on the runs' own first batches."""
    part, like = runs[0].parts["train"], runs[0]
    seeds = list(dict.fromkeys(run.spec.seed for run in runs))
    first = {run.spec.seed: run.randomness.order for run in reversed(runs)}
    ready = []
    for seed in seeds:
        order = torch.randperm(len(part), generator=first[seed])
        chunks = part.chunks(order, like.batch_size)
        batches = (batch for rows in chunks for batch in part.prepared(rows, first[seed]))
        ready.append(list(islice(batches, number)))
    share = torch.tensor(0.5, dtype=torch.float64)
    found = []
    for step in range(number):
        images, targets = zip(*(batches[step] for batches in ready), strict=True)
        found.append(form.step(form.arranged(images), targets, share).tolist())
    return np.array(found)


@pytest.mark.parametrize(
    ("m", "load", "optimiser", "tolerance"),
    [
        (2, DATASETS["digits"].make, "muon", 1e-6),
        (5, DATASETS["digits"].make, "muon", 1e-6),
        (5, DATASETS["digits"].make, "adamw", 1e-6),
        (5, mnist_5k, "muon", 1e-4),
    ],
)
def test_losses_of_the_first_five_steps_agree(
    m: int, load: Callable[[], ImageSet], optimiser: str, tolerance: float
) -> None:
    same = {"dataset": RunSpec().dataset, "optimiser": optimiser}
    specs, images = [spec.model_copy(update=same) for spec in MIXED], load()

    def made() -> list[Setup]:
        runs = set_up_all(specs, images)
        assert all(isinstance(run, Setup) for run in runs)
        return runs  # type: ignore[return-value]

    together, apart = made(), made()
    differ = np.abs(step_losses(together, cut(together, m), 5) / step_losses(apart, cut(apart, 1), 5) - 1)
    # Where rounding decides which of some numbers is the largest, a run goes on otherwise: one in 10 then differs by up
    # to 1e-3, whatever the optimiser. So most runs have to agree, and none may be far off.
    assert np.median(differ, axis=1).max() < tolerance
    assert differ.max() < 1e-2


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_works_inside_a_stack(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of_width(4, monkeypatch)
    specs = [short_spec(loss=name, epochs=1, precision="float32") for name in ("cross_entropy", loss)]
    agree(stacked(specs)[1], alone(specs[1]))


class Seen(CrossEntropy):
    """Cross-entropy that remembers the confusions it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[list[int]]] = []

    def observe(self, confusion: Tensor) -> None:
        self.seen.append(confusion.tolist())


def test_every_loss_is_shown_its_own_confusion_after_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    of_width(2, monkeypatch)
    made: list[Seen] = []

    def make(options: Any, cost: Any, counts: Any) -> Seen:
        made.append(Seen())
        return made[-1]

    monkeypatch.setattr(LOSSES["cross_entropy"].module, "make", make)
    found = stacked([short_spec(seed=seed, epochs=3) for seed in (1, 2)])
    for place, loss in enumerate(made):
        assert loss.seen == [epoch.valid_confusion for epoch in found[place].history]
    assert made[0].seen != made[1].seen


@pytest.mark.parametrize("left", [1, 0, 4])
def test_a_cancelled_run_leaves_the_others_as_they_are(width: int, left: int) -> None:
    asked = [0] * len(MIXED)

    def stop(place: int) -> bool:
        asked[place] += 1
        return place == left and asked[place] == 6  # in the middle of an epoch

    found, undisturbed = stacked(MIXED, stop=stop), stacked(MIXED)
    assert isinstance(found[left].error, Cancelled)
    assert [place for place in found if found[place].error] == [left]
    for place in found:
        if place != left:
            agree(found[place], undisturbed[place], 1e-4)


class BreaksDown(CrossEntropy):
    """Cross-entropy of numbers that are none, from the second epoch on."""

    def set_progress(self, fraction: float) -> None:
        self.factor = torch.nan if fraction > 0 else 1.0

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().forward(logits, target) * self.factor


def test_a_run_that_breaks_down_leaves_the_others_as_they_are(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = [spec.model_copy(update={"epochs": 3}) for spec in MIXED]
    undisturbed = stacked(specs)
    monkeypatch.setattr(LOSSES["focal"].module, "make", lambda options, cost, counts: BreaksDown())
    found = stacked(specs)
    assert isinstance(found[3].error, Diverged)
    assert "in epoch 2" in str(found[3].error)
    assert [epoch.epoch for epoch in found[3].history] == [1]
    for place in (0, 1, 2, 4):
        agree(found[place], undisturbed[place], 1e-4)


def test_what_is_wrong_with_one_spec_ends_that_run_alone() -> None:
    good, bad = short_spec(epochs=1), short_spec(epochs=1, loss="cross_entropi")
    found = stacked([bad, good])
    assert isinstance(found[0].error, UnknownName)
    assert found[0].prepared is None
    assert found[1].outcome is not None
    assert all(member.error for member in stacked([bad, bad]).values())


def test_runs_that_differ_in_more_than_loss_costs_seed_and_rates_are_refused() -> None:
    with pytest.raises(InvalidSpec, match="differ in loss, costs, seed and rates at most"):
        next(train_stack([short_spec(epochs=1), short_spec(epochs=2)]))


def test_a_model_with_other_layers_trains_in_turns_and_draws_its_own_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = linear.make
    monkeypatch.setattr(linear, "make", lambda *a, **k: nn.Sequential(nn.Dropout(0.5), plain(*a, **k)))
    specs = [short_spec(model="linear", seed=seed) for seed in (1, 2)]
    found = stacked(specs)
    for place, spec in enumerate(specs):
        agree(found[place], alone(spec), 1e-6)
        assert found[place].prepared is not None
        assert "Dropout" in found[place].prepared.notes[-1]


@pytest.mark.parametrize(
    "name", [name for name in MODELS if not why_not(MODELS[name].make(shape=(1, 8, 8), classes=3))]
)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 21, 20)])
@pytest.mark.parametrize("blocks", [1, 3])
def test_stacked_models_give_the_logits_of_each_and_their_states_back(
    name: str, shape: tuple[int, int, int], blocks: int
) -> None:
    models = [MODELS[name].make(shape=shape, classes=3) for _ in range(3)]
    for model in models:
        for parameter in model.parameters():
            nn.init.normal_(parameter, std=0.3)
    program = Stacked(models, shape[0])
    images = torch.randn(blocks, 4, *shape)
    together = images.transpose(0, 1).flatten(1, 2).contiguous(memory_format=torch.channels_last)
    for mode in (True, False):
        logits = program.train(mode)(together)
        assert logits.shape == (3, 4, 3)
        for place, model in enumerate(models):
            expected = model.train(mode)(images[place % blocks].contiguous(memory_format=torch.channels_last))
            assert torch.allclose(logits[place], expected, atol=1e-4)
    for place, model in enumerate(models):
        own = program.own(place)
        assert own.keys() == model.state_dict().keys()
        assert all(torch.allclose(own[key], value, atol=1e-5) for key, value in model.state_dict().items())


def test_small_cnns_stack_and_a_frozen_or_unknown_layer_does_not() -> None:
    assert why_not(MODELS["small_cnn"].make(shape=(1, 28, 28), classes=10)) == ""
    assert "(LayerNorm)" in why_not(nn.Sequential(nn.Flatten(), nn.LayerNorm(4)))
    frozen = nn.Linear(2, 2).requires_grad_(False)
    assert why_not(nn.Sequential(nn.Flatten(), frozen)) == "Some of this model's weights are not trained."


def test_a_stack_has_as_many_members_as_have_room_and_at_least_one() -> None:
    assert have_room(25_000, (1, 8, 8), 64) == have_room(25_000, (1, 28, 28), 128) == 24
    assert have_room(10**9, (3, 224, 224), 64) == 1
    sizes = [have_room(parameters, (3, 64, 64), 128) for parameters in (10**6, 10**7, 10**8)]
    assert sizes == sorted(sizes, reverse=True)


def test_widths_are_timed_once_and_then_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("COSTLAB_HOME", str(tmp_path))
    times: Callable[[], dict[str, float]] = lambda: seconds_by_width(  # noqa: E731
        RunSpec(model="linear").model, (1, 8, 8), "float32", CPU, 16
    )
    first = times()
    assert all(seconds > 0 for seconds in first.values())
    assert str(best_width(first)) in first
    assert times() == first


def test_runs_of_one_seed_come_into_one_program_where_they_fit() -> None:
    runs = set_up_all([short_spec(seed=seed) for seed in (1, 2, 1, 2)])
    form = cut(runs, 2)  # type: ignore[arg-type]
    assert isinstance(form, Tiles)
    assert [places for places, _ in form.tiles] == [[0, 2], [1, 3]]
