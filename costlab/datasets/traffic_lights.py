"""Colour 32x32 views of a street with one traffic light: red, amber or green. Synthetic: a program drew it all.

By day and by night, in glare, out of focus or partly hidden by leaves or a lorry. No real street was photographed; the
images are for teaching and testing, and say nothing about a real car. The suggested costs, in points: to take red for
green costs 100, to brake for a green light 1.
"""

from functools import partial

import numpy as np
from pydantic import Field

from costlab.costs import CostMatrix
from costlab.datasets._decoded import decoded
from costlab.datasets._drawing import in_blocks
from costlab.datasets._image_set import DatasetOptions, ImageSet
from costlab.datasets._parts import divided
from costlab.datasets._street import street_block

TITLE = "Traffic lights, 32x32 in colour (synthetic)"
SOURCE = "Drawn by costlab itself; no real streets, no licence needed"
CLASSES = ("red", "amber", "green")
SHAPE = (3, 32, 32)
TRAIN_IMAGES = 2400


class Options(DatasetOptions):
    """How many images are drawn, and how hard they are."""

    images: int = Field(4000, ge=500, le=50_000, title="Images", description="How many to draw, for all three parts.")
    noise: float = Field(
        0.04, ge=0, le=0.5, title="Camera noise", description="Standard deviation, as a share of full brightness."
    )
    hard: float = Field(
        0.5,
        ge=0,
        le=1,
        title="Hard views",
        description="Share of images with glare; also of blurred, and of hidden lights.",
    )


def cost() -> CostMatrix:
    """In points: red taken for green is a crash, green taken for red a needless stop."""
    rows = [
        [0, 20, 100],  # red: driven over in a hurry, or at full speed
        [1, 0, 15],  # amber: a stop a little early, or across as it turns red
        [1, 2, 0],  # green: a needless stop; hard braking
    ]
    return CostMatrix(np.array(rows), CLASSES, unit="points", name="driving")


def missing() -> str:
    """Always there."""
    return ""


def make(options: Options) -> ImageSet:
    """The images in three parts, 60, 20 and 20 %."""
    drawn = {"images": options.images, "noise": options.noise, "hard": options.hard}
    draw = partial(street_block, noise=options.noise, hard=options.hard)
    images, target = decoded("traffic_lights", drawn, lambda: in_blocks(draw, options.images))
    return divided(images, target, cost(), options)
