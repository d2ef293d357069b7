"""Handwritten digits 0 to 9, real ones: 1,797 grey images of 8x8 pixels, written by 13 people.

They come with scikit-learn, so they are there without a network. Each image began as a 32x32 scan; every pixel here is
a count of ink in a 4x4 block, 0 to 16, shown as 0 to 255. The parts are drawn at random: the same hands wrote all
three, so a stranger's digits will be read less well. The suggested costs: reading one digit of a cheque wrong costs as
many euros as the two digits are apart.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from costlab.costs import CostMatrix
from costlab.datasets._decoded import decoded
from costlab.datasets._image_set import DatasetOptions, ImageSet
from costlab.datasets._parts import divided

TITLE = "Handwritten digits, 8x8 (real)"
SOURCE = (
    "Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (CC BY 4.0); "
    "the test part of 1,797 images, as in scikit-learn"
)
CLASSES = tuple("0123456789")
SHAPE = (1, 8, 8)
TRAIN_IMAGES = 1079


class Options(DatasetOptions):
    """Nothing beyond what every data set has."""


def cost() -> CostMatrix:
    """The absolute difference between the two digits."""
    return CostMatrix.ordinal(CLASSES, unit="EUR", name="a digit on a cheque")


def missing() -> str:
    """Always there."""
    return ""


def make(options: Options) -> ImageSet:
    """The digits in three parts, 60, 20 and 20 %."""
    images, target = decoded("digits", {}, _scanned)
    return divided(images, target, cost(), options)


def _scanned() -> tuple[np.ndarray, np.ndarray]:
    """Images and labels, from scikit-learn's own file, whose last column is the label.

    To import scikit-learn takes a second and 60 MB, so it is asked only where it keeps the file elsewhere.
    """
    found = find_spec("sklearn")
    file = Path(found.origin).parent / "datasets/data/digits.csv.gz" if found and found.origin else Path()
    if file.is_file():
        rows = np.loadtxt(file, delimiter=",")
        ink, target = rows[:, :-1].reshape(-1, *SHAPE), rows[:, -1].astype(np.int64)
    else:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        ink, target = bunch.images[:, None], bunch.target
    return np.rint(ink * (255 / 16)).astype(np.uint8), target
