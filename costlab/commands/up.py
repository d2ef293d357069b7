"""`costlab up`: the screens and their worker, on this machine."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to answer on.")] = 8501,
    host: Annotated[str, typer.Option(help="The address to answer on; 0.0.0.0 is every network.")] = "127.0.0.1",
) -> None:
    """Start the screens and their worker; Ctrl-C stops both."""
    app = str(find_app())
    address = ["--server.address", host, "--server.port", str(port), "--server.headless", "true"]
    os.execv(sys.executable, [sys.executable, "-P", "-m", "streamlit", "run", app, *address])


def find_app() -> Path:
    """`app.py` of the clone that this costlab was installed from, or of the one we stand in. Raises InvalidFile."""
    import costlab
    from costlab.errors import InvalidFile

    for folder in (Path(costlab.__file__).parents[1], Path.cwd()):
        if (folder / "app.py").is_file() and (folder / "costlab" / "ui" / "main.py").is_file():
            return folder / "app.py"
    raise InvalidFile(
        "The screens (app.py and pages/) are not part of this installation; clone the project and say costlab up there."
    )
