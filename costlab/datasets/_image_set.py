"""`ImageSet`, what every data set gives, and the options that all of them share."""

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from costlab.costs import CostMatrix
from costlab.registry import Options


class DatasetOptions(Options):
    """What can be turned in every data set, for teaching. Validation and test parts keep all images and true labels."""

    train_size: int | None = Field(
        None,
        ge=20,
        le=1_000_000,
        title="Training images",
        description="How many training images to keep; empty keeps all.",
    )
    imbalance: float = Field(
        1.0,
        ge=1,
        le=1000,
        title="Imbalance",
        description="How many times rarer the last class becomes in training than the first; 1 leaves it as it is.",
    )
    label_noise: float = Field(
        0.0,
        ge=0,
        le=0.9,
        title="Label noise",
        description="Share of training labels replaced by another class at random.",
    )
    split_seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Split seed",
        description="Which images go to training, validation and test; runs are comparable only with the same.",
    )


@dataclass(frozen=True)
class ImageSet:
    """N images with their labels and parts, in the order of their index.

    images: (N, C, H, W) uint8. target: (N,) int64 in 0..K-1. split: (N,) text, "train", "valid" or "test".
    index: (N,) int64, the image's place in the full data set, the same for every seed and option. classes: K names.
    """

    images: np.ndarray
    target: np.ndarray
    split: np.ndarray
    index: np.ndarray
    classes: tuple[str, ...]
    cost: CostMatrix
