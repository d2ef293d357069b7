"""What figures share: colours that everyone can tell apart, and names that users typed, shown letter by letter."""

from collections.abc import Sequence
from typing import Any

# Okabe and Ito (2008), without those that are too pale on white; told apart by dash and marker too, never by hue alone.
BLUE, VERMILLION, GREEN, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7A7A7A"
LINES = (BLUE, VERMILLION, GREEN, PINK, "#E69F00", "#56B4E9", GREY)
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
DIVERGING = ("#2166ac", "#92c5de", "#f7f7f7", "#fdb863", "#b35806")  # blue earns, orange costs
FRAME = "#e8590c"  # seen on both ends of Cividis
NAMES_SHOWN = 30  # on an axis; beyond, every so many


def literal(text: str) -> str:
    """`text` as plotly shows it letter by letter: no tags, no entities, no formulas.

    >>> literal("<b>"), literal("$x$")
    ('&lt;b&gt;', '&#36;x&#36;')
    """
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(sign, entity)
    return text


def name_axis(names: Sequence[str]) -> dict[str, Any]:
    """A category axis of `literal` names, long ones cut in the middle, about 30 of them shown."""
    shown = names[:: -(-len(names) // NAMES_SHOWN)]
    return {
        "type": "category",
        "tickmode": "array",
        "tickvals": [literal(name) for name in shown],
        "ticktext": [literal(shortened(name)) for name in shown],
        "range": [-0.5, len(names) - 0.5],
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
    }


def shortened(name: str) -> str:
    """Both ends of a long name: names that begin alike often end differently.

    >>> shortened("actinic keratosis"), shortened("melanoma")
    ('actinic k…atosis', 'melanoma')
    """
    return name if len(name) <= 16 else f"{name[:9]}…{name[-6:]}"


def image_ticks(most: float, sign: str = "") -> dict[str, Any]:
    """Ticks of a colour bar that counts images up to `most`: whole ones, for half an image is none.

    >>> image_ticks(2), image_ticks(90, "+")
    ({'tickformat': ',~r', 'dtick': 1}, {'tickformat': '+,~r'})
    """
    return {"tickformat": f"{sign},~r"} | ({"dtick": 1} if most <= 6 else {})


def labelled(title: str, unit: str) -> dict[str, str]:
    """An axis title with its unit, if there is one.

    >>> labelled("mean cost", "EUR")
    {'text': 'mean cost (EUR)'}
    """
    return {"text": f"{title} ({literal(unit)})" if unit else title}
