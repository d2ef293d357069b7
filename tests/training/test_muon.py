"""Muon moves kernels along orthogonal directions, alone and side by side alike."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from costlab.specs import RunSpec
from costlab.training import Outcome, train_stack
from costlab.training.optimiser import MOMENTUM, TIMES, Muon, optimiser_of, orthogonal
from costlab.training.stack_size import best_width
from costlab.training.stacked import Stacked, StackedOptimiser
from tests.training.runs import fingerprint, short_spec, trained


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (3, 5, 16)])
def test_singular_vectors_stay_and_singular_values_become_about_one(shape: tuple[int, ...]) -> None:
    matrices = torch.from_numpy(np.random.default_rng(0).normal(size=shape)) * 40
    found = orthogonal(matrices)
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    values = torch.einsum("...ir,...ij,...rj->...r", u, found, v)
    assert torch.allclose(u @ torch.diag_embed(values) @ v, found)
    assert values.min() > 0.4
    assert values.max() < 1.25


def test_a_kernel_moves_along_its_momentum_made_orthogonal_and_the_rest_as_by_adamw() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(3, 2)).to(memory_format=torch.channels_last)
    layer, (kernel, *rest) = model[0], [p.detach().clone() for p in model.parameters()]
    optimiser, momentum = Muon(model, weight_decay=0.1), torch.zeros_like(kernel)
    others = [nn.Parameter(p.clone()) for p in rest]
    adamw = [torch.optim.AdamW([p], lr=0.01, betas=(0.9, 0.99), weight_decay=0.1 * (p.ndim > 1)) for p in others]
    for _ in range(3):
        gradients = [torch.randn_like(p) for p in model.parameters()]
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter.grad = gradient.clone()
        optimiser.step(0.01)
        momentum = MOMENTUM * momentum + gradients[0]
        direction = orthogonal((gradients[0] + MOMENTUM * momentum).flatten(1)).view_as(kernel)
        kernel = kernel * (1 - TIMES * 0.01 * 0.1) - TIMES * 0.01 * direction
        for each, parameter, gradient in zip(adamw, others, gradients[1:], strict=True):
            parameter.grad = gradient
            each.step()
    assert isinstance(layer, nn.Conv2d)
    assert torch.allclose(layer.weight, kernel, atol=1e-5)
    for parameter, own in zip(list(model.parameters())[1:], others, strict=True):
        assert torch.allclose(parameter, own, atol=1e-6)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_models_side_by_side_move_as_each_would_alone_with_its_own_rate_and_decay() -> None:
    torch.manual_seed(0)
    rates = [(0.01, 0.1), (0.01, 0.1), (0.03, 0.0)]
    models = [nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 3)) for _ in rates]
    stacked = Stacked(models, 1)
    together = StackedOptimiser(stacked, rates, "muon")
    specs = [RunSpec(optimiser="muon", weight_decay=decay) for _, decay in rates]
    apart = [optimiser_of(spec, model) for spec, model in zip(specs, models, strict=True)]
    for share in (0.5, 1.0):
        for name, parameter in stacked.named_parameters():
            parameter.grad = torch.randn_like(parameter)
            for place, model in enumerate(models):
                own = dict(model.named_parameters())[stacked._plain(name)]
                own.grad = stacked.view(parameter.grad)[place].clone().view_as(own)
        together.step(torch.tensor(share))
        for optimiser, (rate, _) in zip(apart, rates, strict=True):
            optimiser.step(share * rate)
    for place, model in enumerate(models):
        for name, weight in stacked.own(place).items():
            assert torch.allclose(weight, model.state_dict()[name], atol=1e-6), name


def test_a_run_says_what_moved_it_learns_and_gives_the_same_bits_again() -> None:
    run = trained(short_spec(optimiser="muon", epochs=4))
    assert run.prepared.spec.optimiser == "muon"
    assert run.outcome.test.argmax.accuracy > 0.8
    assert fingerprint(trained(short_spec(optimiser="muon", epochs=4))) == fingerprint(run)
    assert fingerprint(trained(short_spec(optimiser="adamw", epochs=4))) != fingerprint(run)


def test_a_stack_learns_with_it_what_each_learns_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(*_: Any) -> dict[str, float]:
        return {"1": 1.0, "8": 0.1}

    monkeypatch.setattr("costlab.training.tiles.seconds_by_width", seconds)
    assert best_width(seconds()) == 8
    specs = [
        short_spec(optimiser="muon", seed=seed, epochs=3, learning_rate=rate) for seed, rate in ((0, 0.01), (1, 0.005))
    ]
    ended = {place: event for place, event in train_stack(specs) if isinstance(event, Outcome)}
    for place, spec in enumerate(specs):
        alone = trained(spec)
        assert alone.outcome.test.argmax.accuracy == pytest.approx(ended[place].test.argmax.accuracy, abs=0.03)


def test_a_model_without_kernels_learns_by_adamw_alone() -> None:
    outcomes = [trained(short_spec(model="linear", optimiser=name)).outcome for name in ("muon", "adamw")]
    assert np.array_equal(*(outcome.predictions.logits for outcome in outcomes))
