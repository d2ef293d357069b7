"""Images are mirrored in turn, and only where the data set says that a mirrored image is as good."""

import numpy as np
import pytest
import torch

from costlab.datasets import DATASETS
from costlab.training import Outcome, train_stack
from costlab.training.images import parts
from costlab.training.mirroring import Mirroring, mirrors
from tests.training.runs import short_spec, trained

CPU = torch.device("cpu")


def test_two_epochs_in_a_row_show_every_image_both_ways() -> None:
    turns = Mirroring(1000, torch.Generator().manual_seed(0), CPU)
    assert torch.equal(turns.which(1), ~turns.which(2))
    assert torch.equal(turns.which(1), turns.which(3))
    assert 400 < turns.which(1).sum() < 600


@pytest.mark.parametrize(
    ("name", "may"), [("digits", False), ("mnist", False), ("traffic_lights", False), ("cifar10", True)]
)
def test_digits_and_traffic_lights_are_never_mirrored(name: str, may: bool) -> None:
    assert mirrors(short_spec(dataset=name)) is may
    assert not mirrors(short_spec(dataset=name, augment=False))


def test_the_images_that_a_batch_holds_are_mirrored_as_numpy_mirrors_them() -> None:
    images = DATASETS["surface_defects"].make(images=500)
    part = parts(images, CPU)["train"]
    rows, flips = torch.tensor([3, 0, 7]), torch.zeros(len(part), dtype=torch.bool)
    flips[[0, 7]] = True
    (plain, _), *_ = part.prepared([rows], None)
    (turned, _), *_ = part.prepared([rows], None, flips)
    for place, mirrored in enumerate([False, True, True]):
        expected = plain[place].numpy()[:, :, ::-1] if mirrored else plain[place].numpy()
        assert np.array_equal(turned[place].numpy(), expected)


def test_where_images_are_mirrored_a_stack_still_learns_what_each_run_learns_alone() -> None:
    data = {"name": "surface_defects", "options": {"images": 500, "train_size": 60}}
    specs = [
        short_spec(dataset=data, model="linear", loss=loss, seed=seed, precision="float32")
        for seed, loss in ((0, "cross_entropy"), (1, "cross_entropy"), (0, "focal"))
    ]
    ended = {place: event for place, event in train_stack(specs) if isinstance(event, Outcome)}
    for place, spec in enumerate(specs):
        alone = trained(spec).outcome
        assert np.allclose(ended[place].predictions.logits, alone.predictions.logits, rtol=1e-4, atol=1e-5)
    plain = trained(specs[0].model_copy(update={"augment": False})).outcome
    assert not np.allclose(plain.predictions.logits, ended[0].predictions.logits, atol=1e-3)
