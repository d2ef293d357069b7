"""What the larger models promise: whitened patches, blocks that begin as the identity, weights learnt elsewhere."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from costlab.datasets import DATASETS, ImageSet
from costlab.models import MODELS
from costlab.specs import RunSpec
from tests.training.runs import short_spec, trained

SMALL = {"cifar_fast": {"width": 0.25}, "resnet_small": {"width": 0.5}, "pretrained": {"weights": "random"}}


@pytest.fixture(scope="module")
def few() -> ImageSet:
    """40 traffic lights to train, 8 to validate, 8 to test."""
    lights = DATASETS["traffic_lights"].make(images=500)
    rows = np.concatenate(
        [np.flatnonzero(lights.split == part)[:n] for part, n in {"train": 40, "valid": 8, "test": 8}.items()]
    )
    arrays = {name: getattr(lights, name)[rows] for name in ("images", "target", "split", "index")}
    return replace(lights, **arrays)


def colour_spec(model: str, epochs: int = 1, **options: Any) -> RunSpec:
    return short_spec(
        dataset="traffic_lights", model={"name": model, "options": options}, epochs=epochs, batch_size=20,
        augment=False, precision="float32",
    )  # fmt: skip


@pytest.fixture(scope="module")
def photographs(few: ImageSet) -> torch.Tensor:
    """(40, 3, 32, 32), standardised a channel."""
    images = few.images[few.split == "train"].astype(np.float64)
    return torch.from_numpy((images - images.mean((0, 2, 3), keepdims=True)) / images.std((0, 2, 3), keepdims=True))


def test_what_the_whitening_layer_passes_on_has_the_identity_for_covariance(photographs: torch.Tensor) -> None:
    layer = MODELS["cifar_fast"].make(shape=(3, 32, 32), classes=3).double()
    layer.prepare(photographs)
    seen = layer.whitening(photographs).detach().numpy()  # (40, 24, 31, 31)
    kept, turned = seen[:, :12], seen[:, 12:]
    assert np.allclose(kept, -turned)
    patches = photographs.numpy()
    raw = np.stack([patches[:, :, y : y + 31, x : x + 31] for y in (0, 1) for x in (0, 1)], axis=2).reshape(40, 12, -1)
    raw = raw.transpose(0, 2, 1).reshape(-1, 12)
    variances = np.linalg.eigvalsh(raw.T @ raw / len(raw))[::-1]
    columns = kept.transpose(0, 2, 3, 1).reshape(-1, 12)
    assert np.allclose(columns.T @ columns / len(columns), np.diag(variances / (variances + 5e-4)), atol=1e-6)


def test_training_whitens_from_the_training_images_and_leaves_the_layer_as_it_is(few: ImageSet) -> None:
    once, longer = (
        trained(colour_spec("cifar_fast", epochs, width=0.125), images=few).outcome.weights for epochs in (1, 2)
    )
    untrained = MODELS["cifar_fast"].make(shape=(3, 32, 32), classes=3, width=0.125).whitening.weight
    assert torch.equal(once["whitening.weight"], longer["whitening.weight"])
    assert not torch.allclose(once["whitening.weight"], untrained, atol=0.1)
    assert not torch.equal(once["whitening.bias"], longer["whitening.bias"])


@pytest.mark.parametrize("model", SMALL)
def test_each_larger_model_learns_from_a_few_steps_on_colour_images(model: str, few: ImageSet) -> None:
    run = trained(colour_spec(model, epochs=3, **SMALL[model]), images=few)
    assert run.history[-1].train_loss < run.history[0].train_loss
    assert np.isfinite(run.outcome.predictions.logits).all()
    assert run.prepared.notes == []


def test_the_stages_of_cifar_fast_pass_their_first_channels_on_at_first() -> None:
    convolutions = [
        m for m in MODELS["cifar_fast"].make(shape=(3, 32, 32), classes=3).modules() if type(m) is nn.Conv2d
    ]
    images = torch.rand(2, 64, 8, 8)
    assert [layer.out_channels for layer in convolutions] == [64, 64, 256, 256, 256, 256]
    assert torch.allclose(convolutions[2](images)[:, :64], images, atol=1e-6)


def test_a_block_that_keeps_its_shape_begins_as_the_identity() -> None:
    made = MODELS["resnet_small"].make(shape=(3, 32, 32), classes=3, blocks=2)
    images = torch.rand(2, 16, 8, 8)
    assert torch.equal(made[3](images), images)


def test_a_resnet_of_three_blocks_a_stage_has_the_20_layers_of_the_paper() -> None:
    made = MODELS["resnet_small"].make(shape=(3, 32, 32), classes=10, blocks=3)
    layers = [m for m in made.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len([m for m in layers if not isinstance(m, nn.Conv2d) or m.kernel_size == (3, 3)]) == 20
    assert sum(p.numel() for p in made.parameters()) == pytest.approx(270_000, rel=0.02)  # the paper's table 6: 0.27M


def test_without_a_network_the_fine_tuned_model_says_that_it_began_at_random(
    few: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    run = trained(colour_spec("pretrained"), images=few)
    (note,) = run.prepared.notes
    assert "could not be downloaded" in note
    assert "random weights" in note


@pytest.fixture
def learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """The state of the backbone that this machine takes for the one learnt on ImageNet."""
    from torchvision.models import ResNet18_Weights, resnet18

    state = resnet18().state_dict()
    file = tmp_path / "hub" / "checkpoints" / ResNet18_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    file.parent.mkdir(parents=True)
    torch.save(state, file)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return state


def test_the_fine_tuned_model_takes_the_weights_that_are_on_this_machine(learnt: dict[str, torch.Tensor]) -> None:
    made = MODELS["pretrained"].make(shape=(1, 64, 64), classes=3)
    last = made.backbone.fc.weight.clone()
    assert made.prepare(torch.zeros(1, 1, 64, 64)) == ""
    state = made.backbone.state_dict()
    assert all(torch.equal(state[name], learnt[name]) for name in state if not name.startswith("fc."))
    assert torch.equal(made.backbone.fc.weight, last)


@pytest.mark.usefixtures("learnt")
def test_weights_learnt_before_are_tuned_by_adamw_and_the_run_says_so(few: ImageSet) -> None:
    spec = colour_spec("pretrained")
    muon, adamw = (spec.model_copy(update={"optimiser": name}) for name in ("muon", "adamw"))
    run = trained(muon, images=few)
    assert run.prepared.spec.optimiser == "adamw"
    (note,) = run.prepared.notes
    assert note.startswith("AdamW tunes this model")
    assert trained(adamw, images=few).prepared.notes == []


@pytest.mark.parametrize("side", [4, 5, 7, 8, 9, 11, 19, 20, 21, 27, 28, 33])
def test_the_small_cnn_fits_images_of_any_sides(side: int) -> None:
    for shape in ((1, side, side), (3, side, side + 3)):
        model = MODELS["small_cnn"].make(shape=shape, classes=5)
        assert model(torch.zeros(2, *shape)).shape == (2, 5)
