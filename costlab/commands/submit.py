"""`costlab submit`: put a run into the queue."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from costlab.commands import _options as options

if TYPE_CHECKING:
    from costlab.store import Run, Store

EXIT = {"succeeded": 0, "failed": 1, "cancelled": 130}  # 130: what a shell reports after Ctrl-C
LOOK = 0.2  # seconds between looks at a run that is waited for


def submit(
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
    augment: options.Augment = None,
    settings: options.Settings = None,
    spec: options.Spec = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Show how it goes; exit status 0: it succeeded, 1: failed, 130: cancelled.")
    ] = False,
) -> None:
    """Queue a run for the worker, and print its id."""
    run = options.spec_from_options(
        spec=spec, settings=settings, cost=cost, dataset=dataset, model=model, loss=loss, epochs=epochs, seed=seed,
        device=device, precision=precision, threads=threads, batch_size=batch_size, learning_rate=learning_rate,
        augment=augment,
    )  # fmt: skip
    from costlab.store import Store

    store = Store()
    id = store.add(run)
    print(id, flush=True)
    if not any(worker.alive for worker in store.workers()):
        _say("costlab: No worker is running yet; the run waits for `costlab up` or `costlab worker`.")
    if wait:
        raise typer.Exit(_watch(store, id))


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
