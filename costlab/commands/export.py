"""`costlab export`: what an engineer needs of a run in one zip file, and the report for people."""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from costlab.commands._options import read_costs, read_shares

if TYPE_CHECKING:
    from costlab.bundle import ModelFiles
    from costlab.scenario import Scenario
    from costlab.sources import Source


def export(
    run: Annotated[str, typer.Argument(help="A run's id, or the folder that `costlab train --out` has written.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The zip file to write.")] = None,
    cost: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What each mistake costs.  [default: those of the run]")
    ] = None,
    rule: Annotated[str, typer.Option(help="The decision rule.")] = "least_expected_cost",
    calibration: Annotated[str, typer.Option(help="none, temperature, affine or vector.")] = "temperature",
    refer: Annotated[
        float | None, typer.Option(metavar="PRICE", help="Allow one more decision at this price: refer to a human.")
    ] = None,
    priors: Annotated[
        str | None, typer.Option(metavar="CLASS=SHARE,...", help="How often each class comes where it will decide.")
    ] = None,
    scale: Annotated[float, typer.Option(help="Multiply every cost by this; not the price of referring.")] = 1.0,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the report, one HTML file.")] = None,
    agreed_by: Annotated[str, typer.Option(metavar="NAMES", help="Who agreed on the prices, for the report.")] = "",
    onnx: Annotated[bool, typer.Option("--onnx/--no-onnx", help="Write the model as ONNX, and check it.")] = True,
) -> None:
    """Write prices, a decision program with its test, predictions and the model for use elsewhere."""
    from costlab.agreement import Agreement
    from costlab.errors import InvalidFile, InvalidSpec
    from costlab.fitted import Fitted

    if out is None and report is None:
        raise InvalidSpec("Say what to write: --out bundle.zip, --report report.html, or both.")
    for path in (out, report):
        if path is not None and not path.absolute().parent.is_dir():
            raise InvalidFile(f"{path} cannot be written: there is no such folder; choose another place.")
    source = _source(run)
    assumed = {"rule": rule, "calibration": calibration, "scale": scale, "referral": refer}
    scenario = _scenario(source, cost, priors, assumed)
    fitted = Fitted(source.predictions)
    today = date.today()
    agreed = Agreement(by=agreed_by, day=f"{today.day} {today:%B %Y}")
    if report is not None:
        from costlab.report import make_report

        _write(report, make_report(source, fitted, scenario, agreed).encode())
    if out is not None:
        from costlab.bundle import make_bundle

        model = _model(source, onnx)
        _write(out, make_bundle(source, fitted, scenario, agreed, model))
        print(model.told)


def _source(run: str) -> "Source":
    """A run of the store, or the folder of one."""
    from costlab.sources import folder_source, run_source

    if Path(run).is_dir():
        return folder_source(Path(run))
    from costlab.store import Store

    return run_source(Store().run(run))


def _scenario(source: "Source", cost: Path | None, priors: str | None, assumed: dict[str, Any]) -> "Scenario":
    """What is asked for. Raises UnknownName with the nearest name, InvalidSpec or InvalidCosts."""
    from costlab.errors import UnknownName
    from costlab.scenario import Scenario

    costs = (source.cost if cost is None else read_costs(cost)).for_classes(source.predictions.classes)
    shares = None
    if priors is not None:
        given = read_shares(priors)
        for name in given:
            if name not in costs.classes:
                raise UnknownName("class", name, costs.classes)
        shares = tuple(given.get(name, 0.0) for name in costs.classes)
    return Scenario(costs, shares=shares, **assumed)


def _model(source: "Source", onnx: bool) -> "ModelFiles":
    """The model's files; why it is not there as ONNX is said, and the bundle written all the same."""
    from costlab.bundle import model_files
    from costlab.bundle.exporting import exported
    from costlab.errors import CostlabError

    model = model_files(source.folder, source.spec.dataset.name)
    if model.folder is None or model.checked or not onnx:
        return model
    print("costlab: writing the model as ONNX", file=sys.stderr, flush=True)
    try:
        for _ in exported(model.folder):
            pass
    except CostlabError as error:
        return replace(model, missing=str(error))
    return model_files(source.folder, source.spec.dataset.name)


def _write(path: Path, content: bytes) -> None:
    from costlab.errors import InvalidFile

    try:
        path.write_bytes(content)
    except OSError as error:
        raise InvalidFile(f"{path} cannot be written: {error.strerror}; choose another place.") from error
    print(f"Written to {path}.")
