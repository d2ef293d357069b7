"""Downloads one of torchvision's image sets once and keeps it as a single file of plain arrays.

`COSTLAB_HOME/datasets/NAME.npz` appears in one step when everything is there, so a download that breaks off leaves
nothing half done: the next try goes on with the archives that are complete. Reading the file needs neither torch nor a
network, and it may be carried to another machine on a stick.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from shutil import rmtree
from tarfile import TarError
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock

from costlab.errors import DataUnavailable
from costlab.home import dataset_cache

PATIENCE = 10.0  # seconds without an answer before a download is given up
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]  # images (N, C, H, W), target (N,), test (N,) bool


@dataclass(frozen=True)
class Download:
    """One of torchvision's sets: our name, people's, torchvision's class, where it comes from in words, its size."""

    name: str
    title: str
    loader: str
    origin: str
    megabytes: int

    @property
    def file(self) -> Path:
        """Where the set is kept."""
        return dataset_cache() / f"{self.name}.npz"

    def missing(self) -> str:
        """A sentence when the set is not on this machine, else empty; looks for one file, and that is all."""
        if self.file.is_file():
            return ""
        return (
            f"{self.title} is not on this machine yet; the first run downloads it "
            f"(about {self.megabytes} MB from {self.origin})."
        )

    def load(self) -> Arrays:
        """The whole set, training images first. Raises DataUnavailable with one sentence."""
        if not self.file.is_file():
            self.fetch()
        return _read(self.file, self.file.stat().st_mtime_ns, self.title)

    def fetch(self) -> None:
        """Download with torchvision and keep the arrays; whoever comes second waits for the first."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.file.with_suffix(".lock")):
            if self.file.is_file():
                return
            folder = self.file.with_suffix(".part")
            for leftover in [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".gz"]:
                leftover.unlink()  # unpacked by a try that broke off: perhaps cut short; the archives carry checksums
            try:
                with patience(PATIENCE):
                    images, target, test = _with_torchvision(self.loader, folder)
                unfinished = folder / "arrays.npz"
                np.savez(unfinished, images=images, target=target, test=test)
                unfinished.replace(self.file)
            except (OSError, RuntimeError, EOFError, HTTPException, TarError) as error:
                raise DataUnavailable(self._sorry(error)) from error
            rmtree(folder, ignore_errors=True)

    def _sorry(self, error: Exception) -> str:
        from costlab.datasets import DATASETS

        here = [name for name, plugin in DATASETS.items() if not plugin.module.missing()]
        return (
            f"{self.title} is not on this machine and could not be downloaded from {self.origin} ({_reason(error)}); "
            f"try again with a network, or use {', '.join(here[:-1])} or {here[-1]}, which are here."
        )


def _reason(error: Exception) -> str:
    """What went wrong, in a few words; torchvision hands some errors on as text only."""
    text = str(error)
    known = {
        "timed out": "no answer in time",
        "corrupted": "what came was cut short or damaged",
        "No space left": "the disk is full",
        "HTTP Error": "it is not there any more",
        "urlopen error": "no connection",
    }
    words = [said for sign, said in known.items() if sign in text]
    if words or isinstance(error, ConnectionError | HTTPException):
        return words[0] if words else "the connection broke off"
    return f"{type(error).__name__}: {text.splitlines()[0] if text else 'no reason given'}"


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let no socket wait longer than this; torchvision itself would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _with_torchvision(loader: str, folder: Path) -> Arrays:
    import torchvision.datasets  # brings torch: only to download, never to list or to read

    parts = [getattr(torchvision.datasets, loader)(folder, train=train, download=True) for train in (True, False)]
    images = np.concatenate([np.asarray(part.data) for part in parts])
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    target = np.concatenate([np.asarray(part.targets, dtype=np.int64) for part in parts])
    return np.ascontiguousarray(images), target, np.arange(len(target)) >= len(parts[0].targets)


@lru_cache(maxsize=1)
def _read(file: Path, changed: int, title: str) -> Arrays:
    """The arrays in `file`; kept while it has not `changed`, for the next run of the same process."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return arrays["images"], arrays["target"], arrays["test"]
    except (ValueError, OSError, EOFError, KeyError, BadZipFile) as error:
        raise DataUnavailable(
            f"The copy of {title} on this machine is damaged; delete {file} and try again."
        ) from error
