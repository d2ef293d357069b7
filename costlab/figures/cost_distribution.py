"""What each candidate costs when the prices are drawn from their ranges: bars of quantiles, the steadiest first."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.figures._marks import BLUE, GREY, VERMILLION, labelled, literal
from costlab.robustness import Robustness
from costlab.robustness_words import share_words
from costlab.scenario import CASES
from costlab.wording import amount, number

TITLE = "Cost over the plausible prices"
TENFOLD = 6  # times as dear
ROW, FRAME_HEIGHT = 46, 110  # pixels


def draw(result: Robustness) -> go.Figure:
    """A row a candidate: a thin bar over 90 of 100 draws, a thick one over 50, the median, a diamond at likely prices.

    The candidate that is cheapest most often is on top and blue; on the right, how often each is cheapest.
    """
    rows, figure = order(result), go.Figure()
    places = list(range(len(rows)))
    for place, row in enumerate(rows):
        colour, ends = BLUE if row == result.steady else GREY, result.quantiles[row]
        for low, high, width in ((ends[0], ends[4], 3), (ends[1], ends[3], 13)):
            line = {"color": colour, "width": width}
            figure.add_scatter(
                x=[low, high], y=[place, place], mode="lines", line=line, showlegend=False, hoverinfo="skip"
            )
    _marks(figure, result, rows)
    for place, row in enumerate(rows):
        share = share_words(float(result.shares[row]))
        figure.add_annotation(x=1, xref="paper", y=place, text=f" {share}", showarrow=False, xanchor="left")
    figure.add_annotation(x=1, y=1, xref="paper", yref="paper", text=" cheapest in", showarrow=False)
    figure.layout.annotations[-1].update(xanchor="left", yanchor="bottom")
    figure.update_layout(
        xaxis={"title": labelled(f"cost per {number(CASES)} images", result.ranges.likely.unit), "zeroline": False}
        | _breadth(float(result.quantiles.min()), float(result.quantiles.max())),
        yaxis=_names(result, rows, places),
        legend={"orientation": "h", "x": 0, "y": 1.0, "xanchor": "left", "yanchor": "bottom"},
        margin={"r": 110, "t": 40, "b": 45, "l": 8},
        height=FRAME_HEIGHT + ROW * len(rows),
        hovermode="closest",
    )
    return figure


def _marks(figure: go.Figure, result: Robustness, rows: list[int]) -> None:
    """The medians, and the costs at the likely prices."""
    figure.add_scatter(
        x=result.quantiles[rows, 2],
        y=list(range(len(rows))),
        mode="markers",
        marker={"symbol": "line-ns", "size": 15, "line": {"width": 3, "color": "white"}},
        customdata=[[literal(result.candidates[row].title), _ends(result, row)] for row in rows],
        hovertemplate="<b>%{customdata[0]}</b><br>median %{x:,.4~g}<br>%{customdata[1]}<extra></extra>",
        showlegend=False,
    )
    figure.add_scatter(
        x=result.likely[rows],
        y=list(range(len(rows))),
        mode="markers",
        name="at the likely prices",
        showlegend=True,
        marker={"symbol": "diamond", "size": 9, "color": VERMILLION, "line": {"width": 1, "color": "white"}},
        hovertemplate="at the likely prices %{x:,.4~g}<extra></extra>",
    )


def _breadth(low: float, high: float) -> dict[str, Any]:
    """An axis over all costs: in tenfold steps where one candidate is so dear that the others would look alike."""
    if low > 0 and high > TENFOLD * low:
        low, high = np.log10([low, high])
        steps = {"type": "log", "dtick": "D2", "tickformat": ",~g", "hoverformat": ",.4~g"}
    else:
        steps = {}
    room = 0.04 * (high - low) or 0.1 * abs(high) or 1.0
    return steps | {"range": [low - room, high + room]}


def _names(result: Robustness, rows: list[int], places: list[int]) -> dict[str, Any]:
    """An axis of names by place, for two runs may have the same name."""
    return {
        "tickmode": "array",
        "tickvals": places,
        "ticktext": [_name(result, row) for row in rows],
        "range": [len(rows) - 0.5, -0.5],
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
    }


def words(result: Robustness) -> str:
    """What the figure shows, for those who do not see it."""
    told = "; ".join(f"'{result.candidates[row].title}' {_ends(result, row)}" for row in order(result)[:4])
    return (
        f"Cost per {number(CASES)} images over {number(result.draws)} draws of the prices, 90 of 100 of them: {told}."
    )


def table(result: Robustness) -> dict[str, list[Any]]:
    """A row a candidate: its cost at the likely prices and over the draws, and how often it is cheapest."""
    rows, unit = order(result), result.ranges.likely.unit
    cost = f"per {number(CASES)} images{f' ({unit})' if unit else ''}"
    columns: dict[str, list[Any]] = {"rule": [result.candidates[row].rule for row in rows]}
    if any(each.model for each in result.candidates):
        columns["model"] = [result.candidates[row].model for row in rows]
    columns |= {
        f"at the likely prices, {cost}": result.likely[rows].tolist(),
        "mean of the draws": result.mean[rows].tolist(),
    }
    for place, name in enumerate(("5 %", "25 %", "median", "75 %", "95 %")):
        columns[f"{name} of the draws" if place != 2 else name] = result.quantiles[rows, place].tolist()
    columns["cheapest in, %"] = (100 * result.shares[rows]).tolist()
    columns |= {
        "from, %": (100 * result.low[rows]).tolist(),
        "to, %": (100 * result.high[rows]).tolist(),
        "of these equally cheap with others, %": (100 * result.tied[rows]).tolist(),
    }
    return columns


def order(result: Robustness) -> list[int]:
    """Candidates, the one that is cheapest most often first; where none ever is, by their median."""
    return sorted(range(len(result.shares)), key=lambda row: (-result.shares[row], result.quantiles[row, 2]))


def _ends(result: Robustness, row: int) -> str:
    unit = result.ranges.likely.unit
    low, high = (float(f"{result.quantiles[row, place]:.3g}") for place in (0, 4))
    tied = " (often with others)" if result.tied[row] > 0.005 else ""
    return f"from {number(low)} to {amount(high, unit)}, cheapest in {share_words(float(result.shares[row]))}{tied}"


def _name(result: Robustness, row: int) -> str:
    each = result.candidates[row]
    rule = each.rule.replace(", then ", ", then<br>", 1) if len(each.rule) > 24 else each.rule
    rule = "<br>".join(literal(part) for part in rule.split("<br>"))
    return f"{rule}<br><span style='font-size:11px'>{literal(_both_ends(each.model))}</span>" if each.model else rule


def _both_ends(title: str) -> str:
    return title if len(title) <= 34 else f"{title[:20]}…{title[-12:]}"
