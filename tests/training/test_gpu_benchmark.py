"""The GPU's benchmark runs on the CPU, in little; what it says of a GPU is not tested here."""

import re

import pytest
import torch

from benchmarks import gpu


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so_in_one_sentence_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"This machine has no GPU that torch can use; [^.]+\.\n", said.err)


def test_the_small_form_makes_a_row_of_every_check_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(["--device", "cpu", "--small", "--only", "ways", "repeats"]) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")][1:]
    found = {row[0].removeprefix("| "): row[1] for row in rows}
    assert found["graph step, small_cnn on 64 x digits"] == "no graphs on this device"
    assert re.fullmatch(r"[\d.]+ s to start, then [\d.]+ ms", found["eager step, small_cnn on 64 x digits"])
    assert found["the same run twice, small_cnn on digits"] == "the same bits"


def test_made_up_images_can_be_told_apart_by_their_patterns() -> None:
    images = gpu.made_up((1, 8, 8), 500)
    flat = images.images.reshape(500, -1).astype(float)
    train = images.split == "train"
    means = [flat[train & (images.target == k)].mean(0) for k in range(10)]
    nearest = [min(range(10), key=lambda k: ((row - means[k]) ** 2).sum()) for row in flat[~train]]
    assert (nearest == images.target[~train]).mean() > 0.9
