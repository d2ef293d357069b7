"""The theme can be read by everyone: WCAG 2 contrasts, worked out from the file itself."""

import tomllib
from pathlib import Path

import pytest

from costlab.figures._marks import LINES

THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text())["theme"]


def luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # WebAIM's example of a near miss


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["textColor", "linkColor"])
def test_text_and_links_stand_out_on_every_background(scheme, colour):
    theme = THEME[scheme]
    backgrounds = [theme["backgroundColor"], theme["secondaryBackgroundColor"], theme["sidebar"]["backgroundColor"]]
    assert min(contrast(theme[colour], background) for background in backgrounds) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_accent_carries_white_text_and_can_be_seen_itself(scheme):
    """Streamlit writes on primary buttons in white; the accent alone marks parts of controls, for which 3 is asked."""
    theme = THEME[scheme]
    assert contrast(theme["primaryColor"], "#ffffff") >= 4.5
    for background in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["primaryColor"], background) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_captions_stand_out_too(scheme):
    """Streamlit writes captions with 60 % of the text's colour over the background."""
    theme = THEME[scheme]
    for background in (theme["backgroundColor"], theme["sidebar"]["backgroundColor"]):
        text, back = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (theme["textColor"], background))
        mixed = "#" + "".join(f"{round(0.6 * t + 0.4 * b):02x}" for t, b in zip(text, back, strict=True))
        assert contrast(mixed, background) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lines_of_figures_can_be_seen(scheme):
    """Three to one for graphics; the two palest come last, for a fifth and sixth run."""
    seen = [contrast(line, THEME[scheme]["backgroundColor"]) for line in LINES]
    assert min(seen[:4]) >= 3
    assert min(seen) >= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_font_comes_from_the_network(scheme):
    assert not any("font" in key.lower() and "http" in str(value) for key, value in (THEME | THEME[scheme]).items())


def test_the_style_sheet_has_the_theme_s_colours() -> None:
    css = (Path(__file__).parents[2] / "costlab/ui/app.css").read_text()
    for name, key in (("background", "backgroundColor"), ("line", "borderColor")):
        assert f"--costlab-{name}: light-dark({THEME['light'][key]}, {THEME['dark'][key]});" in css
