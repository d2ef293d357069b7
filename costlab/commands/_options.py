"""The options that describe a run, shared by the verbs that train one, and the `RunSpec` that they make."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from costlab.cost_files import Table
    from costlab.costs import CostMatrix
    from costlab.specs import RunSpec

Dataset = Annotated[str | None, typer.Option(help="The data set.  [default: digits]")]
Model = Annotated[str | None, typer.Option(help="The model.  [default: small_cnn]")]
Loss = Annotated[str | None, typer.Option(help="The training loss.  [default: cross_entropy]")]
Cost = Annotated[
    Path | None,
    typer.Option(help="What each mistake costs: a .csv or .json file.  [default: the data set's suggestion]"),
]
Epochs = Annotated[int | None, typer.Option(help="Passes over the training part.  [default: 10]")]
Seed = Annotated[int | None, typer.Option(help="Initial weights and order of the images.  [default: 0]")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, mps, cuda or cuda:N.  [default: auto]")]
Precision = Annotated[str | None, typer.Option(help="auto, float32 or bfloat16.  [default: auto]")]
Threads = Annotated[int | None, typer.Option(help="CPU threads.  [default: two where that pays, else one]")]
BatchSize = Annotated[int | None, typer.Option(help="Images a step.  [default: sized to the images]")]
LearningRate = Annotated[float | None, typer.Option(help="The peak of the one-cycle schedule.  [default: 0.01]")]
Optimiser = Annotated[str | None, typer.Option(help="muon or adamw.  [default: muon]")]
Averaging = Annotated[
    float | None, typer.Option(help="Share of the steps, the last ones, whose weights are averaged.  [default: 0]")
]
Views = Annotated[int | None, typer.Option(help="Views of an image that is judged: 1, or 5 with shifts.  [default: 1]")]
Augment = Annotated[
    bool | None, typer.Option("--augment/--no-augment", help="Shift, turn and scale the images.  [default: augment]")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="WHAT.OPTION=VALUE", help="An option of the dataset, model or loss; repeatable."),
]
Spec = Annotated[
    Path | None, typer.Option(help="Begin with the run in this JSON file (a spec or a run.json); options change it.")
]

CHOICES = {
    "dataset": ("data set", "costlab.datasets"),
    "model": ("model", "costlab.models"),
    "loss": ("loss", "costlab.losses"),
}


def spec_from_options(
    spec: Path | None = None,
    settings: list[str] | None = None,
    cost: Path | None = None,
    dataset: str | None = None,
    model: str | None = None,
    loss: str | None = None,
    **fields: Any,
) -> "RunSpec":
    """The run that the options describe; None leaves what `spec` says, or the default. Needs no torch.

    `fields` are further fields of `RunSpec`. `settings` are texts such as "loss.beta=2". Raises InvalidSpec,
    InvalidFile, InvalidCosts or UnknownName with one sentence.

    >>> spec_from_options(loss="soft_f_beta", settings=["loss.beta=2"], epochs=3).loss.options
    {'beta': 2}
    """
    from costlab.specs import make_spec

    run = _begun(spec)
    for what, name in (("dataset", dataset), ("model", model), ("loss", loss)):
        if name is not None and name != _choice(run, what)["name"]:
            run[what] = {"name": name, "options": {}}
    for setting in settings or []:
        what, option, value = _read_setting(setting)
        _choice(run, what)["options"][option] = value
    if cost is not None:
        run["cost"] = read_costs(cost)
    run.update({name: value for name, value in fields.items() if value is not None})
    made = make_spec(**run)
    _check_names(made)
    return made


def read_costs(path: Path) -> "CostMatrix":
    """The cost matrix in a .csv or .json file. Raises InvalidFile or InvalidCosts, naming the file."""
    from costlab.errors import InvalidCosts

    table = read_table(path)
    try:
        return table.matrix()
    except InvalidCosts as error:
        raise InvalidCosts(f"{path}: {error}") from error


def read_table(path: Path) -> "Table":
    """The table in a .csv or .json file, its cells not yet read. Raises InvalidFile, naming the file."""
    from costlab.cost_files import csv_table, json_table
    from costlab.errors import InvalidFile

    if path.suffix.lower() not in {".csv", ".tsv", ".txt", ".json"}:
        raise InvalidFile(f"Costs are read from a .csv or .json file; got {path.name}.")
    text = _read(path)
    try:
        return json_table(text) if path.suffix.lower() == ".json" else csv_table(text)
    except InvalidFile as error:
        raise InvalidFile(f"{path}: {error}") from error


def _begun(path: Path | None) -> dict[str, Any]:
    """The fields to begin with: those of the file, which is a spec or a whole run report."""
    from costlab.errors import InvalidFile
    from costlab.specs import RunSpec, read_spec

    if path is None:
        return RunSpec().model_dump()
    try:
        record = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        raise InvalidFile(f"{path} is not JSON; give a spec or the run.json of a run.") from error
    if isinstance(record, dict):
        record = record.get("spec", record)
    return read_spec(json.dumps(record)).model_dump()


def _choice(run: dict[str, Any], what: str) -> dict[str, Any]:
    choice: dict[str, Any] = run[what]
    return choice


def _read(path: Path) -> bytes:
    from costlab.cost_files import MAX_BYTES
    from costlab.errors import InvalidFile

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise InvalidFile(f"There is no file {path}.") from error
    except OSError as error:
        raise InvalidFile(f"{path} cannot be read: {error.strerror}.") from error


def _read_setting(text: str) -> tuple[str, str, Any]:
    """What, option and value of "loss.beta=2"; the value is JSON where it is, else text."""
    from costlab.errors import InvalidSpec

    place, equals, value = text.partition("=")
    what, dot, option = place.strip().partition(".")
    if not (equals and dot and option.strip() and what in CHOICES):
        raise InvalidSpec(f"Expected a setting such as loss.beta=2, of dataset, model or loss; got {text!r}.")
    try:
        return what, option.strip(), json.loads(value)
    except (ValueError, RecursionError):
        return what, option.strip(), value.strip()


def _check_names(spec: "RunSpec") -> None:
    """Raise UnknownName by looking at file names only, so that a typing mistake shows before torch is loaded."""
    from costlab.registry import Registry

    for what, (kind, package) in CHOICES.items():
        found = find_spec(package)
        names = Registry(kind, package, list(found.submodule_search_locations or []) if found else [])
        if (name := getattr(spec, what).name) not in names:
            names[name]  # raises UnknownName with the nearest


def read_shares(text: str) -> dict[str, float]:
    """The class shares in "ok=0.9,crack=0.1". Raises InvalidSpec."""
    from costlab.errors import InvalidSpec
    from costlab.numbers import parse_number

    shares: dict[str, float] = {}
    for part in text.split(","):
        name, equals, value = part.rpartition("=")
        try:
            shares[name.strip()] = parse_number(value)
        except ValueError as error:
            raise InvalidSpec(f"Expected class shares such as ok=0.9,crack=0.1; in {part!r}, {error}.") from error
        if not equals:
            raise InvalidSpec(f"Expected class shares such as ok=0.9,crack=0.1; {part!r} names no class.")
    return shares
