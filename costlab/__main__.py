"""The command line: `costlab VERB`, or `python -m costlab VERB`."""

import importlib
import pkgutil
import sys

import typer

import costlab.commands
from costlab.errors import CostlabError

app = typer.Typer(
    help="Cost-sensitive image classification: what a mistake costs, and what to do about it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _verb in sorted(m.name for m in pkgutil.iter_modules(costlab.commands.__path__) if not m.name.startswith("_")):
    _module = importlib.import_module(f"costlab.commands.{_verb}")
    app.command(_verb)(getattr(_module, _verb))


def main() -> None:
    """Run the command line; what costlab refuses is one sentence on standard error and exit status 2."""
    try:
        app()
    except CostlabError as error:
        print(f"costlab: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
