"""How a run learns: validation cost by epoch under two decision rules, and below it the loss."""

from collections.abc import Sequence

import plotly.graph_objects as go

from costlab.figures._marks import BLUE, GREEN, GREY, VERMILLION, labelled, literal
from costlab.records import ConstantResult, Epoch

TITLE = "Learning curves"


def draw(
    history: Sequence[Epoch],
    unit: str,
    epochs: int,
    constant: ConstantResult | None = None,
    at: int | None = None,
) -> go.Figure:
    """Two panels over `epochs` epochs: mean validation cost in `unit`, and losses; a line marks the epoch `at`.

    constant: the best constant decision on the validation part, the bar that looking at the images must beat.
    """
    figure = go.Figure()
    passed = [epoch.epoch for epoch in history]
    for name, field, colour, dash, panel in (
        ("deciding by least expected cost", "valid_least_expected_cost", BLUE, "solid", ""),
        ("deciding by argmax", "valid_cost", VERMILLION, "dot", ""),
        ("loss on validation", "valid_loss", GREEN, "solid", "2"),
        ("loss in training", "train_loss", GREY, "dot", "2"),
    ):
        figure.add_scatter(
            x=passed,
            y=[getattr(epoch, field) for epoch in history],
            name=name,
            mode="lines" if len(passed) > 1 else "markers",
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate="%{y:.4~g}",
            yaxis=f"y{panel}",
            legend=f"legend{panel}",
        )
    last = max(epochs, 2)
    if constant is not None:
        figure.add_scatter(
            x=[1, last],
            y=[constant.mean_cost] * 2,
            name=f"always '{literal(constant.decision)}'",
            mode="lines",
            line={"color": GREY, "dash": "dash", "width": 1.5},
            hovertemplate="%{y:.4~g}",
            legend="legend",
        )
    figure.update_layout(
        xaxis={"title": {"text": "epoch"}, "range": [0.7, last + 0.3], "anchor": "y2", **_whole_numbers(last)},
        yaxis={"title": labelled("mean cost an image", unit), "domain": [0.57, 0.94], "rangemode": "tozero"},
        yaxis2={"title": {"text": "loss"}, "domain": [0, 0.37], "rangemode": "tozero"},
        legend=_beside(0.955),
        legend2=_beside(0.385),
        hovermode="x unified",
        margin={"t": 20},
    )
    if at is not None:
        figure.add_shape(type="line", x0=at, x1=at, yref="paper", y0=0, y1=0.94, line={"width": 1, "dash": "dash"})
    return figure


def _beside(height: float) -> dict[str, object]:
    """A legend in one line above its panel."""
    return {"orientation": "h", "x": 0, "y": height, "xanchor": "left", "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"}


def _whole_numbers(last: int) -> dict[str, object]:
    return {"dtick": 1} if last <= 15 else {"tickformat": "d"}
