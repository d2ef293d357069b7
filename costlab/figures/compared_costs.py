"""The costs of several runs or rules with their intervals, the cheapest on top; who cannot be told apart from it."""

from collections.abc import Collection, Sequence

import plotly.graph_objects as go

from costlab.figures._curves import PER
from costlab.figures._marks import BLUE, GREY, VERMILLION, labelled, literal, shortened
from costlab.intervals import Interval
from costlab.scenario import CASES
from costlab.wording import number

TITLE = "Costs with intervals"
ROW = 34  # pixels


def draw(
    names: Sequence[str], means: Sequence[Interval], best: Collection[int], unit: str, bar: int | None = None
) -> go.Figure:
    """A dot and a line for each of `means`, costs an image, in the given order from the top.

    best: rows that cannot be told apart from the cheapest, filled circles; all others are open squares. bar: the row
    that has a dashed line through all others.
    """
    figure = go.Figure()
    for inside, colour, symbol, label in (
        (True, BLUE, "circle", "the cheapest, and what cannot be told apart from it"),
        (False, VERMILLION, "square-open", "dearer"),
    ):
        rows = [row for row in range(len(names)) if (row in best) == inside]
        if not rows:
            continue
        centre = [CASES * means[row].estimate for row in rows]
        figure.add_scatter(
            x=centre,
            y=[literal(names[row]) for row in rows],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [CASES * (means[row].high - means[row].estimate) for row in rows],
                "arrayminus": [CASES * (means[row].estimate - means[row].low) for row in rows],
                "color": colour,
                "thickness": 2,
                "width": 5,
            },
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 11, "line": {"width": 2}},
            name=label,
            customdata=[[CASES * means[row].low, CASES * means[row].high] for row in rows],
            hovertemplate=f"%{{y}}: %{{x:,.4~g}} {literal(unit)} (%{{customdata[0]:,.4~g}} to "
            "%{customdata[1]:,.4~g})<extra></extra>",
        )
    if bar is not None:
        line = {"color": GREY, "width": 1.5, "dash": "dash"}
        figure.add_vline(x=CASES * means[bar].estimate, line=line, layer="below")
    order = [literal(name) for name in reversed(names)]
    figure.update_layout(
        xaxis={"title": labelled(f"cost {PER}", unit), "zeroline": False},
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": order,
            "tickmode": "array",
            "tickvals": order,
            "ticktext": [literal(name if len(name) <= 46 else shortened(name)) for name in reversed(names)],
            "range": [-0.6, len(names) - 0.4],
            "showgrid": True,
        },
        legend={"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"},
        height=110 + ROW * len(names),
        hovermode="closest",
    )
    return figure


def words(names: Sequence[str], means: Sequence[Interval], unit: str) -> str:
    """What the figure shows, for those who do not see it.

    >>> words(["a"], [Interval(0.002, 0.001, 0.004)], "EUR")
    'Cost per 1\\u2009000 images (EUR), the cheapest first: a 2 (1 to 4).'
    """
    rows = [
        f"{name} {number(CASES * mean.estimate)} ({number(CASES * mean.low)} to {number(CASES * mean.high)})"
        for name, mean in zip(names, means, strict=True)
    ]
    return f"Cost {PER}{f' ({unit})' if unit else ''}, the cheapest first: {'; '.join(rows)}."
