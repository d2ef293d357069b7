"""A model as ONNX: the same logits in another program, for any number of images, and a refusal where it is not so."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from costlab.bundle.exporting import ExportFailed as NotExported
from costlab.bundle.exporting import exported
from costlab.bundle.model_files import known, model_files
from costlab.datasets import DATASETS
from costlab.errors import InvalidFile
from costlab.predictions import Predictions
from costlab.training.artifacts import save
from costlab.training.onnx_export import Prepared, _compared, export
from tests.training.runs import short_spec, trained


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run, trained for real."""
    place = tmp_path_factory.mktemp("run")
    run = trained(short_spec(epochs=1))
    save(place, run.prepared, run.history, run.outcome)
    return place


def test_the_onnx_model_gives_the_logits_of_training_for_any_number_of_images(folder: Path) -> None:
    checked = export(folder)
    assert checked.of == "test images"
    assert checked.difference <= 1e-4 * max(1.0, checked.size)
    made = DATASETS["digits"].make(train_size=200)
    images = made.images[made.split == "test"]
    kept = Predictions.load(folder / "predictions.npz").part("test").logits
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    for number in (1, 3, len(images)):
        logits = session.run(["logits"], {"images": images[:number]})[0]
        assert np.abs(logits - kept[:number]).max() < 1e-4 * max(1.0, float(np.abs(kept).max()))
    assert known(folder) == checked
    assert list(exported(folder)) == []  # a second one is not made


def test_other_weights_make_the_kept_model_stale(folder: Path) -> None:
    if known(folder) is None:
        export(folder)
    weights = (folder / "model.safetensors").read_bytes()
    try:
        (folder / "model.safetensors").write_bytes(weights + b" ")
        assert known(folder) is None
        assert model_files(folder, "digits").missing == "The model as ONNX has not been made yet."
    finally:
        (folder / "model.safetensors").write_bytes(weights)
    assert known(folder) is not None


def test_a_model_that_decides_otherwise_is_refused(folder: Path) -> None:
    export(folder) if known(folder) is None else None
    torch.manual_seed(1)
    other = Prepared(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10)), [0.0], [1.0]).eval()
    images = np.zeros((2, 1, 8, 8), np.uint8)
    with pytest.raises(Exception, match="differ from the original's by up to"):
        _compared(other, images, "test images", folder / "model.onnx", "")


def test_what_is_no_run_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    with pytest.raises(InvalidFile, match="not a file of weights that costlab has written"):
        export(tmp_path)
    with pytest.raises(NotExported, match="not a file of weights that costlab has written"):
        list(exported(tmp_path))


def test_preparation_is_that_of_the_training_images(folder: Path) -> None:
    preparation = model_files(folder, "digits").preparation
    assert preparation is not None
    made = DATASETS["digits"].make(train_size=200)
    pixels = made.images[made.split == "train"] / 255
    assert preparation.shape == (1, 8, 8)
    assert preparation.mean == pytest.approx([pixels.mean()])
    assert preparation.std == pytest.approx([pixels.std()])
    assert (
        json.loads((folder / "run.json").read_text())["counts"]
        == np.bincount(made.target[made.split == "train"]).tolist()
    )
