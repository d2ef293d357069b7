"""A few runs side by side: mean validation cost by epoch, one colour and marker a run."""

from collections.abc import Sequence

import plotly.graph_objects as go

from costlab.figures._marks import LINES, MARKERS, labelled, literal
from costlab.records import Epoch

TITLE = "Runs compared"


def draw(histories: Sequence[tuple[str, Sequence[Epoch]]], unit: str) -> go.Figure:
    """Mean validation cost in `unit` by epoch: a colour a run, solid under least expected cost, dotted under argmax.

    histories: the runs, each with a title and its epochs.
    """
    figure = go.Figure()
    for number, (title, history) in enumerate(histories):
        style = {"color": LINES[number % len(LINES)], "width": 2}
        for field, dash, rule in (
            ("valid_least_expected_cost", "solid", "least expected cost"),
            ("valid_cost", "dot", "argmax"),
        ):
            figure.add_scatter(
                x=[epoch.epoch for epoch in history],
                y=[getattr(epoch, field) for epoch in history],
                name=literal(title),
                mode="lines+markers",
                line={**style, "dash": dash},
                marker={"symbol": MARKERS[number % len(MARKERS)], "size": 7 if len(history) <= 30 else 1},
                hovertemplate=f"{literal(title)}, {rule}: %{{y:.4~g}}<extra></extra>",
                legendgroup=str(number),
                showlegend=dash == "solid",
            )
    last = max([2, *(history[-1].epoch for _, history in histories if history)])
    figure.update_layout(
        xaxis={"title": {"text": "epoch"}, "range": [0.7, last + 0.3], "dtick": 1 if last <= 15 else None},
        yaxis={"title": labelled("mean cost an image", unit), "rangemode": "tozero"},
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        hovermode="closest",
    )
    return figure
