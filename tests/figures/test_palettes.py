"""Colours are told apart with every common colour vision, on light and dark pages, or by dash and marker as well.

Colour vision deficiencies are simulated as by Machado, Oliveira and Fernandes 2009, "A physiologically-based model for
simulation of color vision deficiency", table 1, severity 1.0, on linear RGB. Differences are CIEDE2000 (Sharma, Wu and
Dalal 2005), for which their pairs of colours are the oracle. 2.3 is just noticed side by side; lines are thin and
apart, so 10 is asked for.
"""

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import plotly.colors
import pytest

from costlab.figures._curves import DASHES, style
from costlab.figures._marks import DIVERGING, LINES, MARKERS

APART = 10.0
SEEN = 3.0  # contrast of a line with the page, as WCAG 2.1 asks of graphics (1.4.11)
VISIONS = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]
PAGES = {name: THEME[name]["backgroundColor"] for name in ("light", "dark")}


def linear(colour: str) -> np.ndarray:
    """sRGB "#rrggbb" or "rgb(r, g, b)" as linear RGB (IEC 61966-2-1)."""
    share = np.array(plotly.colors.hex_to_rgb(colour) if colour.startswith("#") else _numbers(colour)) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _numbers(colour: str) -> list[float]:
    return [float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


def seen_as(colour: str, vision: str) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as somebody with that vision sees it."""
    rgb = np.clip(VISIONS[vision] @ linear(colour), 0, 1)
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    xyz = to_xyz @ rgb / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """The difference of two colours in L*a*b*."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(mean7 / (mean7 + 25.0**7)))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    cos = np.cos(np.radians([hue - 30, 2 * hue, 3 * hue + 6, 4 * hue - 63]))
    t = 1 + np.array([-0.17, 0.24, 0.32, -0.20]) @ cos
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = (
        -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    )
    dc, dh = (c2 - c1) / sc, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / sh
    return float(np.sqrt(((l2 - l1) / sl) ** 2 + dc**2 + dh**2 + rotation * dc * dh))


def apart(one: str, other: str, vision: str) -> float:
    return ciede2000(seen_as(one, vision), seen_as(other, vision))


def contrast(one: str, other: str, vision: str) -> float:
    """WCAG 2's contrast ratio, of colours as they are seen."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    light, dark = sorted(
        (float(weights @ np.clip(VISIONS[vision] @ linear(c), 0, 1)) for c in (one, other)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [  # Sharma, Wu and Dalal 2005, table 1: pairs 1, 7, 13, 17, 20, 25 and 33
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ],
)
def test_differences_are_those_that_were_published(one, other, difference):
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(difference, abs=1e-4)
    assert ciede2000(np.array(other), np.array(one)) == pytest.approx(difference, abs=1e-4)


@pytest.mark.parametrize("vision", VISIONS)
def test_the_simulated_visions_leave_greys_grey(vision):
    np.testing.assert_allclose(VISIONS[vision].sum(axis=1), 1, atol=1e-5)
    assert apart("#000000", "#ffffff", vision) == pytest.approx(100, abs=0.01)


def test_red_and_green_are_what_this_check_would_find():
    assert apart("#a52a2a", "#4f7a28", "usual") > 40
    assert min(apart("#a52a2a", "#4f7a28", vision) for vision in ("protanopia", "deuteranopia")) < APART + 5


@pytest.mark.parametrize("vision", VISIONS)
def test_lines_are_told_apart_by_colour_or_else_by_dash_and_marker(vision):
    for one, other in combinations(range(len(LINES)), 2):
        if apart(LINES[one], LINES[other], vision) < APART:
            assert style(one)["dash"] != style(other)["dash"], (LINES[one], LINES[other])
            assert MARKERS[one] != MARKERS[other]


def test_the_first_four_lines_need_no_dash_and_neighbours_always_have_another():
    for vision in VISIONS:
        for one, other in combinations(LINES[:4], 2):
            assert apart(one, other, vision) >= APART, (one, other, vision)
    for number in range(20):
        first, second = style(number), style(number + 1)
        assert first["dash"] != second["dash"]
        assert first["color"] != second["color"]
    assert len(set(DASHES)) == len(DASHES)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("vision", VISIONS)
def test_lines_are_seen_on_the_page(page, vision):
    for colour in LINES:
        assert apart(colour, PAGES[page], vision) >= 2 * APART
    for colour in LINES[:2]:  # those that most charts make do with
        assert contrast(colour, PAGES[page], vision) >= SEEN


@pytest.mark.parametrize("vision", VISIONS)
def test_the_sequential_scale_grows_lighter_all_the_way(vision):
    scale = plotly.colors.get_colorscale("Cividis")
    light = [seen_as(colour, vision)[0] for _, colour in scale]
    assert (np.diff(light) > 0).all()
    assert light[-1] - light[0] > 60


@pytest.mark.parametrize("vision", VISIONS)
def test_the_two_ends_of_the_diverging_scale_are_told_apart_and_its_middle_is_the_lightest(vision):
    light = [seen_as(colour, vision)[0] for colour in DIVERGING]
    assert light[0] < light[1] < light[2] > light[3] > light[4]
    for one, other in ((0, 4), (1, 3), (0, 2), (2, 4)):
        assert apart(DIVERGING[one], DIVERGING[other], vision) >= 2 * APART
