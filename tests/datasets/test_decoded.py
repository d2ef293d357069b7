"""Data sets that were made before come back the same, from memory and from the disk, within bounds."""

import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from costlab.datasets import DATASETS, _decoded
from costlab.datasets._drawing import in_blocks
from costlab.datasets._metal import metal_block


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("COSTLAB_HOME", str(tmp_path))
    monkeypatch.setattr(_decoded, "_kept", OrderedDict())
    monkeypatch.setattr(_decoded, "LONG", 0.0)


def files(home: Path) -> list[Path]:
    return sorted((home / "decoded").glob("*"))


def arrays(size: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(size, dtype=np.uint8), np.arange(3)


def never() -> tuple[np.ndarray, ...]:
    raise AssertionError("made again")


def test_drawn_images_are_the_same_from_the_program_the_disk_and_memory(tmp_path: Path):
    images, target = in_blocks(lambda block: metal_block(block, noise=0.1, overlap=0.3), 500)
    for _ in ("the program", "the disk"):
        _decoded._kept.clear()
        for _ in ("anew", "memory"):
            made = DATASETS["surface_defects"].make(images=500, noise=0.1, overlap=0.3)
            assert made.images.tobytes() == images.tobytes()
            assert made.images.dtype == np.uint8
            assert np.array_equal(made.target, target)
    assert len(files(tmp_path)) == 1


def test_the_disk_and_memory_are_asked_before_a_set_is_made(tmp_path: Path):
    first = _decoded.decoded("a", {}, lambda: arrays(9))
    assert _decoded.decoded("a", {}, never) is first
    _decoded._kept.clear()
    for again, known in zip(_decoded.decoded("a", {}, never), first, strict=True):
        assert np.array_equal(again, known)
        assert again.dtype == known.dtype


def test_other_options_are_another_set():
    one = _decoded.decoded("a", {"images": 1}, lambda: arrays(1))
    two = _decoded.decoded("a", {"images": 2}, lambda: arrays(2))
    assert (len(one[0]), len(two[0])) == (1, 2)


def test_what_is_kept_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        _decoded.decoded("a", {}, lambda: arrays(9))[0][0] = 1


def test_memory_holds_the_sets_used_last_up_to_its_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_decoded, "IN_MEMORY", 250)
    for name in ("a", "b", "a", "c"):  # 124 bytes each
        _decoded.decoded(name, {}, lambda: arrays(100))
    assert [mark[0] for mark in _decoded._kept] == ["a", "c"]


def test_the_disk_holds_no_more_than_its_bound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    _decoded.decoded("a", {}, lambda: arrays(5000))
    monkeypatch.setattr(_decoded, "ON_DISK", 4000)
    _decoded.decoded("b", {}, lambda: arrays(10))
    assert [file.name[0] for file in files(tmp_path)] == ["b"]


def test_a_damaged_file_is_made_anew(tmp_path: Path):
    first = _decoded.decoded("a", {}, lambda: arrays(9))
    files(tmp_path)[0].write_bytes(b"PK not an archive")
    _decoded._kept.clear()
    assert np.array_equal(_decoded.decoded("a", {}, lambda: arrays(9))[0], first[0])
    _decoded._kept.clear()
    assert np.array_equal(_decoded.decoded("a", {}, never)[0], first[0])


def test_what_is_made_quickly_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(_decoded, "LONG", 3600.0)
    _decoded.decoded("a", {}, lambda: arrays(9))
    assert files(tmp_path) == []


def test_the_digits_are_those_of_scikit_learn_which_is_not_imported():
    known = load_digits()
    made = DATASETS["digits"].make()
    assert np.array_equal(made.images[:, 0], np.rint(known.images * (255 / 16)))
    assert np.array_equal(made.target, known.target)
    code = (
        "import sys; from costlab.datasets import DATASETS; DATASETS['digits'].make(); print('sklearn' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
