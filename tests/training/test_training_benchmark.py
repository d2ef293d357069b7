"""The benchmarks compare like with like, and run. That something is faster is measured by hand, not here."""

import numpy as np
import pytest

from benchmarks.bare import train_bare
from benchmarks.contestants import Contestant
from benchmarks.datasets import of_name
from benchmarks.floor import kind_of
from benchmarks.live import confusion, train_live
from benchmarks.mnist_5k import mnist_5k
from benchmarks.peers import CONTESTANTS, compare
from benchmarks.reporting import silent
from benchmarks.sweeps import LOSSES, one_after_another, stacked
from benchmarks.textbook import train_textbook, train_textbook_tensors
from costlab.datasets import DATASETS
from costlab.losses import LOSSES as ALL_LOSSES
from costlab.metrics import accuracy
from costlab.records import Epoch
from costlab.specs import RunSpec
from costlab.training import train


def test_the_textbook_and_the_bare_loop_learn_as_well_as_ours_on_the_same_data() -> None:
    images, spec = DATASETS["digits"].make(), RunSpec(epochs=4, batch_size=64, device="cpu", augment=False)
    ours = accuracy(confusion(train_live(images, spec, lambda event: None)))
    assert ours > 0.95
    for loop in (train_textbook, train_textbook_tensors, train_bare):
        counted = loop(images, spec)
        assert counted.sum() == (images.split == "test").sum()
        assert abs(accuracy(counted) - ours) < 0.03


def test_a_peer_that_is_not_installed_has_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Contestant("Gone", "benchmarks.peer_gone", needs=("a_package_that_nobody_has",))
    monkeypatch.setitem(CONTESTANTS, "gone", gone)
    images, batch_size = of_name("digits")
    [row] = compare(["gone"], images, RunSpec(batch_size=batch_size), repeats=1)
    assert row.startswith("| Gone | not installed: a_package_that_nobody_has |")


def test_the_silent_run_learns_the_same_and_tells_only_its_last_epoch() -> None:
    images, spec = DATASETS["digits"].make(), RunSpec(epochs=2, batch_size=64, device="cpu")
    told: list[object] = []
    loud = train_live(images, spec, told.append)
    with silent():
        heard = list(train(spec, images=images))
    assert [event.epoch for event in told if isinstance(event, Epoch)] == [1, 2]
    assert [event.epoch for event in heard if isinstance(event, Epoch)] == [2]
    assert np.array_equal(confusion(heard[-1]), confusion(loud))


def test_a_sweep_comes_to_the_same_whether_stacked_or_one_after_another() -> None:
    images = DATASETS["digits"].make()
    specs = [RunSpec(loss=loss, epochs=1, batch_size=64, device="cpu") for loss in LOSSES[:2]]
    assert stacked(images, specs) == pytest.approx(one_after_another(images, specs), abs=0.01)


def test_the_sweep_is_of_eight_different_losses_that_exist() -> None:
    assert len(set(LOSSES)) == 8
    assert set(LOSSES) <= set(ALL_LOSSES)


@pytest.mark.parametrize(
    ("operator", "kind"),
    [
        ("aten::convolution_backward", "convolution"),
        ("aten::mm", "matrix products"),
        ("aten::max_pool2d_with_indices", "pooling"),
        ("aten::native_batch_norm", "batch norm"),
        ("aten::_fused_adamw_", "optimiser"),
        ("aten::_log_softmax", "loss"),
        ("aten::threshold_backward", "ReLU"),
        ("aten::copy_", "copies and formats"),
        ("aten::add_", "other elementwise work"),
    ],
)
def test_the_profile_sorts_operators_by_what_they_do(operator: str, kind: str) -> None:
    assert kind_of(operator) == kind


def test_mnist_5k_has_500_images_of_each_class_in_three_parts_without_overlap() -> None:
    images = mnist_5k()
    assert images.images.shape == (5000, 1, 28, 28)
    assert images.images.dtype == np.uint8
    assert np.bincount(images.target).tolist() == [500] * 10
    assert {split: int((images.split == split).sum()) for split in ("train", "valid", "test")} == {
        "train": 4000,
        "valid": 500,
        "test": 500,
    }
