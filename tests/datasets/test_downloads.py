"""Downloading with torchvision's own code, from a server on this machine: when it works, and when it does not."""

import os
import socket
import threading
import time

import numpy as np
import pytest

from costlab.datasets import DATASETS, _torchvision
from costlab.errors import DataUnavailable
from costlab.home import dataset_cache

DOWNLOADED = sorted(name for name in DATASETS if hasattr(DATASETS[name].module, "DOWNLOAD"))
BUNDLED = sorted(set(DATASETS) - set(DOWNLOADED))
each = pytest.mark.parametrize("name", DOWNLOADED)


@pytest.fixture
def unplugged(whole, monkeypatch):
    """No server answers: torchvision is pointed at a port that is closed."""
    from torchvision import datasets as real

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    _point_to(monkeypatch, real, f"http://127.0.0.1:{port}/")


def _point_to(monkeypatch, real, url):
    monkeypatch.setattr(real.MNIST, "mirrors", [url])
    monkeypatch.setattr(real.FashionMNIST, "mirrors", [url])
    monkeypatch.setattr(real.CIFAR10, "url", url + "cifar-10-python.tar.gz")


@each
def test_the_first_use_downloads_and_the_next_does_not(name, whole):
    plugin = DATASETS[name]
    assert plugin.module.missing()
    given = plugin.make()
    assert plugin.module.missing() == ""
    asked = list(whole.asked)
    assert asked
    assert np.array_equal(plugin.make(split_seed=3).images, given.images)
    assert whole.asked == asked
    assert [path.suffix for path in sorted(dataset_cache().iterdir())] == [".lock", ".npz"]  # archives are gone


@each
def test_images_and_labels_are_those_of_the_files_in_their_order(name, whole):
    given = DATASETS[name].make()
    flat = given.images.reshape(len(given.images), -1).astype(int)
    assert np.array_equal(flat[:, 0] * 256 + flat[:, 1], given.index)  # written into the first two bytes
    place = np.where(given.index < 600, given.index, given.index - 600)
    assert np.array_equal(given.target, (place * 7 // 3) % 10)


def test_colours_and_rows_of_pixels_keep_their_order(whole):
    given = DATASETS["cifar10"].make()
    written = np.random.default_rng(0).integers(0, 256, (600, 3, 32, 32), dtype=np.uint8)
    assert np.array_equal(given.images[5, 1:], written[5, 1:])
    assert np.array_equal(given.images[5, 0, 1:], written[5, 0, 1:])  # the first row carries the image's number


@each
def test_without_a_network_one_sentence_names_the_set_and_what_can_be_used_instead(name, unplugged):
    module = DATASETS[name].module
    began = time.monotonic()
    with pytest.raises(DataUnavailable) as caught:
        DATASETS[name].make()
    assert time.monotonic() - began < 10
    sentence = str(caught.value)
    assert sentence.startswith(f"{module.DOWNLOAD.title} is not on this machine and could not be downloaded")
    assert module.DOWNLOAD.origin in sentence
    assert "no connection" in sentence
    assert all(other in sentence for other in BUNDLED)
    assert "127.0.0.1" not in sentence
    assert "\n" not in sentence
    assert module.missing()


@each
def test_a_download_that_broke_off_leaves_nothing_in_the_way_of_the_next(name, whole):
    archive = "cifar-10-python.tar.gz" if name == "cifar10" else "t10k-images-idx3-ubyte.gz"
    whole.cut.add(archive)
    with pytest.raises(DataUnavailable, match="cut short or damaged"):
        DATASETS[name].make()
    assert DATASETS[name].module.missing()
    complete = {asked for asked in whole.asked if asked != archive}
    whole.cut.clear()
    whole.asked.clear()
    assert len(DATASETS[name].make().target) == 800
    assert archive in whole.asked
    assert len(complete) == (0 if name == "cifar10" else 2)
    assert not complete & set(whole.asked)  # what came whole is kept


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_files_cut_short_while_unpacking_are_unpacked_again(name, whole):
    raw = dataset_cache() / f"{name}.part" / DATASETS[name].module.DOWNLOAD.loader / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (raw / f"{part}-{kind}-ubyte").write_bytes(b"\0\0\x08\x03")
    assert len(DATASETS[name].make().target) == 800


def test_a_server_that_never_answers_is_given_up(whole, monkeypatch):
    from torchvision import datasets as real

    monkeypatch.setattr(_torchvision, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _point_to(monkeypatch, real, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with pytest.raises(DataUnavailable, match="no answer in time"):
            DATASETS["fashion_mnist"].make()
    assert socket.getdefaulttimeout() is None  # as it was


def test_a_file_that_is_gone_from_the_server_is_said_to_be(whole, monkeypatch):
    from torchvision import datasets as real

    _point_to(monkeypatch, real, f"{whole.url}elsewhere/")
    with pytest.raises(DataUnavailable, match="not there any more"):
        DATASETS["cifar10"].make()


def test_two_at_once_download_once(whole):
    outcomes = []
    both = [threading.Thread(target=lambda: outcomes.append(DATASETS["mnist"].make())) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert np.array_equal(outcomes[0].images, outcomes[1].images)
    asked_twice = {name for name in whole.asked if whole.asked.count(name) > 2}  # torchvision asks once for redirects
    assert whole.asked
    assert not asked_twice


def test_a_damaged_copy_is_named_with_its_place(whole):
    DATASETS["mnist"].make()
    file = dataset_cache() / "mnist.npz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    os.utime(file, ns=(1, 1))
    with pytest.raises(DataUnavailable, match=r"damaged; delete .*mnist\.npz and try again"):
        DATASETS["mnist"].make()
