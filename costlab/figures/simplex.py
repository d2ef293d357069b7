"""Three classes as a triangle: images as points, and regions of what is decided where."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.curves import Simplex, on_page
from costlab.figures._curves import ABOVE, translucent
from costlab.figures._marks import GREY, LINES, MARKERS, PINK, literal, shortened
from costlab.wording import listed, number, quoted

TITLE = "Three classes as a triangle"
SIDES = ({"xanchor": "right", "yanchor": "top"}, {"xanchor": "left", "yanchor": "top"}, {"yanchor": "bottom"})
LABELLED = 0.02  # of the triangle: smaller regions have no room for a name


def draw(made: Simplex) -> go.Figure:
    """Regions in the colour of their decision under the images in that of their truth; mistakes are large and open."""
    figure = go.Figure()
    for region in made.regions:
        x, y = on_page(np.vstack([region.corners, region.corners[:1]])).T
        colour, name = _colour(made, region.decision), literal(made.decisions[region.decision])
        figure.add_scatter(
            x=x,
            y=y,
            name=f"decided '{name}'",
            mode="lines",
            fill="toself",
            fillcolor=translucent(colour, 0.16),
            line={"color": translucent(colour, 0.9), "width": 1.2},
            hoverinfo="skip",
            showlegend=False,
        )
        if region.share >= LABELLED:
            across, up = on_page(region.corners).mean(axis=0)
            called = "called " if region.decision < len(made.names) else ""
            said = called + literal(shortened(made.decisions[region.decision]))
            figure.add_annotation(x=across, y=up, text=f"<b>{said}</b>", showarrow=False, opacity=0.75)
    for place in (*made.three, None):
        _add_images(figure, made, place)
    for corner, side, name in zip(np.eye(3), SIDES, made.classes, strict=True):
        x, y = on_page(corner)
        figure.add_annotation(x=x, y=y, text=literal(name), showarrow=False, font={"size": 15}, **side)
    hidden = {"visible": False, "fixedrange": False}
    figure.update_layout(
        xaxis={**hidden, "range": [-0.2, 1.2], "constrain": "domain"},
        yaxis={**hidden, "range": [-0.1, 0.97], "scaleanchor": "x", "constrain": "domain"},
        legend={**ABOVE, "itemsizing": "constant"},
        hovermode="closest",
    )
    return figure


def _add_images(figure: go.Figure, made: Simplex, place: int | None) -> None:
    """The images of one class, or of all besides the three: small and filled, or large and open where decided wrong."""
    mine = made.target == place if place is not None else ~np.isin(made.target, made.three)
    slot = made.three.index(place) if place is not None else None
    colour = GREY if slot is None else LINES[slot]
    symbol = "x-thin" if slot is None else MARKERS[slot]
    name = "another class" if place is None else literal(made.names[place])
    for wrong in (False, True):
        rows = np.flatnonzero(mine & (made.wrong == wrong))
        if not len(rows):
            continue
        x, y = on_page(made.points[rows]).round(4).T
        shape = f"{symbol}-open" if wrong or slot is None else symbol
        figure.add_scatter(
            x=x,
            y=y,
            name=f"{name}, decided wrong" if wrong else name,
            mode="markers",
            marker={
                "symbol": shape,
                "color": colour,
                "size": 11 if wrong else 6,
                "opacity": 1 if wrong else 0.7,
                "line": {"color": colour, "width": 2 if wrong or slot is None else 0},
            },
            text=[_told(made, row) for row in rows.tolist()],
            hovertemplate="%{text}<extra></extra>",
        )


def _told(made: Simplex, row: int) -> str:
    """An image in words, over the chart."""
    believed = ", ".join(
        f"{literal(name)} {share:.1%}" for name, share in zip(made.classes, made.points[row], strict=True)
    )
    unit = f" {literal(made.unit)}" if made.unit else ""
    return (
        f"{literal(made.names[made.target[row]])}, decided '{literal(made.decisions[made.decided[row]])}'<br>{believed}"
        f"<br>expected to cost {number(float(made.expected[row]))}{unit}, cost {number(float(made.paid[row]))}{unit}"
    )


def _colour(made: Simplex, decision: int) -> str:
    """That of its corner; grey for another class, pink for an extra decision."""
    if decision in made.three:
        return LINES[made.three.index(decision)]
    return GREY if decision < len(made.names) else PINK


def words(made: Simplex) -> str:
    """What the figure shows, for those who do not see it."""
    wins = listed([f"'{made.decisions[each.decision]}' ({_part(each.share)})" for each in made.regions], most=6)
    drawn, wrong = len(made.rows), int(made.wrong.sum())
    among = f", drawn by lot from {number(made.on_three)}" if drawn < made.on_three else ""
    others = (
        f" Of {number(made.total)} images, those with at least half of their probability on the three are shown, "
        "where it is shared out among the three alone; the regions are those of images with nothing elsewhere."
        if len(made.names) > 3
        else ""
    )
    return (
        f"Triangle of {quoted(made.classes)}: {number(drawn)} images{among}, {number(wrong)} of them decided wrong "
        f"(large and open). By least expected cost the area goes to {wins}.{others}"
    )


def _part(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "less than 1%"


def table(made: Simplex) -> dict[str, list[Any]]:
    """A row a decision: its share of the triangle, the images drawn that were decided so, and how many wrongly."""
    shares = {region.decision: region.share for region in made.regions}
    decisions = sorted({*shares, *made.decided.tolist()})
    return {
        "decision": [made.decisions[d] for d in decisions],
        "share of the triangle": [shares.get(d, 0.0) for d in decisions],
        "images drawn": [int((made.decided == d).sum()) for d in decisions],
        "of these wrong": [int((made.wrong & (made.decided == d)).sum()) for d in decisions],
    }
