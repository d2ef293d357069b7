"""Putting a bundle together: a zip file whose bytes depend on its contents only."""

import csv
import io
import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from costlab.agreement import Agreement
from costlab.bundle.model_files import ONNX, WEIGHTS, ModelFiles
from costlab.bundle.proof import PROOF
from costlab.bundle.readme import readme
from costlab.bundle.settings import deployed, fold_of, folds, inlined
from costlab.fitted import Fitted
from costlab.scenario import CASES, Answer, Scenario, answer
from costlab.sources import Source

HERE = Path(__file__).parent
DATE = (2000, 1, 1, 0, 0, 0)  # of every file in the zip, so that the same bundle has the same bytes
PACKED = {".npz", ".safetensors", ".onnx"}  # compressing these again saves little


def make_bundle(
    source: Source, fitted: Fitted, scenario: Scenario, agreed: Agreement, model: ModelFiles, report: str = ""
) -> bytes:
    """The zip file. report: the HTML report, if it is to be in it.

    Raises InvalidCosts, InvalidPredictions or NotPortable where the scenario means nothing or is more than a table.
    """
    found = answer(fitted, scenario)
    program = (HERE / "program.py").read_text(encoding="utf-8")
    files: dict[str, bytes | str] = {
        "README.md": readme(source, fitted, scenario, found, agreed, model),
        "decide.py": inlined(program, deployed(fitted, scenario)),
        "test_decide.py": PROOF,
        "costs.json": found.cost.to_json(),
        "costs.csv": found.cost.to_csv(),
        "scenario.json": _scenario(source, scenario, agreed),
        "spec.json": source.spec.model_dump_json(indent=1),
        "screen.json": _screen(fitted, scenario, found),
        "predictions.csv": _predictions(fitted, found),
        "predictions.npz": _npz(source),
    }
    if report:
        files["report.html"] = report
    if source.folder and (source.folder / "run.json").is_file():
        files["run.json"] = (source.folder / "run.json").read_bytes()
    if model.folder:
        files[WEIGHTS] = (model.folder / WEIGHTS).read_bytes()
        if model.checked:
            files[ONNX] = (model.folder / ONNX).read_bytes()
    return _zipped(files)


def _zipped(files: dict[str, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in files.items():
            info = ZipInfo(name, DATE)
            info.compress_type = ZIP_STORED if Path(name).suffix in PACKED else ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return packed.getvalue()


def _scenario(source: Source, scenario: Scenario, agreed: Agreement) -> str:
    said = {
        "source": source.key,
        "source_title": source.title,
        "rule": scenario.rule,
        "calibration": scenario.calibration,
        "scale": scenario.scale,
        "referral": scenario.referral,
        "shares": None if scenario.shares is None else dict(zip(scenario.cost.classes, scenario.shares, strict=True)),
        "agreed": {"title": agreed.title, "by": agreed.by, "day": agreed.day, "remarks": agreed.remarks},
        "notes": dict(agreed.notes),
    }
    return json.dumps(said, indent=1, ensure_ascii=False)


def _screen(fitted: Fitted, scenario: Scenario, found: Answer) -> str:
    said = {
        "images": len(fitted),
        "cost_per_1000": CASES * found.mean.estimate,
        "interval_per_1000": [CASES * found.mean.low, CASES * found.mean.high],
        "weights": found.weights.tolist(),
        "fitted": fitted.how,
        "folds": folds(fitted, scenario),
    }
    return json.dumps(said, indent=1, ensure_ascii=False)


def _predictions(fitted: Fitted, found: Answer) -> str:
    """The test part as CSV, truths and decisions by number; logits are written so that they are read back exactly."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(["index", "truth", "decision", "fold", *(f"logit_{k}" for k in range(len(fitted.classes)))])
    test = fitted.test
    logits = test.logits.astype(np.float64).tolist()
    for index, truth, decided, fold, row in zip(
        test.index.tolist(), test.target.tolist(), found.decided.tolist(), fold_of(fitted).tolist(), logits, strict=True
    ):
        write([index, truth, decided, fold, *map(repr, row)])
    return out.getvalue()


def _npz(source: Source) -> bytes:
    if source.folder and (source.folder / "predictions.npz").is_file():
        return (source.folder / "predictions.npz").read_bytes()
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        source.predictions.save(Path(folder) / "predictions.npz")
        return (Path(folder) / "predictions.npz").read_bytes()
