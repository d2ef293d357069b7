"""The pieces of a training step, each against another program that does the same."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from costlab.datasets import DATASETS
from costlab.models import MODELS
from costlab.training import devices
from costlab.training.augmentation import _grid, augmented, maps
from costlab.training.images import Part, parts
from costlab.training.optimiser import BETAS, AdamW, one_cycle
from costlab.training.randomness import Randomness
from tests.training.runs import short_spec, trained

CPU = torch.device("cpu")


def test_adamw_is_that_of_torch_with_decay_on_matrices_only() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))
    twin = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))
    twin.load_state_dict(model.state_dict())
    matrices, vectors = ([p for p in twin.parameters() if (p.ndim > 1) == wanted] for wanted in (True, False))
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    reference = torch.optim.AdamW(groups, betas=BETAS, foreach=False, fused=False)
    optimiser = AdamW(model, weight_decay=0.1)
    for rate in (0.01, 0.02, 0.005):
        images = torch.randn(8, 1, 4, 4)
        for group in reference.param_groups:
            group["lr"] = rate
        reference.zero_grad()
        model(images).square().mean().backward()
        twin(images).square().mean().backward()
        optimiser.step(rate)
        reference.step()
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)
        assert ours.grad is None


@settings(deadline=None)
@given(st.integers(1, 500))
def test_the_rate_rises_to_its_peak_at_a_quarter_of_the_way_and_falls_to_almost_nothing(steps: int) -> None:
    rates = [one_cycle(step, steps) for step in range(steps)]
    top = int(np.argmax(rates))
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert abs(top + 1 - steps / 4) <= 1.5
    assert rates[-1] <= max(2 / steps, 0.5)


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 64))
def test_batches_cover_every_image_once_and_differ_by_at_most_one(number: int, batch_size: int) -> None:
    images = torch.zeros(number, 1, 2, 2, dtype=torch.uint8)
    part = Part(images, torch.arange(number), np.arange(number), torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1))
    batches = [
        target for rows in part.chunks(torch.arange(number), batch_size) for _, target in part.prepared(rows, None)
    ]
    assert torch.cat(batches).tolist() == list(range(number))
    sizes = [len(batch) for batch in batches]
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1


def test_training_images_are_standardised_and_the_others_like_them() -> None:
    images = DATASETS["surface_defects"].make()
    found = parts(images, CPU)
    train = found["train"].standardised(slice(None))
    assert train.dtype == torch.float32
    assert abs(float(train.double().mean())) < 1e-4
    assert float(train.double().std()) == pytest.approx(1, abs=1e-3)
    pixels = images.images / 255
    mean, std = pixels[images.split == "train"].mean(), pixels[images.split == "train"].std()
    valid = found["valid"].standardised(slice(None)).numpy()
    assert np.allclose(valid, (pixels[images.split == "valid"] - mean) / std, atol=1e-4)


def test_the_grid_is_that_of_torch() -> None:
    drawn = torch.randn(5, 2, 3)
    assert torch.allclose(_grid(drawn, 7, 9), F.affine_grid(drawn, [5, 1, 7, 9], align_corners=False), atol=1e-6)


def test_augmentation_moves_images_a_little_and_flat_images_not_at_all() -> None:
    spot = torch.zeros(200, 1, 21, 21)
    spot[:, :, 9:12, 9:12] = 1
    moved = augmented(spot, maps(200, torch.Generator().manual_seed(0)))[:, 0]
    places = torch.arange(21.0)
    weights = moved.sum(dim=(1, 2))
    across, down = (moved.sum(dim=1) @ places) / weights, (moved.sum(dim=2) @ places) / weights
    for centre in (across, down):
        assert centre.mean().item() == pytest.approx(10, abs=0.2)
        assert 0.3 < centre.std().item() < 1.5
        assert (centre - 10).abs().max() < 0.06 * 21 * 1.2 + 0.3
    flat = torch.full((4, 3, 8, 8), 0.7)
    assert torch.allclose(augmented(flat, maps(4, torch.Generator())), flat)


def test_augmentation_can_be_turned_off() -> None:
    assert trained(short_spec(augment=False)).history[0].train_loss != trained(short_spec()).history[0].train_loss


def test_a_runs_random_numbers_go_on_where_they_were_and_leave_no_trace() -> None:
    torch.manual_seed(99)
    outside = [torch.randn(1), torch.randn(1)]
    torch.manual_seed(99)
    randomness = Randomness(7, CPU)
    with randomness.active():
        inside = [torch.randn(1)]
    found = [torch.randn(1)]
    with pytest.raises(ZeroDivisionError), randomness.active():
        inside.append(torch.randn(1) / (1 // 0))  # drawn, but never kept
    found.append(torch.randn(1))
    with randomness.active():
        inside.append(torch.randn(1))
    assert found == outside
    torch.manual_seed(7)
    drawn = [torch.randn(1) for _ in range(3)]
    assert inside == [drawn[0], drawn[2]]


class Transfers(TorchFunctionMode):
    """Counts what makes the host wait for the device, or copies to it."""

    NAMES = frozenset({"item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__", "__index__", "nonzero"})

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.number += getattr(function, "__name__", "") in self.NAMES
        return function(*args, **(kwargs or {}))


def transfers(**fields: object) -> int:
    with Transfers() as counted:
        trained(short_spec(**fields))
    return counted.number


@pytest.mark.parametrize("loss", ["cross_entropy", "expected_cost"])
def test_waiting_for_the_device_grows_with_epochs_and_not_with_batches(loss: str) -> None:
    few = transfers(loss=loss, batch_size=64)
    assert transfers(loss=loss, batch_size=8) == few
    assert 1 <= transfers(loss=loss, batch_size=64, epochs=3) - few <= 2


def test_every_tensor_of_a_step_is_on_the_device_of_the_run() -> None:
    """On a GPU that is only imagined: shapes and devices are real, numbers are not."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    gpu, cost = torch.device("cuda", 0), DATASETS["digits"].module.cost()
    images = DATASETS["digits"].make(train_size=100)
    order = torch.Generator()
    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
        train = parts(images, gpu)["train"]
        with gpu:
            model = MODELS["small_cnn"].make(shape=(1, 8, 8), classes=10)
        optimiser = AdamW(model, 0.01)
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        for rows in train.chunks(torch.randperm(len(train), generator=order).to(gpu), 64):
            for batch, target in train.prepared(rows, order):
                logits = model(batch)
                assert logits.device == target.device == gpu
        optimiser.step(0.01)
    assert cost.values.shape == (10, 10)


def test_auto_takes_the_first_device_and_every_device_has_a_name() -> None:
    found = devices.devices()
    assert found[-1].name == "cpu"
    assert str(devices.find_device("auto")) == found[0].name
    assert all(device.title for device in found)
