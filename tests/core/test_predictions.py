"""Prediction files: exact both ways, and refused in one sentence when they are not what they say."""

from pathlib import Path

import numpy as np
import pytest

from costlab.errors import InvalidFile
from costlab.predictions import Predictions


def example(n: int = 6, k: int = 3) -> dict[str, np.ndarray]:
    """The arrays of a small file."""
    rng = np.random.default_rng(0)
    return {
        "logits": rng.normal(size=(n, k)).astype(np.float32),
        "target": rng.integers(0, k, n),
        "classes": np.array([f"class {i}" for i in range(k)]),
        "split": np.array(["valid", "test"] * (n // 2)),
        "index": np.arange(n),
    }


def write(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def test_a_file_reads_back_as_it_was_written(tmp_path: Path) -> None:
    arrays = example()
    first = Predictions(arrays["logits"], arrays["target"], tuple(arrays["classes"]), arrays["split"], arrays["index"])
    first.save(tmp_path / "predictions.npz")
    again = Predictions.load(tmp_path / "predictions.npz")
    for name in ("logits", "target", "split", "index"):
        assert (getattr(again, name) == arrays[name]).all()
    assert again.classes == ("class 0", "class 1", "class 2")
    assert again.logits.dtype == np.float32
    assert again.part("test").index.tolist() == [1, 3, 5]


def test_probabilities_are_the_softmax_also_of_huge_logits(tmp_path: Path) -> None:
    arrays = example() | {"logits": np.array([[1e4, 0, -1e4]] * 6, dtype=np.float32)}
    probs = Predictions.load(write(tmp_path / "p.npz", arrays)).probs()
    assert probs[0].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"logits": np.zeros((5, 3), np.float32)}, "Expected logits of shape (6, 3)"),
        ({"logits": np.full((6, 3), np.nan, np.float32)}, "The logits of example 0 are not finite"),
        ({"target": np.full(6, 3)}, "The targets must lie between 0 and 2; got 3 to 3."),
        ({"target": np.arange(5)}, "Expected"),
        ({"split": np.array(["exam"] * 6)}, "A split is one of train, valid and test; got 'exam'."),
        ({"index": None}, "p.npz needs the arrays logits, target, classes, split, index; 'index' is missing."),
        ({"classes": np.array([{"a": 1}, 2, 3], dtype=object)}, "p.npz is not a .npz file of plain arrays"),
    ],
)
def test_a_file_that_does_not_fit_together_is_refused(tmp_path: Path, change: dict, sentence: str) -> None:  # type: ignore[type-arg]
    arrays = {name: array for name, array in (example() | change).items() if array is not None}
    with pytest.raises(InvalidFile) as caught:
        Predictions.load(write(tmp_path / "p.npz", arrays))
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 but broken"])
def test_what_is_no_npz_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.npz"
    path.write_bytes(content)
    with pytest.raises(InvalidFile, match=r"p\.npz is not a \.npz file"):
        Predictions.load(path)
    with pytest.raises(InvalidFile, match="There is no file"):
        Predictions.load(tmp_path / "none.npz")
