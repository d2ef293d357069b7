"""`costlab worker`: the worker standing alone, for a machine with a GPU or a second container."""

from typing import Annotated

import typer


def worker(
    slots: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="Processes that train at once.  [default: one a GPU; else half the cores, but two of two]",
        ),
    ] = None,
    stall: Annotated[
        float, typer.Option(min=1, help="Seconds without a word from training after which it is stopped.")
    ] = 600.0,
) -> None:
    """Train what is queued in this home folder until Ctrl-C; unfinished runs then go back to the queue."""
    import logging
    import threading

    from costlab.home import home
    from costlab.worker.serve import serve, stop_on_signals

    logging.basicConfig(format="costlab worker: %(message)s", level=logging.INFO)
    stopping = threading.Event()
    stop_on_signals(stopping)
    logging.getLogger("costlab.worker").info("Working for %s; Ctrl-C stops.", home())
    serve(stopping, slots=slots, stall=stall)
