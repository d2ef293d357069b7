"""Three classes as a triangle: images as points, and regions of what is decided where."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.curves import Region, Simplex, on_page
from costlab.figures._curves import ABOVE, translucent
from costlab.figures._marks import GREY, LINES, MARKERS, PINK, literal, shortened
from costlab.wording import listed, number, quoted

TITLE = "Three classes as a triangle"
SIDES = ({"xanchor": "right", "yanchor": "top"}, {"xanchor": "left", "yanchor": "top"}, {"yanchor": "bottom"})
LABELLED = 0.02  # of the triangle: smaller regions have no room for a name


def draw(made: Simplex) -> go.Figure:
    """Regions in the colour of their decision under the images in that of their truth; mistakes are large and open."""
    traces = [_area(made, region) for region in made.regions]
    for place in (*made.three, None):
        traces += _images(made, place)
    hidden = {"visible": False, "constrain": "domain"}
    layout = go.Layout(  # all at once: later updates of a figure cost ten times as much
        annotations=[_said(made, region) for region in made.regions if region.share >= LABELLED] + _corners(made),
        xaxis={**hidden, "range": [-0.2, 1.2]},
        yaxis={**hidden, "range": [-0.1, 0.97], "scaleanchor": "x"},
        legend={**ABOVE, "itemsizing": "constant"},
        hovermode="closest",
    )
    return go.Figure(traces, layout)


def _area(made: Simplex, region: Region) -> go.Scatter:
    x, y = on_page(np.vstack([region.corners, region.corners[:1]])).T
    colour = _colour(made, region.decision)
    return go.Scatter(
        x=x,
        y=y,
        name=f"decided '{literal(made.decisions[region.decision])}'",
        mode="lines",
        fill="toself",
        fillcolor=translucent(colour, 0.16),
        line={"color": translucent(colour, 0.9), "width": 1.2},
        hoverinfo="skip",
        showlegend=False,
    )


def _said(made: Simplex, region: Region) -> dict[str, Any]:
    """What is decided in a region, in the middle of it."""
    x, y = on_page(region.corners).mean(axis=0)
    called = "called " if region.decision < len(made.names) else ""
    text = f"<b>{called}{literal(shortened(made.decisions[region.decision]))}</b>"
    return {"x": x, "y": y, "text": text, "showarrow": False, "opacity": 0.75}


def _corners(made: Simplex) -> list[dict[str, Any]]:
    return [
        {"x": x, "y": y, "text": literal(name), "showarrow": False, "font": {"size": 15}, **side}
        for (x, y), side, name in zip(on_page(np.eye(3)), SIDES, made.classes, strict=True)
    ]


def _images(made: Simplex, place: int | None) -> list[go.Scatter]:
    """The images of one class, or of all besides the three: small and filled, or large and open where decided wrong."""
    mine = made.target == place if place is not None else ~np.isin(made.target, made.three)
    slot = made.three.index(place) if place is not None else None
    colour = GREY if slot is None else LINES[slot]
    symbol = "x-thin" if slot is None else MARKERS[slot]
    name = "another class" if place is None else literal(made.names[place])
    unit = f" {literal(made.unit)}" if made.unit else ""
    shares = ", ".join(f"{literal(each)} %{{customdata[{n}]:.1%}}" for n, each in enumerate(made.classes))
    traces = []
    for wrong in (False, True):
        rows = np.flatnonzero(mine & (made.wrong == wrong))
        if not len(rows):
            continue
        x, y = on_page(made.points[rows]).round(4).T
        told = np.column_stack([made.points[rows], made.expected[rows], made.paid[rows]])
        names = [(made.names[made.target[row]], made.decisions[made.decided[row]]) for row in rows]
        trace = go.Scatter(
            x=x,
            y=y,
            name=f"{name}, decided wrong" if wrong else name,
            mode="markers",
            marker={
                "symbol": f"{symbol}-open" if wrong or slot is None else symbol,
                "color": colour,
                "size": 11 if wrong else 6,
                "opacity": 1 if wrong else 0.7,
                "line": {"color": colour, "width": 2 if wrong or slot is None else 0},
            },
            text=[f"{literal(truth)}, decided '{literal(decision)}'" for truth, decision in names],
            customdata=told.round(6),
            hovertemplate=f"%{{text}}<br>{shares}<br>expected to cost %{{customdata[3]:.4~g}}{unit}, "
            f"cost %{{customdata[4]:.4~g}}{unit}<extra></extra>",
        )
        traces.append(trace)
    return traces


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
