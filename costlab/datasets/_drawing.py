"""Drawing many small pictures at once with numpy: random parameters, lines, blobs, blocks of images.

Images come in blocks of `BLOCK`, each from a random generator of its own. So an image's pixels depend on its index and
the options of the drawing only, never on how many images are drawn.
"""

from collections.abc import Callable

import numpy as np

BLOCK = 64
SIZE = 32
Y, X = np.mgrid[:SIZE, :SIZE].astype(np.float32)[:, None]  # (1, 32, 32) each: the middle of a pixel is a whole number


class Draw:
    """Random parameters for `number` images, each of shape (number, 1, 1), so that they spread over pixels."""

    def __init__(self, rng: np.random.Generator, number: int):
        self.rng, self.number = rng, number

    def __call__(self, low: float, high: float) -> np.ndarray:
        """Uniform between `low` and `high`."""
        return np.float32(low) + np.float32(high - low) * self.rng.random((self.number, 1, 1), dtype=np.float32)

    def chance(self, share: float) -> np.ndarray:
        """True in about this share of the images."""
        return self(0, 1) < share

    def either(self, share: float, yes: float, no: float) -> np.ndarray:
        """`yes` in about this share of the images, else `no`."""
        return np.where(self.chance(share), np.float32(yes), np.float32(no))

    def normal(self, *shape: int) -> np.ndarray:
        """(number, *shape) standard normal."""
        return self.rng.standard_normal((self.number, *shape), dtype=np.float32)


def in_blocks(draw_block: Callable[[int], tuple[np.ndarray, np.ndarray]], number: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `number` images and targets; `draw_block(b)` gives `BLOCK` of each."""
    blocks = [draw_block(b) for b in range(-(-number // BLOCK))]
    images, target = (np.concatenate(parts)[:number] for parts in zip(*blocks, strict=True))
    return images, target


def classes_of(rng: np.random.Generator, shares: tuple[float, ...]) -> np.ndarray:
    """(BLOCK,) int64: a class for each image of a block, in these shares."""
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(BLOCK), side="right")


def bell(distance: np.ndarray, width: np.ndarray | float) -> np.ndarray:
    """`exp(-(distance / width)^2)`: 1 in the middle, 0.37 at `width`."""
    return np.exp(-np.square(distance / width))


def step(distance: np.ndarray, softness: float = 0.5) -> np.ndarray:
    """A soft edge: 0 far below zero, 1 far above, in float32."""
    return 0.5 + 0.5 * np.tanh(distance / (2 * softness))


def segment_distance(x0: np.ndarray, y0: np.ndarray, x1: np.ndarray, y1: np.ndarray) -> np.ndarray:
    """(n, 32, 32): each pixel's distance in pixels to the line from (x0, y0) to (x1, y1), each (n, 1, 1)."""
    dx, dy = x1 - x0, y1 - y0
    along = np.clip(((X - x0) * dx + (Y - y0) * dy) / np.maximum(dx * dx + dy * dy, 1e-6), 0, 1)
    return np.hypot(X - x0 - along * dx, Y - y0 - along * dy)


def turned(x: np.ndarray | float, y: np.ndarray | float, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of every pixel, (n, 32, 32) each, as seen from (x, y) with axes turned by `angle` (radians)."""
    cos, sin = np.cos(angle), np.sin(angle)
    return (X - x) * cos + (Y - y) * sin, (Y - y) * cos - (X - x) * sin


def to_bytes(brightness: np.ndarray) -> np.ndarray:
    """0..1 as uint8 0..255, cut off at both ends."""
    return np.rint(np.clip(brightness, 0, 1) * 255).astype(np.uint8)
