"""The two data sets that training is timed on, by name, with their batch sizes; neither needs a download."""

from benchmarks.mnist_5k import mnist_5k
from costlab.datasets import DATASETS, ImageSet

DATA = ("digits", "mnist")


def of_name(name: str) -> tuple[ImageSet, int]:
    """Images and batch size. digits: 1,079 training images of 8x8 pixels; mnist: 4,000 of 28x28."""
    if name == "digits":
        return DATASETS["digits"].make(), 64
    if name == "mnist":
        return mnist_5k(), 128
    raise SystemExit(f"{name} is not among {', '.join(DATA)}.")
