"""`costlab show`: one run in words and figures."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from costlab.store import Run


def show(
    id: Annotated[str, typer.Argument(help="The run's id, as `costlab runs` lists it.")],
    json: Annotated[bool, typer.Option("--json", help="As JSON with the whole history, for programs.")] = False,
) -> None:
    """Say how a run stands: its last epoch, and what its decisions cost."""
    from costlab.store import Store

    store = Store()
    run, history = store.run(id), store.history(id)
    if json:
        from json import dumps, loads

        # through text: only there numbers that are not finite become words, which any JSON reader takes
        record = loads(run.model_dump_json()) | {"history": [loads(epoch.model_dump_json()) for epoch in history]}
        print(dumps(record, indent=1))
        return
    print(summary(run))
    if history and run.prepared:
        from costlab.commands._progress import described

        print(f"\nlast: {described(history[-1], run.prepared)}")


def summary(run: "Run") -> str:
    """The run's state and reason, and the verdict on its test part when it has one."""
    lines = [f"{run.id}: {run.title}", _state(run), *(run.prepared.notes if run.prepared else [])]
    cost = run.prepared.spec.cost if run.prepared else None
    if run.test and cost:
        from costlab.commands._verdict import table

        lines += ["", table(run.test, cost)]
    if run.state == "failed" and run.log.strip():
        lines += ["", "The last lines of its log:", *run.log.rstrip().splitlines()[-12:]]
    return "\n".join(lines)


def _state(run: "Run") -> str:
    where = f" on {run.prepared.device_name}" if run.prepared else ""
    match run.state:
        case "succeeded":
            return f"succeeded after {run.seconds:.1f} s of training{where}"
        case "running":
            return f"running, {100 * run.fraction:.0f} % done{where}" + (
                ", asked to stop" if run.cancel_requested else ""
            )
        case "failed":
            return f"failed: {run.reason}"
        case _:
            return run.state + (f": {run.reason}" if run.reason else "")
