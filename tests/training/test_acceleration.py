"""Captured steps, on the CPU: what a CUDA graph would do is done by a stand-in that replays a step's calls of torch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from costlab.losses import LOSSES
from costlab.specs import RunSpec
from costlab.training import acceleration
from costlab.training.acceleration import Each, accelerated, cost_of
from costlab.training.capture import REHEARSALS, Captured
from costlab.training.copies import to_device, to_host
from costlab.training.form_name import name_of
from costlab.training.forms import Apart, Form, seeds_of
from costlab.training.setup import Setup, set_up_all
from costlab.training.stacked import Together
from costlab.training.tiles import Tiles
from tests.training.recorder import ReplayedCalls
from tests.training.runs import short_spec

SHARES = torch.tensor([0.2, 0.5, 1.0, 0.8, 0.6, 0.4, 0.3, 0.2], dtype=torch.float64)


def runs_of(*specs: RunSpec) -> list[Setup]:
    made = set_up_all(specs)
    assert all(isinstance(run, Setup) for run in made), made
    return made  # type: ignore[return-value]


def spec(**fields: object) -> RunSpec:
    data = {"name": "digits", "options": {"train_size": 70}}
    return short_spec(**({"dataset": data, "batch_size": 8, "model": "linear", "precision": "float32"} | fields))


def steps(form: Form, runs: Sequence[Setup], sizes: Sequence[int]) -> list[list[float]]:
    """The losses of a step for each of `sizes`; half way the losses hear of progress and of mistakes."""
    part, losses = runs[0].parts["train"], []
    mistakes = torch.full((10, 10), 3)
    for number, (size, share) in enumerate(zip(sizes, SHARES, strict=False)):
        if number == len(sizes) // 2:
            for run in runs:
                run.loss.set_progress(0.9)
                run.loss.observe(mistakes)
        rows = torch.arange(number, number + size)
        images = part.standardised(rows).contiguous(memory_format=torch.channels_last)
        streams = len(seeds_of(runs))
        with form.drawing():
            found = form.step(form.arranged([images] * streams), (part.target[rows],) * streams, share)
        losses.append(found.tolist())
    return losses


def weights(form: Form, members: int = 1) -> list[Tensor]:
    return [tensor for place in range(members) for tensor in form.weights(place).values()]


def assert_alike(one: Form, other: Form, members: int = 1) -> None:
    for a, b in zip(weights(one, members), weights(other, members), strict=True):
        assert torch.equal(a, b)


MOVING = [  # what changes between steps, and must not be frozen
    {"name": "ce_plus_expected_cost", "options": {"schedule": "from cross-entropy to expected cost"}},
    {"name": "confusion_informed", "options": {"base": "expected_cost", "steers": "costs"}},
    {"name": "ldam", "options": {"reweight_from": 0.5}},
    {"name": "soft_f_beta", "options": {"memory": 0.9}},
]


@pytest.mark.parametrize("loss", [*LOSSES, *MOVING], ids=str)
def test_the_step_of_every_loss_can_be_captured_and_replayed_to_the_same_bits(loss: str | dict[str, object]) -> None:
    (plain,), (captured) = runs_of(spec(loss=loss)), runs_of(spec(loss=loss))
    recorder = ReplayedCalls()
    eager, replayed = Apart([plain]), Captured(Apart(captured), recorder)
    sizes = [8] * len(SHARES)
    assert steps(replayed, captured, sizes) == steps(eager, [plain], sizes)
    assert (recorder.recorded, recorder.replayed) == (1, len(sizes) - REHEARSALS)
    assert_alike(eager, replayed)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("model", ["small_cnn", "cifar_fast", "resnet_small"])
def test_the_step_of_every_model_can_be_captured_and_replayed_to_the_same_bits(model: str, precision: str) -> None:
    options = {} if model == "small_cnn" else {"width": 0.25}
    asked = spec(model={"name": model, "options": options}, precision=precision)
    plain, captured = runs_of(asked), runs_of(asked)
    eager, replayed = Apart(plain), Captured(Apart(captured), ReplayedCalls())
    assert steps(replayed, captured, [8] * 6) == steps(eager, plain, [8] * 6)
    assert_alike(eager, replayed)


def test_each_size_of_batch_has_a_recording_of_its_own() -> None:
    asked, sizes = spec(loss="focal"), [8, 7, 8, 7, 8, 7, 8, 7]
    plain, captured = runs_of(asked), runs_of(asked)
    recorder = ReplayedCalls()
    eager, replayed = Apart(plain), Captured(Apart(captured), recorder)
    assert steps(replayed, captured, sizes) == steps(eager, plain, sizes)
    assert recorder.recorded == 2
    assert_alike(eager, replayed)


def test_runs_captured_each_by_itself_learn_what_they_learn_together_and_outlive_one_another() -> None:
    asked = [spec(seed=3, loss=loss) for loss in ("cross_entropy", "expected_cost", "focal")]
    plain, captured = runs_of(*asked), runs_of(*asked)
    recorder = ReplayedCalls()
    eager: Form = Apart(plain)
    replayed: Form = Each(captured, [Captured(Apart([run]), recorder) for run in captured])
    assert steps(replayed, captured, [8] * 5) == steps(eager, plain, [8] * 5)
    eager, replayed = eager.keep([0, 2]), replayed.keep([0, 2])
    assert steps(replayed, [captured[0], captured[2]], [8] * 3) == steps(eager, [plain[0], plain[2]], [8] * 3)
    assert recorder.recorded == 3
    assert_alike(eager, replayed, members=2)


@pytest.mark.parametrize("seeds", [(3, 3, 3, 3), (3, 3, 4, 4)])
def test_a_stack_is_captured_to_the_same_bits_and_goes_on_when_one_of_it_ends(seeds: tuple[int, ...]) -> None:
    losses = ("cross_entropy", "expected_cost", "soft_kappa", "focal")
    asked = [spec(seed=seed, loss=loss, model="small_cnn") for seed, loss in zip(seeds, losses, strict=True)]
    plain, captured = runs_of(*asked), runs_of(*asked)
    recorder = ReplayedCalls()
    eager: Form = Together(plain)
    replayed: Form = Captured(Together(captured), recorder)
    assert steps(replayed, captured, [8] * 6) == steps(eager, plain, [8] * 6)
    eager, replayed = eager.keep([0, 2, 3]), replayed.keep([0, 2, 3])
    left = [0, 2, 3]
    assert steps(replayed, [captured[p] for p in left], [8] * 5) == steps(eager, [plain[p] for p in left], [8] * 5)
    assert recorder.recorded == 2
    assert_alike(eager, replayed, members=3)


def test_what_is_recorded_of_a_run_names_how_its_steps_were_taken() -> None:
    runs = runs_of(spec(), spec(loss="focal"), spec(loss="expected_cost"), spec(loss="soft_kappa"))
    captured = [Captured(Apart([run]), ReplayedCalls()) for run in runs]
    assert name_of(captured[0], 1) == "single, graph"
    assert name_of(Captured(acceleration.Compiled(Apart(runs[:1])), ReplayedCalls()), 1) == "single, compiled, graph"
    assert name_of(Each(runs, captured), 4) == "in turn, 4, graph"
    pairs: list[tuple[list[int], Form]] = [
        ([0, 1], Captured(Together(runs[:2]), ReplayedCalls())),
        ([2, 3], Captured(Together(runs[2:]), ReplayedCalls())),
    ]
    assert name_of(Tiles(runs, pairs), 4) == "stacked in 2, graph"


class Scheduled(torch.nn.Module):
    """A loss that keeps its schedule in a number of Python's."""

    def __init__(self, base: torch.nn.Module):
        super().__init__()
        self.base, self.weight = base, 1.0

    def set_progress(self, fraction: float) -> None:
        self.weight = 1 - fraction

    def observe(self, confusion: Tensor) -> None:
        pass

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.weight * self.base(logits, target)


def test_the_stand_in_freezes_numbers_of_pythons_as_a_graph_does() -> None:
    plain, captured = runs_of(spec()), runs_of(spec())
    for run in (*plain, *captured):
        object.__setattr__(run, "loss", Scheduled(run.loss))
    eager = steps(Apart(plain), plain, [8] * 8)
    replayed = steps(Captured(Apart(captured), ReplayedCalls()), captured, [8] * 8)
    assert replayed[:4] == eager[:4]
    assert replayed[4][0] == pytest.approx(10 * eager[4][0])  # the weight is still 1 there, and 0.1 here


class Reads(torch.nn.Module):
    """A loss that reads a number into Python in every step."""

    def __init__(self, base: torch.nn.Module):
        super().__init__()
        self.base = base

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return self.base(logits, target) * (1 + 0 * logits.detach().abs().max().item())


def test_a_step_that_waits_for_the_device_is_taken_as_it_is_and_the_log_says_so() -> None:
    plain, waiting = runs_of(spec()), runs_of(spec())
    object.__setattr__(waiting[0], "loss", Reads(waiting[0].loss))
    eager, replayed = Apart(plain), Captured(Apart(waiting), ReplayedCalls())
    with pytest.warns(UserWarning, match="cannot be captured.*waits for the device"):
        found = [replayed.step(*inputs(run, step)).tolist() for run in waiting for step in range(6)]
    assert found == [eager.step(*inputs(run, step)).tolist() for run in plain for step in range(6)]
    assert_alike(eager, replayed)


def inputs(run: Setup, step: int) -> tuple[tuple[Tensor], tuple[Tensor], Tensor]:
    part, rows = run.parts["train"], slice(step, step + 8)
    return (part.standardised(rows),), (part.target[rows],), SHARES[step]


def test_on_the_cpu_steps_are_taken_one_by_one() -> None:
    (run,) = runs_of(spec())
    form = Apart([run])
    assert accelerated(form, run, steps=10**6) is form


def test_what_a_way_to_take_steps_costs_is_measured_once_and_remembered(costlab_home: Path) -> None:
    (run,) = runs_of(spec())
    before = [tensor.clone() for tensor in weights(Apart([run]))]
    first = cost_of("eager", run)
    assert first.step > 0
    assert cost_of("eager", run) == first  # to the last digit: no second measurement would give that
    assert all(torch.equal(a, b) for a, b in zip(before, weights(Apart([run])), strict=True))


def test_a_model_that_is_compiled_or_not_keeps_the_names_of_its_weights() -> None:
    (run,) = runs_of(spec())
    assert list(acceleration.Compiled(Apart([run])).weights(0)) == list(run.model.state_dict())


def test_copies_hold_what_was_copied() -> None:
    values = torch.arange(6.0).view(2, 3)
    arriving = to_host(to_device(values, torch.device("cpu")).requires_grad_())
    assert np.array_equal(arriving(), [[0, 1, 2], [3, 4, 5]])
