"""Grey 32x32 views of a machined part: in order, or with a scratch, dent, crack or stain. Synthetic: a program drew it.

No real part was photographed; the images are for teaching and testing, and say nothing about a real inspection line.
Most parts are in order, as in a real line, and many of those carry harmless marks that look like faint defects, so some
mistakes cannot be avoided and it matters which. The suggested costs: a crack that is passed costs 100 EUR, a false
alarm 1 EUR for a second look.
"""

from functools import partial

import numpy as np
from pydantic import Field

from costlab.costs import CostMatrix
from costlab.datasets._decoded import decoded
from costlab.datasets._drawing import in_blocks
from costlab.datasets._image_set import DatasetOptions, ImageSet
from costlab.datasets._metal import metal_block
from costlab.datasets._parts import divided

TITLE = "Surface defects, 32x32 (synthetic)"
SOURCE = "Drawn by costlab itself; no real parts, no licence needed"
CLASSES = ("ok", "scratch", "dent", "crack", "stain")
SHAPE = (1, 32, 32)
TRAIN_IMAGES = 3600
MIRRORS = True


class Options(DatasetOptions):
    """How many images are drawn, and how hard they are."""

    images: int = Field(6000, ge=500, le=100_000, title="Images", description="How many to draw, for all three parts.")
    noise: float = Field(
        0.04, ge=0, le=0.5, title="Camera noise", description="Standard deviation, as a share of full brightness."
    )
    overlap: float = Field(
        0.5,
        ge=0,
        le=1,
        title="Overlap",
        description="How far harmless marks look like defects; 0 keeps them apart.",
    )


def cost() -> CostMatrix:
    """In EUR: a missed crack breaks in use, a false alarm is looked at again."""
    rows = [
        [0, 1, 1, 1, 1],  # ok: a second look
        [8, 0, 2, 2, 2],  # scratch: a complaint; taken for something else, the wrong rework
        [20, 4, 0, 2, 4],  # dent: the part leaks
        [100, 60, 30, 0, 60],  # crack: polished or washed it is passed; taken for a dent it may yet be found
        [4, 1, 2, 2, 0],  # stain: cleaned at the customer's
    ]
    return CostMatrix(np.array(rows), CLASSES, unit="EUR", name="inspection")


def missing() -> str:
    """Always there."""
    return ""


def make(options: Options) -> ImageSet:
    """The images in three parts, 60, 20 and 20 %."""
    drawn = {"images": options.images, "noise": options.noise, "overlap": options.overlap}
    draw = partial(metal_block, noise=options.noise, overlap=options.overlap)
    images, target = decoded("surface_defects", drawn, lambda: in_blocks(draw, options.images))
    return divided(images, target, cost(), options)
