"""Where costlab keeps things: `COSTLAB_HOME`, or the platform's folder for user data."""

import os
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """The folder that holds the database, the data sets and the runs; made when it is not there."""
    folder = Path(os.environ.get("COSTLAB_HOME") or user_data_path("costlab", appauthor=False)).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def dataset_cache() -> Path:
    """The folder for downloaded data sets."""
    return home() / "datasets"


def run_folder(run_id: str) -> Path:
    """The folder for one run's files: `run.json`, `predictions.npz`, `model.safetensors`, `log.txt`."""
    return home() / "runs" / run_id
