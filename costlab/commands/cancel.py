"""`costlab cancel`: end runs that wait or train."""

from typing import Annotated

import typer


def cancel(ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The runs' ids.")]) -> None:
    """Cancel runs: those that wait end now, those that train end within about a second."""
    from costlab.store import Store

    store = Store()
    for id in ids:
        before = store.run(id)
        if before.active:
            store.cancel(id)
            print(f"{id} is cancelled." if before.state == "queued" else f"{id} was asked to stop.")
        else:
            print(f"{id} had already ended: {before.state}.")
