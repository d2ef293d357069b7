"""What cost curves share: line styles, bands, a legend above, thinning, and the ends of an axis of shares."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.curves import Band
from costlab.figures._marks import LINES
from costlab.scenario import CASES
from costlab.wording import number

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
ABOVE: dict[str, Any] = {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}
HIGHLIGHT = "rgba(122,122,122,0.35)"  # under the lines that are best somewhere; seen on white and on black
FAINT = "rgba(122,122,122,0.45)"
PERCENT: dict[str, Any] = {"tickformat": ".0%", "range": [-0.01, 1.01], "zeroline": False}

PER = f"per {number(CASES)} images"  # what costs are told for


def style(line: int, width: float = 2) -> dict[str, Any]:
    """Colour and dash of a line by its number: neighbours differ in both.

    >>> style(1)
    {'color': '#D55E00', 'dash': 'dash', 'width': 2}
    """
    return {"color": LINES[line % len(LINES)], "dash": DASHES[line % len(DASHES)], "width": width}


def translucent(colour: str, opacity: float) -> str:
    """A colour "#rrggbb" that lets the page through.

    >>> translucent("#0072B2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def add_band(figure: go.Figure, x: np.ndarray, band: Band, name: str, line: dict[str, Any]) -> None:
    """The cost of 1,000 images as a line over the shade of its interval; both leave by one entry of the legend."""
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=CASES * np.concatenate([band.high, band.low[::-1]]),
        fill="toself",
        fillcolor=translucent(line["color"], 0.18),
        line={"width": 0},
        hoverinfo="skip",
        legendgroup=name,
        showlegend=False,
    )
    figure.add_scatter(
        x=x,
        y=CASES * band.mean,
        name=name,
        line=line,
        mode="lines",
        legendgroup=name,
        customdata=CASES * np.stack([band.low, band.high], axis=1),
        hovertemplate="%{y:.4~g} (%{customdata[0]:.4~g} to %{customdata[1]:.4~g})",
    )


def thinned(points: int, most: int = 600) -> np.ndarray:
    """Places of at most `most` of so many points, evenly spread, first and last among them: more than a screen shows.

    >>> thinned(3).tolist(), thinned(100, 3).tolist()
    ([0, 1, 2], [0, 50, 99])
    """
    return np.unique(np.linspace(0, points - 1, min(points, most)).round().astype(int))
