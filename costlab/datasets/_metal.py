"""Draws 32x32 views of a turned metal part, whole or with a scratch, dent, crack or stain. All of it is invented.

Every mark has a severity. Good parts carry harmless marks too: fainter scratches, dents and smears, within tolerance,
and seams that look like straight cracks. Where the two ranges of severity overlap, nobody can tell for sure.
"""

import numpy as np

from costlab.datasets import _drawing as drawing
from costlab.datasets._drawing import SIZE, Draw, X, Y, bell, step, turned

SHARES = (0.60, 0.11, 0.10, 0.08, 0.11)  # of ok, scratch, dent, crack, stain
HARMLESS = (0.27, 0.22, 0.18, 0.08, 0.25)  # of good parts: without a mark, with a faint scratch, dent, seam, smear
TONES = 192  # steps of the profile across the grain, a quarter of a pixel each


def metal_block(block: int, noise: float, overlap: float) -> tuple[np.ndarray, np.ndarray]:
    """(BLOCK, 1, 32, 32) uint8 images and (BLOCK,) int64 classes of one block.

    noise: the camera's, standard deviation as a share of full brightness. overlap: 0 to 1, how far harmless marks and
    defects look alike.
    """
    rng = np.random.default_rng([1, block])
    target = drawing.classes_of(rng, SHARES)
    draw = Draw(rng, drawing.BLOCK)
    light = draw(0, 2 * np.pi)  # the side it comes from
    surface, metal = _surface(draw, light)
    harmless = drawing.classes_of(rng, HARMLESS)
    severity = np.where(target[:, None, None] > 0, _defect(draw, overlap), _blemish(draw, overlap))
    kind = np.where(target > 0, target, harmless)
    for number, mark in enumerate((_scratch, _dent, _crack, _stain), start=1):
        rows = kind == number
        some = Draw(np.random.default_rng([1, block, number]), int(rows.sum()))
        surface[rows] += metal[rows] * mark(some, severity[rows], light[rows], (target[rows] > 0)[:, None, None])
    surface += np.float32(noise) * draw.normal(SIZE, SIZE)
    return drawing.to_bytes(surface)[:, None], target


def _defect(draw: Draw, overlap: float) -> np.ndarray:
    lowest = 0.55 - 0.4 * overlap
    return lowest + (1 - lowest) * draw(0, 1) ** 0.9


def _blemish(draw: Draw, overlap: float) -> np.ndarray:
    return draw(0.05, 0.2 + 0.5 * overlap)


def _surface(draw: Draw, light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turning marks around a far centre, lit from one side, sometimes with the part's edge in view.

    (n, 32, 32) each: brightness, and how much of the pixel is metal.
    """
    far = 20 + 300 * draw(0, 1) ** 3
    angle = draw(0, 2 * np.pi)
    x, y = 15.5 - far * np.cos(angle), 15.5 - far * np.sin(angle)
    radius = np.hypot(X - x, Y - y) - far  # across the grain, about -22 to 22
    along, _ = turned(15.5, 15.5, angle + np.float32(np.pi / 2))
    place = np.clip((radius + 24) * 4, 0, TONES - 1).astype(np.int64).reshape(draw.number, -1)
    grain = [np.take_along_axis(_tones(draw), place, axis=1).reshape(along.shape) for _ in range(2)]
    mix = 0.5 + 0.5 * np.sin(along * draw(0.1, 0.35) + draw(0, 6.3))
    texture = draw(0.02, 0.06) * (grain[0] * mix + grain[1] * (1 - mix))
    shine = draw(0, 0.16) * bell(along - draw(-16, 16), draw(5, 14))
    toward, _ = turned(15.5, 15.5, light)
    lit = draw(0.40, 0.60) + draw(0.0, 0.16) * toward / 16
    surface = (lit + shine) * (1 + 2 * texture) + 0.4 * texture
    inside = draw(9, 15.5) + draw.either(0.25, 0, 40) - turned(15.5, 15.5, draw(0, 6.3))[0]
    chamfer = draw(0.05, 0.3) * bell(inside - 1.2, 0.9)
    metal = step(inside, 0.35)
    return (surface + chamfer) * metal + draw(0.05, 0.15) * (1 - metal), metal


def _tones(draw: Draw) -> np.ndarray:
    """(n, TONES): a random profile across the grain, fine and coarse grooves, mean 0 and about unit size."""
    raw = np.cumsum(draw.normal(TONES + 16), axis=1)
    fine, coarse = raw[:, 4 : TONES + 4] - raw[:, :TONES], raw[:, 16:] - raw[:, :TONES]
    return 0.4 * fine + 0.12 * coarse


def _scratch(draw: Draw, severity: np.ndarray, light: np.ndarray, defect: np.ndarray) -> np.ndarray:
    """A bright, nearly straight line with its shadow beside it; some are full of dirt, and dark."""
    along, across = turned(draw(11, 21), draw(11, 21), draw(0, 2 * np.pi))
    across = across - draw(-0.012, 0.012) * along * along
    ends = step(draw(5, 13) - np.abs(along), 0.8)
    width = draw(0.55, 0.95)
    line = bell(across, width) - draw(0.2, 0.6) * bell(across - 1.4, 0.9)
    return draw.either(0.2, -0.55, 0.6) * severity * line * ends


def _dent(draw: Draw, severity: np.ndarray, light: np.ndarray, defect: np.ndarray) -> np.ndarray:
    """A hollow: the side towards the light dark, the far side bright."""
    x, y = draw(9, 23), draw(9, 23)
    along, across = turned(x, y, draw(0, np.pi))
    size = draw(2.6, 5.5)
    depth = bell(np.hypot(along, across * draw(0.9, 1.5)), size)
    toward, _ = turned(x, y, light)
    return severity * depth * (-0.95 * toward / size - 0.15)


def _crack(draw: Draw, severity: np.ndarray, light: np.ndarray, defect: np.ndarray) -> np.ndarray:
    """A thin dark line that wanders and sometimes forks; in a good part a seam, which is dark and straight."""
    heading, turn = draw(0, 2 * np.pi), np.where(defect, draw(0.15, 0.75), draw(0, 0.25))
    x, y = draw(11, 21) - 9 * np.cos(heading), draw(11, 21) - 9 * np.sin(heading)
    line = np.zeros((draw.number, SIZE, SIZE), np.float32)
    forks, steps = draw.chance(0.45) & defect, draw(5, 9)
    fork = (x, y, heading)
    for number in range(12):
        if number == 4:
            fork = (x, y, heading + 0.9)
        if number == 9:  # the last three pieces are the fork
            x, y, heading = fork
        heading = heading + turn * draw.normal(1, 1)
        length = draw(1.6, 3.2)
        x1, y1 = x + length * np.cos(heading), y + length * np.sin(heading)
        drawn = (number < steps) if number < 9 else forks
        piece = draw(0.6, 1.0) * bell(drawing.segment_distance(x, y, x1, y1), draw(0.5, 0.8))
        line = np.maximum(line, np.where(drawn, piece, 0))
        x, y = x1, y1
    return -0.7 * severity * line


def _stain(draw: Draw, severity: np.ndarray, light: np.ndarray, defect: np.ndarray) -> np.ndarray:
    """A diffuse dark patch, a little darker along its rim, as drying coolant leaves it."""
    x, y = draw(8, 24), draw(8, 24)
    amount = np.zeros((draw.number, SIZE, SIZE), np.float32)
    for _ in range(5):
        amount += draw(0.3, 0.9) * bell(
            np.hypot(X - x - 3.5 * draw.normal(1, 1), Y - y - 3.5 * draw.normal(1, 1)), draw(2.5, 5)
        )
    cover = 1 - np.exp(-1.4 * amount)
    return -severity * (0.4 * cover + draw(0, 0.5) * cover * (1 - cover))
