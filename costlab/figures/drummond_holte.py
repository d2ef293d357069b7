"""Cost curves of Drummond and Holte: each threshold a line over how much the missed weigh, and the best one of all."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.curves import DrummondHolte
from costlab.figures._curves import ABOVE, FAINT, PERCENT, thinned
from costlab.figures._marks import BLUE, GREY, VERMILLION, literal
from costlab.wording import number

TITLE = "Cost curves of one class"
LINES_SHOWN = 40


def draw(
    curve: DrummondHolte,
    operating: float | None = None,
    threshold: float = 0.5,
    now: tuple[float, float] | None = None,
) -> go.Figure:
    """Normalised expected cost over the probability-cost: the best threshold, one `threshold`, and some of the others.

    operating: where the present costs and class shares stand on the axis. now: the ends of the line of decisions as
    they are, drawn instead of the threshold's.
    """
    name = literal(curve.name) or "positive"
    figure = go.Figure()
    some = thinned(len(curve.thresholds), LINES_SHOWN)
    figure.add_scatter(
        x=np.tile([0.0, 1.0, np.nan], len(some)),
        y=np.stack(
            [curve.false_positive_rate[some], curve.false_negative_rate[some], np.full(len(some), np.nan)], 1
        ).ravel(),
        name="other thresholds",
        mode="lines",
        line={"color": FAINT, "width": 1},
        hoverinfo="skip",
    )
    for y, words_, dash in (([0, 1], f"never '{name}'", "dash"), ([1, 0], f"always '{name}'", "dot")):
        line = {"color": GREY, "dash": dash, "width": 2}
        figure.add_scatter(x=[0, 1], y=y, name=words_, mode="lines", line=line, hovertemplate="%{y:.3f}")
    figure.add_scatter(
        x=[0, 1],
        y=curve.line(threshold) if now is None else now,
        name=f"threshold {number(threshold)}" if now is None else "decisions as they are",
        mode="lines",
        line={"color": VERMILLION, "dash": "dashdot", "width": 2},
        hovertemplate="%{y:.3f}",
    )
    figure.add_scatter(
        x=curve.envelope.breaks,
        y=curve.envelope.values,
        name="best threshold",
        mode="lines",
        line={"color": BLUE, "width": 3.5},
        hovertemplate="%{y:.3f}",
    )
    figure.update_layout(
        xaxis={"title": {"text": f"share of the possible cost that missing '{name}' makes up, PC(+)"}, **PERCENT},
        yaxis={
            "title": {"text": "cost, as a share of the dearest possible"},
            "range": [-0.02, 1.02],
            "tickformat": ".0%",
        },
        legend=ABOVE,
        hovermode="closest",
    )
    if operating is not None:
        figure.add_shape(type="line", x0=operating, x1=operating, y0=0, y1=1, line={"width": 1, "dash": "dash"})
        figure.add_annotation(x=operating, y=1, text=" costs now", showarrow=False, xanchor="left", yanchor="top")
    return figure


def words(
    curve: DrummondHolte,
    operating: float | None = None,
    threshold: float = 0.5,
    now: tuple[float, float] | None = None,
) -> str:
    """What the figure shows, for those who do not see it."""
    start, end = curve.line(threshold) if now is None else now
    named = f"threshold {number(threshold)} costs" if now is None else "the decisions as they are cost"
    x = 0.5 if operating is None else operating
    return (
        f"Cost of calling images '{curve.name or 'positive'}' from a threshold on, as a share of the dearest possible. "
        f"Where missing one makes up {x:.0%} of the possible cost, {named} "
        f"{start * (1 - x) + end * x:.1%}, the best threshold {float(curve.envelope.at(x)):.1%}, "
        f"the better of always and never {min(x, 1 - x):.1%}. "
        "To the left false alarms are what costs, to the right misses."
    )


def table(curve: DrummondHolte) -> dict[str, list[Any]]:
    """At every tenth of the axis: the best threshold and its cost, as a share of the dearest possible."""
    x = np.linspace(0, 1, 11)
    stretch = np.clip(np.searchsorted(curve.envelope.breaks, x, side="right") - 1, 0, len(curve.envelope.owners) - 1)
    return {
        "PC(+)": x.tolist(),
        "best threshold": curve.thresholds[curve.envelope.owners[stretch]].tolist(),
        "its cost": curve.envelope.at(x).tolist(),
        "always or never": np.minimum(x, 1 - x).tolist(),
    }
