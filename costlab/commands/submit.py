"""`costlab submit`: put a run into the queue, or one for each of several losses and seeds."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from costlab.commands import _options as options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costlab.store import Run, Store

EXIT = {"succeeded": 0, "failed": 1, "cancelled": 130}  # 130: what a shell reports after Ctrl-C
LOOK = 0.2  # seconds between looks at a run that is waited for


Losses = Annotated[
    list[str] | None,
    typer.Option("--loss", help="A training loss; repeat it for a run each.  [default: cross_entropy]"),
]
Seeds = Annotated[
    str | None,
    typer.Option("--seed", help="Initial weights and order of the images: 3, or 0-4 for a run each.  [default: 0]"),
]


def submit(
    dataset: options.Dataset = None,
    loss: Losses = None,
    cost: options.Cost = None,
    epochs: options.Epochs = None,
    seed: Seeds = None,
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
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Show how it goes; exit status 0: all succeeded, 1: one failed, 130: cancelled."),
    ] = False,
) -> None:
    """Queue a run for the worker and print its id; several losses or seeds: a run for each pair, trained side by side.

    Runs that are queued at once may train as one program, which takes little longer than one run where that pays.
    """
    from costlab.seeds import read_seeds
    from costlab.store import Store

    losses: list[str | None] = [*dict.fromkeys(loss or [])] or [None]
    seeds: list[int | None] = [*read_seeds(seed)] if seed is not None else [None]
    _check_settings(losses, settings)
    runs = [
        options.spec_from_options(
            spec=spec, settings=settings, cost=cost, dataset=dataset, model=model, loss=one, epochs=epochs, seed=number,
            device=device, precision=precision, threads=threads, batch_size=batch_size, learning_rate=learning_rate,
            optimiser=optimiser, averaging=averaging, views=views, augment=augment,
        )
        for number in seeds
        for one in losses
    ]  # fmt: skip
    store = Store()
    ids = store.add_many(runs) if len(runs) > 1 else [store.add(runs[0])]
    print(*ids, sep="\n", flush=True)
    if not any(worker.alive for worker in store.workers()):
        _say("costlab: No worker is running yet; the run waits for `costlab up` or `costlab worker`.")
    if wait:
        raise typer.Exit(max([_watch(store, id) for id in ids]))


def _check_settings(losses: "Sequence[str | None]", settings: list[str] | None) -> None:
    """An option of one loss means nothing to another. Raises InvalidSpec."""
    from costlab.errors import InvalidSpec

    if len(losses) > 1 and any(setting.strip().startswith("loss.") for setting in settings or []):
        raise InvalidSpec("An option of a loss was given with several losses; submit that loss by itself.")


def _watch(store: "Store", id: str) -> int:
    """Show the run until it ends; its exit status."""
    try:
        ended = _followed(store, id)
    except KeyboardInterrupt:
        _say(f"costlab: The run goes on; `costlab show {id}` tells how, `costlab cancel {id}` ends it.")
        return EXIT["cancelled"]
    from costlab.commands.show import summary

    print(summary(ended))
    return EXIT[ended.state]


def _followed(store: "Store", id: str) -> "Run":
    from costlab.commands._progress import shown

    with shown() as display:
        attempt, epoch, begun = 0, 0, False
        while True:
            run = store.run(id)
            if run.attempt != attempt:  # also when it had to begin again
                attempt, epoch, begun = run.attempt, 0, False
            if run.prepared and not begun:
                display.begin(run.prepared)
                begun = True
            for done in store.history(id, after=epoch) if begun else []:
                display.show(done)
                epoch = done.epoch
            if begun:
                display.move(run.fraction)
            if not run.active:
                return run
            time.sleep(LOOK)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
