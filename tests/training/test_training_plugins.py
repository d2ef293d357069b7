"""Every loss and every model that is found trains."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from costlab.catalogue import Catalogue
from costlab.datasets import DATASETS
from costlab.losses import LOSSES
from costlab.models import MODELS
from costlab.training.catalogue import catalogue, catalogues
from costlab.training.warm import warm
from tests.training.runs import short_spec, trained

SHAPES = sorted({plugin.module.SHAPE for plugin in DATASETS.values()})


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_with_finite_numbers_and_moves_the_weights(loss: str) -> None:
    run = trained(short_spec(loss=loss, epochs=3))
    assert np.isfinite([[epoch.train_loss, epoch.valid_loss] for epoch in run.history]).all()
    assert np.isfinite(run.outcome.predictions.logits).all()
    weights = list(run.outcome.weights.values())
    initial = trained(short_spec(loss=loss, epochs=1, learning_rate=1e-9)).outcome.weights.values()
    assert any(not torch.allclose(a, b, atol=1e-4) for a, b in zip(weights, initial, strict=True))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("model", MODELS)
def test_every_model_takes_every_data_sets_images(model: str, shape: tuple[int, int, int]) -> None:
    made = MODELS[model].make(shape=shape, classes=7)
    logits = made(torch.randn(3, *shape).contiguous(memory_format=torch.channels_last))
    assert logits.shape == (3, 7)
    logits.sum().backward()
    assert all(p.grad is not None for p in made.parameters())


@pytest.mark.parametrize("model", MODELS)
def test_every_model_judges_an_image_by_itself_and_not_by_its_memory_layout(model: str) -> None:
    made = MODELS[model].make(shape=(3, 32, 32), classes=5).eval()
    images = torch.randn(4, 3, 32, 32)
    together = made(images)
    assert torch.allclose(together[1:2], made(images[1:2]), atol=1e-4)
    assert torch.allclose(together, made(images.contiguous(memory_format=torch.channels_last)), atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 7, 7), (3, 19, 40), (1, 21, 21), (4, 64, 48)])
def test_the_small_cnn_takes_images_of_any_size(shape: tuple[int, int, int]) -> None:
    made = MODELS["small_cnn"].make(shape=shape, classes=3, width=0.25)
    assert made(torch.randn(2, *shape)).shape == (2, 3)


@pytest.mark.parametrize(
    ("side", "channels"),
    [(8, [16, 32, 64]), (19, [16, 32, 64]), (28, [16, 16, 64]), (31, [16, 16, 64]), (32, [16, 32, 64])],
)
def test_the_small_cnn_is_sized_to_the_image(side: int, channels: list[int]) -> None:
    made = MODELS["small_cnn"].make(shape=(1, side, side), classes=3)
    assert [layer.out_channels for layer in made if isinstance(layer, nn.Conv2d)] == channels


def test_the_catalogue_lists_everything_that_is_found_and_survives_json() -> None:
    made = catalogue()
    assert [entry.name for entry in made.losses] == list(LOSSES)
    assert [entry.name for entry in made.models] == list(MODELS)
    assert [entry.name for entry in made.datasets] == list(DATASETS)
    assert made.devices[-1].name == "cpu"
    assert set(made.seconds_per_image) == {f"small_cnn on {c}x{h}x{w}" for c, h, w in SHAPES}
    assert all(0 < seconds < 1 for seconds in made.seconds_per_image.values())
    assert Catalogue.model_validate(json.loads(made.model_dump_json())) == made
    assert made.stack_gain == made.stack_limit == {}


def test_the_catalogue_comes_at_once_and_then_again_with_what_each_kind_of_stack_gains() -> None:
    offers = catalogues()
    first, second, third = (next(offers) for _ in range(3))
    assert first.stack_gain == {}
    assert set(second.stack_gain) == set(second.stack_limit) == {"small_cnn on 1x8x8"}
    assert set(third.stack_gain) > set(second.stack_gain)
    assert set(third.stack_gain) <= set(third.seconds_per_image)
    assert all(gain >= 1 for gain in third.stack_gain.values())
    assert all(limit >= 1 for limit in third.stack_limit.values())
    again = catalogues()
    next(again)
    assert next(again).stack_gain == second.stack_gain  # remembered, not measured again


def test_the_catalogue_and_warming_leave_the_global_random_state_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    catalogue()
    warm("cpu")
    assert torch.equal(torch.get_rng_state(), before)
