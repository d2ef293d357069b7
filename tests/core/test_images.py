"""Pictures by index are the data set's own pixels; what is said of one image agrees with loops over the predictions."""

import io
import math
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from costlab import images
from costlab.costs import CostMatrix
from costlab.datasets import DATASETS
from costlab.errors import DataUnavailable, UnknownName
from costlab.fitted import Fitted
from costlab.home import home
from costlab.images import Pictures, pictures, png
from costlab.judged_images import costliest_cell, judged_image, seen_probs
from costlab.predictions import Predictions
from costlab.scenario import Scenario, answer, cell_images
from costlab.sources import example_source
from costlab.specs import Choice


def ready(dataset: Choice) -> Pictures:
    """The pictures, waited for by the process that prepares them."""
    while (found := pictures(dataset)) is None:
        for process in list(images._preparing.values()):
            process.wait(120)
    return found


def decoded(picture: bytes) -> np.ndarray:
    """(C, H, W) of a PNG file."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)))
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


@pytest.mark.process
@pytest.mark.parametrize(
    "dataset",
    [
        Choice(name="digits", options={"train_size": 100, "split_seed": 3}),
        Choice(name="surface_defects", options={"images": 500, "label_noise": 0.2, "overlap": 0.1}),
        Choice(name="traffic_lights", options={"images": 500, "imbalance": 5}),
    ],
)
def test_the_picture_of_an_index_is_the_image_of_the_data_set_pixel_for_pixel(dataset: Choice) -> None:
    made = DATASETS[dataset.name].make(**dataset.options)
    test = made.split == "test"
    shown = ready(dataset).show(made.index[test], made.target[test])
    assert len(shown) > 50
    for image, wanted in zip(shown, made.images[test], strict=True):
        assert np.array_equal(decoded(png(image)), wanted)


@pytest.mark.process
def test_runs_that_differ_only_in_their_training_part_share_one_file_on_the_disk() -> None:
    for options in ({}, {"train_size": 100}, {"imbalance": 3, "split_seed": 4}, {"label_noise": 0.5}):
        ready(Choice(name="digits", options=options))
    files = list((home() / "pictures").iterdir())
    assert [file.suffix for file in files] == [".npy"]
    assert isinstance(ready(Choice(name="digits")).images.base, np.memmap)


def test_a_set_that_must_be_downloaded_is_told_so_and_nothing_is_started() -> None:
    with pytest.raises(DataUnavailable, match="MNIST is not on this machine yet"):
        pictures(Choice(name="mnist"))
    with pytest.raises(UnknownName, match="There is no data set named 'gone'"):
        pictures(Choice(name="gone"))
    assert not [process for process in images._preparing.values() if process.poll() is None]
    assert not (home() / "pictures").exists()


@pytest.mark.process
def test_images_that_cannot_be_prepared_are_told_with_the_reason_and_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (home() / "pictures").write_text("a file where the folder should be")
    with pytest.raises(DataUnavailable, match=r"images of digits could not be prepared: .*pictures"):
        ready(Choice(name="digits"))
    (home() / "pictures").unlink()
    assert len(ready(Choice(name="digits")).target) == 1797


def test_images_of_other_classes_than_were_predicted_are_refused() -> None:
    found = Pictures(np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 2]))
    assert found.show([2, 0], [2, 0]).shape == (2, 1, 2, 2)
    for index, target in (([2], [1]), ([3], [2]), ([-1], [2])):
        with pytest.raises(DataUnavailable, match="not those that were predicted"):
            found.show(index, target)


def test_a_large_image_becomes_a_small_one_by_averaging_and_keeps_its_pixels_when_shown_large() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 224, 224), dtype=np.uint8)
    assert np.array_equal(decoded(png(image)), image)
    small = decoded(png(image, 56))
    blocks = image.reshape(3, 56, 4, 56, 4).mean(axis=(2, 4))
    assert small.shape == (3, 56, 56)
    assert np.abs(small - blocks).max() <= 1  # rounded once a direction
    assert np.array_equal(decoded(png(image[:1, :8, :8], 56)), image[:1, :8, :8])


def test_images_are_shown_without_torch_or_streamlit() -> None:
    code = "import sys, costlab.images, costlab.judged_images; print({'torch', 'streamlit'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"


def softmax(scores: list[float]) -> list[float]:
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


@pytest.mark.parametrize("name", ["digits", "surface_defects", "traffic_lights"])
def test_a_cell_holds_its_images_the_surest_first_as_a_plain_loop_finds_them(name: str) -> None:
    source = example_source(name)
    fitted, test = Fitted(source.predictions), source.predictions.part("test")
    given = answer(fitted, Scenario(source.cost, calibration="none"))
    probs = [softmax([float(score) for score in row]) for row in test.logits]
    rows = range(len(test.target))
    found = seen_probs(fitted, given)
    for truth, decision in product(range(len(source.cost.classes)), range(len(source.cost.decisions))):
        inside = [row for row in rows if test.target[row] == truth and given.decided[row] == decision]
        wanted = sorted(inside, key=lambda row: (-round(max(probs[row]), 12), row))
        got = cell_images(given, test.target, found, truth, decision)
        assert [round(max(probs[row]), 12) for row in got] == [round(max(probs[row]), 12) for row in wanted]
        assert sorted(got) == inside


def test_an_image_is_told_with_its_chances_and_the_expected_and_the_true_cost_of_every_decision() -> None:
    source = example_source("surface_defects")
    fitted, test = Fitted(source.predictions), source.predictions.part("test")
    given = answer(fitted, Scenario(source.cost, calibration="none", referral=3.0))
    probs = seen_probs(fitted, given)
    for row in (0, 7, 500):
        image = judged_image(fitted, given, probs, row)
        chances = softmax([float(score) for score in test.logits[row]])
        assert image.probs == pytest.approx(chances, abs=1e-12)
        for decision in range(6):
            price = [3.0] * 5 if decision == 5 else source.cost.values[:, decision].tolist()
            expected = sum(chance * cost for chance, cost in zip(chances, price, strict=True))
            assert image.expected[decision] == pytest.approx(expected, abs=1e-9)
            assert image.true[decision] == price[test.target[row]]
        assert (image.index, image.truth) == (test.index[row], test.target[row])
        assert image.decided == image.expected.argmin()


def test_chances_are_moved_to_the_shares_of_the_scenario_as_elkan_says() -> None:
    logits = np.log([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    split, index = np.array(["valid", "valid", "test", "test"]), np.arange(4)
    predictions = Predictions(logits, np.array([0, 1, 1, 0]), ("a", "b"), split, index)
    fitted = Fitted(predictions)
    given = answer(fitted, Scenario(CostMatrix.zero_one("ab"), calibration="none", shares=(0.9, 0.1)))
    for row, (a, b) in enumerate([(0.2, 0.8), (0.6, 0.4)]):
        learnt = next(np.mean(predictions.target[each.learnt] == 0) for each in fitted.rounds if row in each.judged)
        odds = a * 0.9 / learnt, b * 0.1 / (1 - learnt)
        assert seen_probs(fitted, given)[row] == pytest.approx([odds[0] / sum(odds), odds[1] / sum(odds)])


def test_the_costliest_cell_is_the_one_whose_images_cost_most_together() -> None:
    source = example_source("surface_defects")
    given = answer(Fitted(source.predictions), Scenario(source.cost))
    sums = {
        (t, d): sum(float(given.paid[row]) for row in cell_images(given, *_test(source), t, d))
        for t, d in product(range(5), range(5))
    }
    assert costliest_cell(given) == max(sums, key=sums.__getitem__)
    free = answer(Fitted(source.predictions), Scenario(CostMatrix(np.zeros((5, 5)), source.cost.classes)))
    assert free.counts[costliest_cell(free) or (0, 0)] == free.counts.max()


def _test(source: object) -> tuple[np.ndarray, np.ndarray]:
    test = source.predictions.part("test")  # type: ignore[attr-defined]
    return test.target, test.probs()


@pytest.mark.process
def test_preparing_ends_with_the_program_that_asked_for_it() -> None:
    code = (
        "import os, time; from costlab import images; from costlab.specs import Choice\n"
        "images.warm(Choice(name='surface_defects', options={'images': 100_000}))\n"
        "print(next(iter(images._preparing.values())).pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=60)
    status = Path(f"/proc/{done.stdout.strip()}/status")
    deadline = time.monotonic() + 20
    while status.exists() and "State:\tZ" not in status.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert done.returncode == -9
    assert not list((home() / "pictures").glob("*.npy"))
