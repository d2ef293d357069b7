"""Tiny copies of the sets to download, in their real formats, on a server of this machine, for torchvision to fetch."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from costlab.datasets import DATASETS, ImageSet

TRAIN, TEST = 600, 200  # images in the tiny sets


class Mirror(ThreadingHTTPServer):
    """Serves a folder; remembers what was asked for; breaks off in the middle of files named in `cut`."""

    daemon_threads = True

    def __init__(self, folder: Path):
        self.asked: list[str] = []
        self.cut: set[str] = set()
        super().__init__(("127.0.0.1", 0), partial(_Files, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server_port}/"


class _Files(SimpleHTTPRequestHandler):
    server: Mirror

    def copyfile(self, source, outputfile):
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append(name)
        content = source.read()
        outputfile.write(content[: len(content) // 2] if name in self.server.cut else content)

    def log_message(self, *arguments):
        pass


def numbered(number: int, shape: tuple[int, int, int], start: int) -> np.ndarray:
    """Images that carry their place in the full set in their first two bytes."""
    images = np.random.default_rng(start).integers(0, 256, (number, *shape), dtype=np.uint8)
    place = np.arange(start, start + number)
    images.reshape(number, -1)[:, 0], images.reshape(number, -1)[:, 1] = place // 256, place % 256
    return images


def labels(number: int) -> np.ndarray:
    return (np.arange(number) * 7 // 3) % 10


def md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()


def write_mnist(folder: Path) -> list[tuple[str, str]]:
    """Four IDX files, zipped; their names and checksums in torchvision's order, training first."""
    folder.mkdir(exist_ok=True)
    files = []
    for part, number, start in (("train", TRAIN, 0), ("t10k", TEST, TRAIN)):
        pixels = struct.pack(">IIII", 2051, number, 28, 28) + numbered(number, (1, 28, 28), start).tobytes()
        classes = struct.pack(">II", 2049, number) + labels(number).astype(np.uint8).tobytes()
        for kind, content in (("images-idx3", pixels), ("labels-idx1", classes)):
            files.append(folder / f"{part}-{kind}-ubyte.gz")
            files[-1].write_bytes(gzip.compress(content, mtime=0))
    return [(file.name, md5(file)) for file in files]


def write_cifar10(file: Path) -> dict[str, str]:
    """The archive of pickled batches; the checksums of what is in it."""
    images, target = numbered(TRAIN, (3, 32, 32), 0).reshape(TRAIN, -1), labels(TRAIN)
    contents = {
        f"data_batch_{b + 1}": {"data": images[b * 120 :][:120], "labels": target[b * 120 :][:120].tolist()}
        for b in range(5)
    }
    contents["test_batch"] = {
        "data": numbered(TEST, (3, 32, 32), TRAIN).reshape(TEST, -1),
        "labels": labels(TEST).tolist(),
    }
    contents["batches.meta"] = {"label_names": list(DATASETS["cifar10"].module.CLASSES)}
    sums = {}
    with tarfile.open(file, "w:gz") as archive:
        for name, content in contents.items():
            data = pickle.dumps(content)
            sums[name] = hashlib.md5(data, usedforsecurity=False).hexdigest()
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return sums


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """A server of tiny copies that torchvision takes for the real one."""
    from torchvision import datasets as real

    folder = tmp_path_factory.mktemp("mirror")
    server = Mirror(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("no_proxy", "127.0.0.1")
        for loader, name in ((real.MNIST, "mnist"), (real.FashionMNIST, "fashion")):
            patch.setattr(loader, "resources", write_mnist(folder / name))
            patch.setattr(loader, "mirrors", [f"{server.url}{name}/"])
        sums = write_cifar10(folder / "cifar-10-python.tar.gz")
        patch.setattr(real.CIFAR10, "url", f"{server.url}cifar-10-python.tar.gz")
        patch.setattr(real.CIFAR10, "tgz_md5", md5(folder / "cifar-10-python.tar.gz"))
        patch.setattr(real.CIFAR10, "train_list", [[f"data_batch_{b}", sums[f"data_batch_{b}"]] for b in range(1, 6)])
        patch.setattr(real.CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
        patch.setattr(real.CIFAR10, "meta", {**real.CIFAR10.meta, "md5": sums["batches.meta"]})
        yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def whole(mirror: Mirror) -> Mirror:
    """The mirror, on its best behaviour and with an empty memory."""
    mirror.asked.clear()
    mirror.cut.clear()
    return mirror


@pytest.fixture(scope="session")
def tiny_home(mirror: Mirror, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds tiny copies of all downloaded sets."""
    home = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSTLAB_HOME", str(home))
        for plugin in DATASETS.values():
            if hasattr(plugin.module, "DOWNLOAD"):
                plugin.module.DOWNLOAD.fetch()
    return home


@pytest.fixture
def make(tiny_home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ImageSet]:
    """`make("digits", train_size=100)`: any data set, those to download in their tiny copies."""
    monkeypatch.setenv("COSTLAB_HOME", str(tiny_home))
    return lambda name, **options: DATASETS[name].make(**options)
