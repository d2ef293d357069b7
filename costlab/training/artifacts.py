"""What is kept of a finished run: `run.json`, `predictions.npz` and `model.safetensors` in one folder."""

import json
from collections.abc import Callable
from pathlib import Path

from safetensors.torch import save as to_bytes

from costlab.records import Epoch, Prepared, RunReport
from costlab.training.outcome import Outcome


def save(folder: Path, prepared: Prepared, history: list[Epoch], outcome: Outcome) -> None:
    """Write the three files into `folder`, made when it is not there; each appears whole, `run.json` last.

    The weights' metadata holds what is needed to use them: spec, classes, and the mean and standard deviation (C,) of
    the training pixels, from 0 to 1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    report = RunReport(
        **prepared.model_dump(
            include={"device", "device_name", "torch", "parameters", "sizes", "counts", "notes", "form"}
        ),
        spec=prepared.spec,
        seconds=outcome.seconds,
        history=history,
        test=outcome.test,
    )
    about = {
        "spec": prepared.spec.model_dump(mode="json"),
        "classes": prepared.classes,
        "mean": outcome.mean.tolist(),
        "std": outcome.std.tolist(),
    }
    metadata = {"costlab": json.dumps(about)}  # one entry, for safetensors writes several in random order
    _whole(folder / "predictions.npz", outcome.predictions.save)
    _whole(folder / "model.safetensors", lambda path: path.write_bytes(to_bytes(outcome.weights, metadata)))
    _whole(folder / "run.json", lambda path: path.write_text(report.model_dump_json(indent=1), encoding="utf-8"))


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside and rename, so that no one ever reads half a file."""
    part = path.with_name(f".{path.name}.part")
    write(part)
    part.replace(path)
