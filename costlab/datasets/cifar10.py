"""CIFAR-10: 60,000 real colour photographs of animals and vehicles, 32x32 pixels, 10,000 of them held back for testing.

Picked from the web and labelled by students in 2009. Downloaded once, on first use. The suggested costs are those of a
driver's assistant: an animal taken for another animal, or a vehicle for another vehicle, costs 1 point, a vehicle taken
for an animal 5, an animal taken for a vehicle 10, because an animal may run.
"""

import numpy as np

from costlab.costs import CostMatrix
from costlab.datasets._image_set import DatasetOptions, ImageSet
from costlab.datasets._parts import divided
from costlab.datasets._torchvision import Download

TITLE = "CIFAR-10 photographs, 32x32 (real, download)"
SOURCE = "Krizhevsky 2009, Learning multiple layers of features from tiny images (collected for research)"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
VEHICLES = ("airplane", "automobile", "ship", "truck")
SHAPE = (3, 32, 32)
TRAIN_IMAGES = 45_000
MIRRORS = True

DOWNLOAD = Download("cifar10", "CIFAR-10", "CIFAR10", "its makers' university page", megabytes=170)


class Options(DatasetOptions):
    """Nothing beyond what every data set has."""


def cost() -> CostMatrix:
    """1 within animals or vehicles, 5 for a vehicle taken for an animal, 10 for an animal taken for a vehicle."""
    vehicle = np.isin(CLASSES, VEHICLES)
    across = np.where(vehicle[:, None], 5.0, 10.0)
    values = np.where(vehicle[:, None] == vehicle, 1.0 - np.eye(len(CLASSES)), across)
    return CostMatrix(values, CLASSES, unit="points", name="a driver's assistant")


def missing() -> str:
    """A sentence until it has been downloaded."""
    return DOWNLOAD.missing()


def make(options: Options) -> ImageSet:
    """Its own test part, and a tenth of its training part for validation."""
    images, target, test = DOWNLOAD.load()
    return divided(images, target, cost(), options, test)
