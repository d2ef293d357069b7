"""Draws 32x32 colour views of a street with one traffic light: by day and night, in glare, out of focus, partly hidden.

All of it is invented. Lamps fade towards each other's colour, tail lights and shop signs shine at night, the sun washes
colours out and leaves or lorries cover lamps: some views leave room for doubt, and a few for a wrong certainty.
"""

from typing import NamedTuple

import numpy as np

from costlab.datasets import _drawing as drawing
from costlab.datasets._drawing import SIZE, Draw, X, Y, bell, step, turned

SHARES = (0.42, 0.16, 0.42)  # of red, amber, green
NIGHT = 0.35  # share of the images
PITCH, RADIUS = 0.31, 0.115  # from lamp to lamp, and of a lamp, as shares of the housing's height
HUES = (  # lowest and highest red, green and blue of each lamp: old red lamps and young amber ones look alike
    ((1.0, 0.06, 0.04), (1.0, 0.34, 0.04), (0.05, 0.8, 0.35)),
    ((1.0, 0.50, 0.16), (1.0, 0.72, 0.20), (0.50, 1.0, 0.80)),
)


def street_block(block: int, noise: float, hard: float) -> tuple[np.ndarray, np.ndarray]:
    """(BLOCK, 3, 32, 32) uint8 images and (BLOCK,) int64 classes of one block.

    noise: the camera's, standard deviation as a share of full brightness; half as much again at night. hard: the share
    of views with glare, of blurred ones and of ones with something in front, each by itself.
    """
    rng = np.random.default_rng([2, block])
    target = drawing.classes_of(rng, SHARES)
    draw = Draw(rng, drawing.BLOCK)
    night = draw.chance(NIGHT)
    scene = _scene(draw, night)
    light = _housing(draw, scene, night)
    _switch_on(draw, scene, night, light, target)
    x, y = _lamp(light, np.floor(draw(0, 3)) - 1)  # trouble strikes any lamp: its place must not give away which is lit
    for number, spoil in enumerate((_hidden, _glare, _blurred), start=1):
        rows = draw.chance(hard)[:, 0, 0]
        some = Draw(np.random.default_rng([2, block, number]), int(rows.sum()))
        scene[:, rows] = spoil(some, scene[:, rows], night[rows], x[rows], y[rows], light.tall[rows])
    grain = np.stack([draw.normal(SIZE, SIZE) for _ in range(3)])
    scene = scene * draw(0.85, 1.15) + np.float32(noise) * _either(night, 1.5, 1) * grain
    return drawing.to_bytes(scene).transpose(1, 0, 2, 3), target


class Light(NamedTuple):
    """One traffic light an image, each (n, 1, 1): its middle, height and tilt, in pixels and radians."""

    x: np.ndarray
    y: np.ndarray
    tall: np.ndarray
    tilt: np.ndarray


def _either(condition: np.ndarray, yes: float, no: float) -> np.ndarray:
    return np.where(condition, np.float32(yes), np.float32(no))


def _colour(*channels: np.ndarray | float) -> np.ndarray:
    """(3, n, 1, 1) or (3, 1, 1, 1): red, green, blue."""
    return np.stack(np.broadcast_arrays(*[np.asarray(c, np.float32).reshape(-1, 1, 1) for c in channels]))


def _cover(scene: np.ndarray, colour: np.ndarray, share: np.ndarray) -> None:
    """Lay `colour` over the scene, as opaque as `share` (0 to 1) says."""
    scene += share * (colour - scene)


def _scene(draw: Draw, night: np.ndarray) -> np.ndarray:
    """(3, n, 32, 32): sky, a row of houses or trees, and at night the other lights of the street."""
    haze, low = draw(0, 1), Y / 31  # grey or blue; how far down
    day = _colour(0.35, 0.55, 0.85) + haze * _colour(0.4, 0.22, -0.05)
    day = day + low * (_colour(0.75, 0.85, 0.95) + haze * _colour(0.1, -0.02, -0.15) - day)
    scene = np.where(night[None], _colour(0.03, 0.04, 0.09) * draw(0.5, 2.5), day * draw(0.7, 1.05))
    dim = _either(night, 0.16, 1)
    for _ in range(4):  # houses
        grey, left, wide = draw(0.2, 0.65), draw(-8, 30), draw(5, 14)
        wall = _colour(grey, grey * draw(0.85, 1.05), grey * draw(0.7, 1.05)) * dim
        _cover(scene, wall, step(X - left, 0.2) * step(left + wide - X, 0.2) * step(Y - draw(6, 34), 0.2))
    for _ in range(2):  # trees
        crown = np.hypot(X - draw(-2, 34), Y - draw(12, 36)) + 1.2 * np.sin(1.9 * X + draw(0, 6)) * np.sin(1.7 * Y)
        _cover(scene, _colour(0.2, 0.36, 0.14) * draw(0.5, 1) * dim, step(draw(2, 10) - crown, 0.5))
    for hue in ((1.0, 0.1, 0.08), (1.0, 0.75, 0.4), (0.2, 0.9, 0.55)):  # tail lights, windows, shop signs
        glow = bell(np.hypot(X - draw(0, 31), (Y - draw(8, 31)) * draw(0.8, 1.6)), draw(0.7, 2.0))
        scene += _colour(*hue) * (glow * draw(0.3, 0.9) * (night & draw.chance(0.5)))
    return scene


def _housing(draw: Draw, scene: np.ndarray, night: np.ndarray) -> Light:
    """A pole and a housing, black or yellow, some with a white rim, and in it three dark lamps."""
    light = Light(draw(11, 21), draw(12, 19), draw(14, 26), draw(-0.13, 0.13))
    across, down = turned(light.x, light.y, light.tilt)
    dim = _either(night, 0.2, 1)
    pole = step(0.06 * light.tall - np.abs(across), 0.25) * step(down - 0.4 * light.tall, 0.25)
    _cover(scene, _colour(0.3, 0.3, 0.32) * dim, pole)
    paint = np.where(draw.chance(0.15), _colour(0.75, 0.58, 0.1), _colour(0.09, 0.1, 0.1)) * draw(0.7, 1.4)
    for margin, colour, share in ((0.05, _colour(0.85, 0.85, 0.85), draw.either(0.25, 1, 0)), (0.0, paint, 1)):
        sides, ends = (half + margin for half in (0.21, 0.5))
        box = step(sides * light.tall - np.abs(across), 0.25) * step(ends * light.tall - np.abs(down), 0.25)
        _cover(scene, colour * dim, box * share)
    glass = _colour(0.25, 0.05, 0.03), _colour(0.25, 0.13, 0.03), _colour(0.05, 0.22, 0.14)
    washed = draw(0.4, 1.3) * dim  # the sun shines into dark lamps too
    for lamp, tint in enumerate(glass, start=-1):
        away = np.hypot(across, down - lamp * PITCH * light.tall)
        _cover(scene, tint * washed, step(RADIUS * light.tall - away, 0.3))
    return light


def _lamp(light: Light, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a lamp is, (n, 1, 1) each; `number` is -1, 0 or 1 from the top."""
    offset = number * PITCH * light.tall
    return light.x - offset * np.sin(light.tilt), light.y + offset * np.cos(light.tilt)


def _switch_on(draw: Draw, scene: np.ndarray, night: np.ndarray, light: Light, target: np.ndarray) -> None:
    """Light the lamp of each image's class."""
    x, y = _lamp(light, (target[:, None, None] - 1).astype(np.float32))
    low, high = (np.array(bound, np.float32)[target].T[:, :, None, None] for bound in HUES)
    hue = low + (high - low) * np.stack([draw(0, 1) for _ in range(3)])
    radius, away = RADIUS * light.tall, np.hypot(X - x, Y - y)
    power = np.where(night, draw(0.7, 1.3), draw(0.4, 1.15))
    _cover(scene, hue * power, step(radius - away, 0.3))
    scene += draw(0.1, 0.5) * power * bell(away, 0.6 * radius)
    scene += hue * (np.where(night, draw(0.25, 0.8), draw(0.0, 0.25)) * bell(away, draw(1.6, 3.5) * radius))


def _hidden(
    draw: Draw, scene: np.ndarray, night: np.ndarray, x: np.ndarray, y: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Leaves or the edge of a lorry come in from a side and cover one lamp or more."""
    inward, sideways = turned(x, y, draw(0, 6.3))
    ragged = draw.either(0.5, 0.9, 0) * (np.sin(1.3 * sideways + draw(0, 6)) + np.sin(0.7 * inward + 2.1 * sideways))
    covered = step(draw(-0.04, 0.18) * size - inward + ragged, 0.3)
    leaf = _colour(0.22, 0.36, 0.15)
    lorry = _colour(0.7, 0.7, 0.72)
    cover = np.where(draw.chance(0.5)[None], leaf, lorry) * draw(0.3, 1) * _either(night, 0.15, 1)
    _cover(scene, cover, covered * draw(0.75, 1.0))
    return scene


def _glare(
    draw: Draw, scene: np.ndarray, night: np.ndarray, x: np.ndarray, y: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """A low sun, or at night oncoming headlights, near a lamp."""
    away = np.hypot(X - x - 3 * draw.normal(1, 1), Y - y - 3 * draw.normal(1, 1))
    white = _colour(1.0, 0.96, draw(0.75, 0.95))
    _cover(scene, white, draw(0.5, 1.0) * bell(away, np.where(night, draw(4, 9), draw(4, 12))))
    return scene


def _blurred(
    draw: Draw, scene: np.ndarray, night: np.ndarray, x: np.ndarray, y: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Out of focus, by a bell of up to 2.2 pixels standard deviation."""
    width, reach = draw(0.7, 2.2), 5
    weights = [np.exp(-0.5 * np.square(offset / width)) for offset in range(-reach, reach + 1)]
    total = sum(weights)
    for axis in (2, 3):
        border = [(reach, reach) if a == axis else (0, 0) for a in range(4)]
        padded = np.moveaxis(np.pad(scene, border, mode="edge"), axis, 0)
        pieces = [np.moveaxis(padded[start : start + SIZE], 0, axis) for start in range(2 * reach + 1)]
        scene = sum(weight / total * piece for weight, piece in zip(weights, pieces, strict=True))
    return scene
