"""The ONNX model of a run, made by another process that knows torch: started, watched, bounded in time, kept."""

import atexit
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from costlab.bundle.model_files import known
from costlab.errors import CostlabError
from costlab.worker.processes import kill, start_python

LIMIT = 300.0  # seconds; about ten where the processor is free, most of it starting torch
BEAT = 0.25


class ExportFailed(CostlabError, RuntimeError):
    """The model could not be written as ONNX."""


@dataclass
class Export:
    """A process that makes the ONNX model of one run."""

    folder: Path
    process: "subprocess.Popen[bytes]"
    began: float = field(default_factory=time.monotonic)

    def outcome(self) -> bool:
        """Whether it has ended well; False while it works. Raises ExportFailed with one sentence."""
        code = self.process.poll()
        if code is None:
            if time.monotonic() - self.began < LIMIT:
                return False
            kill(self.process)
            raise ExportFailed(f"The model was not written as ONNX within {LIMIT:.0f} s; it is left out.")
        said = self.process.communicate()[1].decode(errors="replace").strip().splitlines()
        if code:
            raise ExportFailed(said[-1] if said else "The model was not written as ONNX: its process ended.")
        if known(self.folder) is None:
            raise ExportFailed("The model was written as ONNX, but its weights have changed since; try again.")
        return True


_running: dict[Path, Export] = {}
_lock = Lock()


def exported(folder: Path) -> Iterator[float]:
    """Seconds waited, a few a second, until the ONNX model is in the run's folder; at once where it is already.

    Visitors who wait for the same run wait for the same process. Raises ExportFailed with one sentence.
    """
    if known(folder) is not None:
        return
    with _lock:
        export = _running.get(folder)
        if export is None or export.process.poll() is not None:
            export = _running[folder] = Export(folder, _start(folder))
    while not export.outcome():
        yield time.monotonic() - export.began
        try:
            export.process.wait(BEAT)
        except subprocess.TimeoutExpired:
            continue


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    return start_python(
        "costlab.training.onnx_export", str(folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip


@atexit.register
def _stop() -> None:
    for export in _running.values():
        kill(export.process)
