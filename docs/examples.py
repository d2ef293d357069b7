"""Train the bundled example predictions anew: `python -m docs.examples`. Takes half a minute."""

import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np

from costlab.datasets import DATASETS
from costlab.examples import FOLDER, About
from costlab.records import Prepared
from costlab.specs import Choice, RunSpec
from costlab.training import Outcome, train

# float32 on one thread, so that the same kind of CPU gives the same bits. By AdamW and, of digits, from few training
# images: unsure, and wrong often enough for the costs to matter
HOW = {"optimiser": "adamw", "device": "cpu", "precision": "float32"}
RUNS = {
    "surface_defects": RunSpec(dataset="surface_defects", epochs=12, **HOW),  # type: ignore[arg-type]
    "traffic_lights": RunSpec(dataset="traffic_lights", epochs=8, **HOW),  # type: ignore[arg-type]
    "digits": RunSpec(
        dataset=Choice(name="digits", options={"train_size": 100}),
        epochs=20,
        **HOW,  # type: ignore[arg-type]
    ),
}


def write(name: str, spec: RunSpec, folder: Path = FOLDER) -> None:
    """Train one run (the default loss is cross-entropy) and keep its predictions, packed, and its costs."""
    prepared, *_, outcome = train(spec)
    assert isinstance(prepared, Prepared) and prepared.spec.cost is not None  # noqa: PT018  # for mypy
    assert isinstance(outcome, Outcome)
    plain = folder / f".{name}.npz"
    outcome.predictions.save(plain)
    with ZipFile(plain) as source, ZipFile(folder / f"{name}.npz", "w") as target:
        for info in source.infolist():  # always the same date: the same arrays are the same file
            target.writestr(ZipInfo(info.filename), source.read(info), ZIP_DEFLATED, 9)
    plain.unlink()
    (folder / f"{name}.json").write_text(prepared.spec.cost.to_json() + "\n", encoding="utf-8")


def write_about(folder: Path = FOLDER) -> None:
    """Say how each was trained: the spec, and how many training images of each class there were."""
    told = {}
    for name, spec in RUNS.items():
        images = DATASETS[name].make(**spec.dataset.options)
        counts = np.bincount(images.target[images.split == "train"], minlength=len(images.classes)).tolist()
        told[name] = About(title=DATASETS[name].title, spec=spec, counts=counts).model_dump(mode="json")
    (folder / "about.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each, run in RUNS.items():
        write(each, run)
    write_about()
