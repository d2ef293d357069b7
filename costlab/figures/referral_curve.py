"""Mean cost against the share of images referred, the unsurest first, and what the next image is worth referring."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.curves import ReferralCurve
from costlab.figures._curves import ABOVE, PER, PERCENT, thinned
from costlab.figures._marks import BLUE, GREEN, GREY, VERMILLION, labelled, literal
from costlab.scenario import CASES
from costlab.wording import amount

TITLE = "Cost against the share referred"


def draw(curve: ReferralCurve, pick: bool = False) -> go.Figure:
    """Two panels over the share referred: mean cost, with the chosen and the best share; worth of one more.

    pick: whether a click is a share.
    """
    name = literal(curve.name)
    figure = go.Figure()
    lot = {"color": GREY, "dash": "dash", "width": 1.5}
    figure.add_scatter(
        x=[0, 1], y=CASES * curve.at_random(np.array([0, 1])), name="drawn by lot", mode="lines", line=lot
    )
    some = thinned(len(curve.shares))
    line = {"color": BLUE, "width": 2.5}
    figure.add_scatter(
        x=curve.shares[some], y=CASES * curve.cost[some], name="most saving first", mode="lines", line=line
    )
    chosen = curve.chosen_cost
    for x, y, title, symbol, colour, error in (
        (curve.chosen, CASES * chosen.estimate, "share by the price", "circle", VERMILLION, True),
        (curve.best, CASES * float(curve.cost.min()), "best in hindsight", "diamond-open", GREEN, False),
    ):
        figure.add_scatter(
            x=[x],
            y=[y],
            name=title,
            mode="markers",
            marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2, "color": colour}},
            error_y={
                "type": "data",
                "array": [CASES * (chosen.high - chosen.estimate)],
                "arrayminus": [CASES * (chosen.estimate - chosen.low)],
                "visible": error,
            },
            hovertemplate=f"{title}: %{{x:.1%}} referred, %{{y:.4~g}}<extra></extra>",
        )
    few = thinned(len(curve.worth))
    figure.add_scatter(
        x=curve.shares[few], y=curve.worth[few], mode="lines", line=line, yaxis="y2", showlegend=False, name="worth"
    )
    figure.update_traces(hovertemplate="%{y:.4~g}", selector={"mode": "lines"})
    figure.update_layout(
        xaxis={"title": {"text": f"share of images with the decision '{name}'"}, "anchor": "y2", **PERCENT},
        yaxis={
            "title": labelled("cost of 1\u2009000<br>images", curve.unit),
            "domain": [0.42, 1],
            "rangemode": "tozero",
        },
        yaxis2={"title": labelled("worth of<br>one more", curve.unit), "domain": [0, 0.32], "rangemode": "tozero"},
        legend=ABOVE,
        hovermode="closest",
    )
    if pick:
        line = {"width": 1, "dash": "dash"}
        figure.add_shape(type="line", x0=curve.chosen, x1=curve.chosen, yref="paper", y0=0, y1=1, line=line)
        figure.update_layout(meta={"pick": "x"})
    return figure


def words(curve: ReferralCurve) -> str:
    """What the figure shows, for those who do not see it."""
    none, every, chosen = (
        amount(CASES * float(value), curve.unit)
        for value in (curve.cost[0], curve.cost[-1], curve.chosen_cost.estimate)
    )
    low, high = (amount(CASES * end, curve.unit) for end in curve.chosen_cost[1:])
    return (
        f"Cost {PER} against the share with the decision '{curve.name}': {none} with none, {every} with all. "
        f"The price leads to {curve.chosen:.1%}, which cost {chosen} ({low} to {high}); "
        f"in hindsight {curve.best:.1%} was best. Below, what one more image is worth asking about: the most that the "
        f"answer may cost, {amount(float(curve.worth[0]), curve.unit)} for the image that is asked about first."
    )


def table(curve: ReferralCurve) -> dict[str, list[Any]]:
    """At every tenth of the images: the cost of 1,000 images, also drawn by lot, and the worth of one more."""
    n = len(curve.worth)
    rows = np.unique(np.linspace(0, n, 11).round().astype(int))
    unit = f" ({curve.unit})" if curve.unit else ""
    return {
        "share referred": curve.shares[rows].tolist(),
        f"cost {PER}{unit}": (CASES * curve.cost[rows]).tolist(),
        f"drawn by lot{unit}": (CASES * curve.at_random(curve.shares[rows])).tolist(),
        f"worth of one more{unit}": [float(curve.worth[row]) if row < n else None for row in rows],
    }
