"""MNIST: 70,000 real handwritten digits, grey, 28x28 pixels, of which 10,000 are held back for testing.

Written by some 500 people, office workers and school pupils, with none in both parts; the standard first exercise since
1998. Downloaded once, on first use. The suggested costs: reading one digit of a cheque wrong costs as many euros as the
two digits are apart.
"""

from costlab.costs import CostMatrix
from costlab.datasets._image_set import DatasetOptions, ImageSet
from costlab.datasets._parts import divided
from costlab.datasets._torchvision import Download

TITLE = "MNIST handwritten digits, 28x28 (real, download)"
SOURCE = "LeCun, Cortes & Burges 1998, The MNIST database of handwritten digits (made from NIST's forms)"
CLASSES = tuple("0123456789")
SHAPE = (1, 28, 28)
TRAIN_IMAGES = 54_000

DOWNLOAD = Download("mnist", "MNIST", "MNIST", "PyTorch's public copy or its author's page", megabytes=12)


class Options(DatasetOptions):
    """Nothing beyond what every data set has."""


def cost() -> CostMatrix:
    """The absolute difference between the two digits."""
    return CostMatrix.ordinal(CLASSES, unit="EUR", name="a digit on a cheque")


def missing() -> str:
    """A sentence until it has been downloaded."""
    return DOWNLOAD.missing()


def make(options: Options) -> ImageSet:
    """Its own test part, and a tenth of its training part for validation."""
    images, target, test = DOWNLOAD.load()
    return divided(images, target, cost(), options, test)
