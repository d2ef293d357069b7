"""`costlab train`: one run in the foreground, without server or database."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from costlab.commands import _options as options

if TYPE_CHECKING:
    from costlab.records import Epoch, Prepared
    from costlab.specs import RunSpec
    from costlab.training import Outcome

INTERRUPTED = 130  # what a shell reports after Ctrl-C


def train(
    out: Annotated[Path | None, typer.Option(help="Folder for run.json, predictions.npz, model.safetensors.")] = None,
    dataset: options.Dataset = None,
    loss: options.Loss = None,
    cost: options.Cost = None,
    epochs: options.Epochs = None,
    seed: options.Seed = None,
    model: options.Model = None,
    device: options.Device = None,
    precision: options.Precision = None,
    threads: options.Threads = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
    optimiser: options.Optimiser = None,
    averaging: options.Averaging = None,
    views: options.Views = None,
    augment: options.Augment = None,
    settings: options.Settings = None,
    spec: options.Spec = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a run that is in the folder.")] = False,
) -> None:
    """Train one model here and now, and say what its decisions cost."""
    run = options.spec_from_options(
        spec=spec, settings=settings, cost=cost, dataset=dataset, model=model, loss=loss, epochs=epochs, seed=seed,
        device=device, precision=precision, threads=threads, batch_size=batch_size, learning_rate=learning_rate,
        optimiser=optimiser, averaging=averaging, views=views, augment=augment,
    )  # fmt: skip
    if out is not None:
        _claim(out, force)
    try:
        prepared, history, outcome = _trained(run)
    except KeyboardInterrupt:
        print("costlab: Stopped; nothing was written.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if out is not None:
        from costlab.training.artifacts import save

        save(out, prepared, history, outcome)
    _say(prepared, outcome)
    if out:
        print(f"Written to {out}. Every decision rule, against the bar: costlab decide {out / 'predictions.npz'}")
    else:
        print("Nothing was written; give --out FOLDER to keep the run.")


def _claim(folder: Path, force: bool) -> None:
    """Make sure that the run can be written, before time is spent on it. Raises InvalidFile with one sentence."""
    from costlab.errors import InvalidFile

    if (folder / "run.json").exists() and not force:
        raise InvalidFile(f"{folder} already holds a run; choose another folder, or say --force to overwrite it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".costlab-can-write"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InvalidFile(f"{folder} cannot be written: {error.strerror}; choose another folder.") from error


def _trained(spec: "RunSpec") -> "tuple[Prepared, list[Epoch], Outcome]":
    """Train, and show how it goes."""
    from costlab.commands._progress import shown

    with shown() as display:
        from costlab.records import Epoch, Prepared, Progress
        from costlab.training import Outcome, train

        history: list[Epoch] = []
        for event in train(spec):
            if isinstance(event, Prepared):
                prepared = event
                display.begin(event)
            elif isinstance(event, Progress):
                display.move(event.fraction)
            elif isinstance(event, Epoch):
                history.append(event)
                display.show(event)
            elif isinstance(event, Outcome):
                outcome = event
    return prepared, history, outcome


def _say(prepared: "Prepared", outcome: "Outcome") -> None:
    from costlab.commands._verdict import sentence, table

    cost = prepared.spec.cost
    assert cost is not None  # a resolved spec has one
    print(
        f"Trained in {outcome.seconds:.1f} s on {prepared.device_name}; on the {prepared.sizes['test']} test images:\n"
    )
    print(table(outcome.test, cost), end="\n\n")
    print(sentence(outcome.predictions, outcome.test, cost))
    print(*prepared.notes, sep="\n", end="\n" if prepared.notes else "")
