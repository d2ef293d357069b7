"""Image sets: one a file; `DATASETS` finds them.

A data set's file holds, beside what every plug-in holds, `CLASSES` (names), `SHAPE` (channels, height, width),
`TRAIN_IMAGES` (training images before any options), `Options` (derived from `DatasetOptions`), `cost()` (the suggested
`CostMatrix`), `missing()` (a sentence when it is not on this machine, else ""), and `make(options) -> ImageSet`.
`MIRRORS = True` says that an image mirrored left and right is as good an image of its class: training may then mirror.
"""

from costlab.datasets._image_set import DatasetOptions, ImageSet
from costlab.registry import Registry

DATASETS = Registry("data set", __name__, __path__)

__all__ = ["DATASETS", "DatasetOptions", "ImageSet"]
