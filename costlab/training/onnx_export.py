"""A trained model as ONNX, with the preparation of the images in the graph, and checked against the original.

`python -m costlab.training.onnx_export FOLDER` makes `model.onnx` and `onnx.json` in a run's folder. The graph takes
`images` (N, C, H, W) uint8, any N, and gives `logits` (N, K) float32.
"""

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from costlab.bundle.model_files import CHECKED, ONNX, WEIGHTS, Checked, fingerprint, weights_metadata
from costlab.datasets import DATASETS
from costlab.errors import CostlabError, InvalidFile
from costlab.models import MODELS
from costlab.specs import RunSpec
from costlab.training.views import shifted

IMAGES = 256  # test images that both models see
TOLERANCE = 1e-4  # of the largest logit: float32 in another order of sums is off by a few millionths
OPSET = 18


class ExportFailed(CostlabError, RuntimeError):
    """A model that cannot be written as ONNX, or that decides otherwise there."""


class Prepared(nn.Module):
    """The model behind its standardisation. mean, std: (C,), of pixels from 0 to 1. views: 1, or 5 with shifts."""

    def __init__(self, model: nn.Module, mean: list[float], std: list[float], views: int = 1):
        super().__init__()
        self.model, self.views = model, views
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", 255 * torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", 255 * torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) uint8 to logits (N, K)."""
        standardised = (images.float() - self.mean) / self.std
        if self.views == 1:
            logits: Tensor = self.model(standardised)
            return logits
        return torch.stack([self.model(view) for view in shifted(standardised)]).mean(dim=0)


def export(folder: Path) -> Checked:
    """Write `model.onnx` and what was checked of it. Raises InvalidFile, ExportFailed, or what the data set raises."""
    about = weights_metadata(folder / WEIGHTS)
    spec = RunSpec.model_validate(about["spec"])
    model = _model(folder, spec, about)
    images, of = _images(spec)
    part = folder / f".{ONNX}.part"
    try:
        _write(model, images[:2], part)
        checked = _compared(model, images, of, part, fingerprint(folder))
        part.replace(folder / ONNX)
    finally:
        part.unlink(missing_ok=True)
    (folder / CHECKED).write_text(checked.model_dump_json(indent=1), encoding="utf-8")
    return checked


def _model(folder: Path, spec: RunSpec, about: dict[str, Any]) -> Prepared:
    shape = DATASETS[spec.dataset.name].module.SHAPE
    model = MODELS[spec.model.name].make(**spec.model.options, shape=shape, classes=len(about["classes"]))
    try:
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (RuntimeError, ValueError) as error:
        raise InvalidFile(f"The weights in {folder} are not those of a {spec.model.name}; train again.") from error
    return Prepared(model, about["mean"], about["std"], spec.views).eval()


def _images(spec: RunSpec) -> tuple[np.ndarray, str]:
    """Real test images; where the data set is not on this machine, noise."""
    plugin = DATASETS[spec.dataset.name]
    if plugin.module.missing():
        rng = np.random.default_rng(0)
        return rng.integers(0, 256, (IMAGES, *plugin.module.SHAPE), dtype=np.uint8), "images of noise"
    made = plugin.make(**spec.dataset.options)
    return np.ascontiguousarray(made.images[made.split == "test"][:IMAGES]), "test images"


def _write(model: Prepared, images: np.ndarray, path: Path) -> None:
    batch = torch.export.Dim("batch", min=1)
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model, (torch.from_numpy(images),), path, input_names=["images"], output_names=["logits"],
                opset_version=OPSET, dynamo=True, dynamic_shapes={"images": {0: batch}}, external_data=False,
                verbose=False, optimize=True,
            )  # fmt: skip
    except ImportError as error:
        raise ExportFailed(f"Writing ONNX needs the package {error.name}, which is not installed.") from error
    except Exception as error:  # whatever the exporter meets
        said = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise ExportFailed(f"This model cannot be written as ONNX: {said:.200}") from error
    finally:
        logging.disable(logging.NOTSET)


@torch.no_grad()
def _compared(model: Prepared, images: np.ndarray, of: str, path: Path, weights: str) -> Checked:
    """Both models on the same images, one alone and all together. Raises ExportFailed when they differ."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    expected = model(torch.from_numpy(images)).numpy()
    together = session.run(["logits"], {"images": images})[0]
    alone = session.run(["logits"], {"images": images[:1]})[0]
    difference = max(float(np.abs(together - expected).max()), float(np.abs(alone - expected[:1]).max()))
    size = float(np.abs(expected).max())
    if not difference <= TOLERANCE * max(1.0, size):
        raise ExportFailed(
            f"The ONNX model's logits differ from the original's by up to {difference:.2g}; it was thrown away."
        )
    return Checked(
        weights=weights, images=len(images), of=of, difference=difference, size=size, opset=OPSET,
        onnxruntime=onnxruntime.__version__,
    )  # fmt: skip


def main(arguments: list[str]) -> None:
    """One folder; what was checked as JSON on standard output, a refusal as one sentence on standard error."""
    torch.set_num_threads(1)
    try:
        sys.stdout.write(json.dumps(export(Path(arguments[0])).model_dump()))
    except CostlabError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
