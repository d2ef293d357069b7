"""The images of a data set by their index, as PNG pictures; prepared beside the program that shows them.

Drawing or unpacking a data set takes seconds and, for the large ones, hundreds of megabytes. So a process of its own
does it once and writes `COSTLAB_HOME/pictures/NAME-MARK.npy`: every image in the order of its index, mapped into memory
from there and read where it is looked at. The mark changes with the options, numpy and the programs that draw.
Nothing is ever downloaded for a look at an image.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock, Thread

import numpy as np

from costlab.datasets import DATASETS, DatasetOptions
from costlab.errors import CostlabError, DataUnavailable
from costlab.home import home
from costlab.registry import Options
from costlab.specs import Choice

THUMBNAIL = 64  # pixels: what is larger is made smaller for a page of many
MOST_KEPT = 2 << 30  # bytes of prepared data sets; the oldest go first

_preparing: dict[Path, "subprocess.Popen[str]"] = {}
_lock = Lock()


@dataclass(frozen=True)
class Pictures:
    """A whole data set to look at: row i is the image with the index i. Rows are read from the disk when asked for.

    images: (N, C, H, W) uint8, grey (C = 1) or red, green, blue (C = 3). target: (N,), the true classes by position.
    """

    images: np.ndarray
    target: np.ndarray

    def show(self, index: Sequence[int], target: Sequence[int]) -> np.ndarray:
        """(M, C, H, W): the images of these indexes. Raises DataUnavailable where they are not those of `target`."""
        rows = np.asarray(index, dtype=np.int64)
        inside = (rows >= 0) & (rows < len(self.target))
        if not inside.all() or (self.target[rows] != np.asarray(target)).any():
            raise DataUnavailable(
                "The images here are not those that were predicted: their classes differ. Train again to see images."
            )
        return np.ascontiguousarray(self.images[rows])


def pictures(dataset: Choice) -> Pictures | None:
    """The images of a run's data set; None while they are being prepared, which this starts: ask again in a moment.

    Raises DataUnavailable with one sentence when they are not on this machine, UnknownName for an unknown data set.
    """
    options = _drawing_options(dataset)
    file = _file(dataset.name, options)
    if file.is_file():
        _forget(file)
        return _opened(file, file.stat().st_mtime_ns)
    if missing := DATASETS[dataset.name].module.missing():
        raise DataUnavailable(missing)
    with _lock:
        process = _preparing.get(file)
        if process is None:
            _preparing[file] = _start(dataset.name, options, file)
            return None
        if process.poll() is None:
            return None
        del _preparing[file]
    if file.is_file():
        return _opened(file, file.stat().st_mtime_ns)
    said = (process.communicate()[1].strip().splitlines() or ["the program that draws them ended without a word"])[-1]
    raise DataUnavailable(f"The images of {dataset.name} could not be prepared: {said}")


def warm(dataset: Choice) -> None:
    """Begin to prepare the images of a data set that is soon to be looked at, if they are to be had at all."""
    with suppress(CostlabError):
        pictures(dataset)


def png(image: np.ndarray, most: int | None = None) -> bytes:
    """An image (C, H, W) uint8 as a PNG file, pixel for pixel, or averaged down to at most `most` pixels a side.

    >>> png(np.zeros((1, 2, 2), np.uint8))[1:4]
    b'PNG'
    """
    from PIL import Image

    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if most and max(picture.size) > most:
        picture.thumbnail((most, most), Image.Resampling.BOX, reducing_gap=None)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def data_url(picture: bytes) -> str:
    """A PNG file as an address that holds it all, for `<img src>`.

    >>> data_url(b"PNG")
    'data:image/png;base64,UE5H'
    """
    return "data:image/png;base64," + b64encode(picture).decode("ascii")


def _drawing_options(dataset: Choice) -> Options:
    """The options without those that only choose among images, so that runs share one file."""
    options: Options = DATASETS[dataset.name].check(dataset.options)
    usual = {name: field.default for name, field in DatasetOptions.model_fields.items()}
    return options.model_copy(update=usual)


def _file(name: str, options: Options) -> Path:
    mark = hashlib.sha256(
        json.dumps([name, options.model_dump(), np.__version__], sort_keys=True).encode() + _programs()
    )
    return home() / "pictures" / f"{name}-{mark.hexdigest()[:16]}.npy"


@cache
def _programs() -> bytes:
    """What the programs that make data sets say, in short."""
    files = sorted((Path(__file__).parent / "datasets").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).digest()


@lru_cache(maxsize=16)
def _opened(file: Path, changed: int) -> Pictures:
    try:
        rows = np.load(file, mmap_mode="r", allow_pickle=False)
        return Pictures(rows["image"], rows["target"])
    except (ValueError, OSError, EOFError, IndexError) as error:
        raise DataUnavailable(f"The copy of the images is damaged; delete {file} and try again.") from error


def _start(name: str, options: Options, file: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "costlab.images", name, options.model_dump_json(), str(file)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def _forget(file: Path) -> None:
    """Let the process that has made this file be buried; it has nothing left to do but to end."""
    if (process := _preparing.get(file)) and process.poll() is not None:
        _preparing.pop(file, None)


def prepare(name: str, options: Options, file: Path) -> None:
    """Write the file of `pictures`; it appears in one step, whole. Raises DataUnavailable."""
    made = DATASETS[name].module.make(options)
    if not np.array_equal(made.index, np.arange(len(made.target))):
        raise DataUnavailable(f"The data set {name} does not give all its images; its indexes have gaps.")
    rows = np.empty(len(made.target), dtype=[("target", "<i8"), ("image", "u1", made.images.shape[1:])])
    rows["target"], rows["image"] = made.target, made.images
    file.parent.mkdir(parents=True, exist_ok=True)
    _make_room(file.parent, rows.nbytes)
    with NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
        np.save(part, rows)
    Path(part.name).replace(file)


def _make_room(folder: Path, size: int) -> None:
    for left in folder.glob("*.part"):  # by a process that was ended in the middle of it
        if time.time() - left.stat().st_mtime > 3600:
            left.unlink(missing_ok=True)
    kept = sorted(folder.glob("*.npy"), key=lambda file: file.stat().st_mtime)
    while kept and size + sum(file.stat().st_size for file in kept) > MOST_KEPT:
        kept.pop(0).unlink(missing_ok=True)


def _end_with_the_parent() -> None:
    """Standard input closes when the program that wants the images is no more, however it ended."""
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    Thread(target=_end_with_the_parent, daemon=True).start()
    try:
        prepare(sys.argv[1], DATASETS[sys.argv[1]].check(json.loads(sys.argv[2])), Path(sys.argv[3]))
    except CostlabError as error:
        sys.exit(str(error))
