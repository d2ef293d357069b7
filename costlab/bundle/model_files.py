"""A run's model as files: the weights, and the same as ONNX, which another process makes and checks."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import Field

from costlab.datasets import DATASETS
from costlab.errors import InvalidFile
from costlab.records import Record

WEIGHTS, ONNX, CHECKED = "model.safetensors", "model.onnx", "onnx.json"


class Checked(Record):
    """How the ONNX model was compared with the original."""

    weights: str = Field(description="SHA-256 of the weights that it was made of.")
    images: int
    of: str = Field(description="Which images both have seen.")
    difference: float = Field(description="The largest difference of a logit.")
    size: float = Field(description="The largest logit.")
    opset: int
    onnxruntime: str


@dataclass(frozen=True)
class Preparation:
    """How an image must be prepared. shape: (C, H, W). mean, std: (C,), of pixels from 0 to 1."""

    shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class ModelFiles:
    """What there is of a model. missing: why something is not there, as a sentence; empty where all is."""

    folder: Path | None = None
    preparation: Preparation | None = None
    checked: Checked | None = None
    missing: str = ""

    @property
    def told(self) -> str:
        """What is there of the model, in a sentence."""
        if self.missing or self.checked is None:
            return self.missing
        return (
            f"The ONNX model was compared with the original on {self.checked.images} {self.checked.of}: no logit "
            f"differs by more than {self.checked.difference:.1e}."
        )


def model_files(folder: Path | None, dataset: str) -> ModelFiles:
    """The files in a run's folder. dataset: its name. Raises InvalidFile where the weights are not costlab's."""
    if folder is None:
        return ModelFiles(missing="The bundled examples are predictions only: their models are not part of costlab.")
    if not (folder / WEIGHTS).is_file():
        return ModelFiles(missing="The weights of this run are not on this machine, so no model is in the bundle.")
    about = weights_metadata(folder / WEIGHTS)
    shape = DATASETS[dataset].module.SHAPE if dataset in DATASETS else ()
    preparation = Preparation(tuple(shape), tuple(about["mean"]), tuple(about["std"]))
    checked = known(folder)
    missing = "" if checked else "The model as ONNX has not been made yet."
    return ModelFiles(folder, preparation, checked, missing)


def known(folder: Path) -> Checked | None:
    """What was checked of the ONNX model in a run's folder; None where there is none of these weights."""
    try:
        checked = Checked.model_validate_json((folder / CHECKED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    fresh = checked.weights == fingerprint(folder) and (folder / ONNX).is_file()
    return checked if fresh else None


def fingerprint(folder: Path) -> str:
    """SHA-256 of a run's weights."""
    return sha256((folder / WEIGHTS).read_bytes()).hexdigest()


def weights_metadata(path: Path) -> dict[str, Any]:
    """What costlab has written into the weights' metadata. Raises InvalidFile."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), 1 << 24)))
        told: dict[str, Any] = json.loads(header["__metadata__"]["costlab"])
        return {name: told[name] for name in ("spec", "classes", "mean", "std")}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InvalidFile(f"{path} is not a file of weights that costlab has written; train again.") from error
