"""Fashion-MNIST: 70,000 real product photographs of clothes, grey, 28x28 pixels, 10,000 of them held back for testing.

Made in 2017 as a harder stand-in for MNIST, from the catalogue of an online shop. Downloaded once, on first use. The
suggested costs are those of a warehouse: an article on the shelf beside costs 1 EUR to find again, one among another
kind of goods 5 EUR.
"""

from costlab.costs import CostMatrix
from costlab.datasets._image_set import DatasetOptions, ImageSet
from costlab.datasets._parts import divided
from costlab.datasets._torchvision import Download

TITLE = "Fashion-MNIST clothes, 28x28 (real, download)"
SOURCE = "Xiao, Rasul & Vollgraf 2017, Fashion-MNIST: a novel image dataset (Zalando Research, MIT licence)"
KINDS = {
    "T-shirt/top": "tops",
    "Trouser": "trousers",
    "Pullover": "tops",
    "Dress": "dresses",
    "Coat": "tops",
    "Sandal": "shoes",
    "Shirt": "tops",
    "Sneaker": "shoes",
    "Bag": "bags",
    "Ankle boot": "shoes",
}
CLASSES = tuple(KINDS)
SHAPE = (1, 28, 28)
TRAIN_IMAGES = 54_000
MIRRORS = True

DOWNLOAD = Download("fashion_mnist", "Fashion-MNIST", "FashionMNIST", "its makers' public copy", megabytes=31)


class Options(DatasetOptions):
    """Nothing beyond what every data set has."""


def cost() -> CostMatrix:
    """1 EUR within a kind of goods, 5 EUR across."""
    return CostMatrix.from_groups(CLASSES, KINDS, within=1, between=5, unit="EUR", name="the wrong shelf")


def missing() -> str:
    """A sentence until it has been downloaded."""
    return DOWNLOAD.missing()


def make(options: Options) -> ImageSet:
    """Its own test part, and a tenth of its training part for validation."""
    images, target, test = DOWNLOAD.load()
    return divided(images, target, cost(), options, test)
