"""`costlab runs`: the table of all runs."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from costlab.store import Run

HEADER = ["id", "state", "run", "created", "cost, most probable", "cost, least expected"]


def runs(
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """List the runs, the newest first."""
    from costlab.store import Run, Store

    found = Store().runs(limit=limit)
    if json:
        from pydantic import TypeAdapter

        print(TypeAdapter(list[Run]).dump_json(found, indent=1).decode())
    elif found:
        print(aligned([HEADER, *map(_row, found)]))
    else:
        print("There are no runs yet; `costlab submit` or the Train page starts one.")


def _row(run: "Run") -> list[str]:
    state = f"{run.state} {100 * run.fraction:.0f} %" if run.state == "running" else run.state
    return [run.id, state, run.title, moment(run.created), *_costs(run)]


def _costs(run: "Run") -> list[str]:
    """Mean cost of the test part under both rules; both, because choosing by the test part would flatter."""
    if run.test is None:
        return ["", ""]
    unit = run.prepared.spec.cost.unit if run.prepared and run.prepared.spec.cost else ""
    return [f"{rule.mean_cost:.4g} {unit}".rstrip() for rule in (run.test.argmax, run.test.least_expected_cost)]


def moment(seconds: float) -> str:
    """A time since 1970 on the local clock, to the minute."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def aligned(rows: list[list[str]]) -> str:
    """Text in columns.

    >>> print(aligned([["id", "state"], ["a1", "queued"]]))
    id  state
    a1  queued
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
