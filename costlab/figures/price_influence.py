"""Which price matters most to the choice: how far the cheapest candidate leads while one price moves in its range."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from costlab.figures._marks import BLUE, GREY, VERMILLION, labelled, literal, shortened
from costlab.influence import Influence
from costlab.robustness import Robustness
from costlab.robustness_words import nearest
from costlab.scenario import CASES
from costlab.wording import amount, number

TITLE = "Which price matters most"
MOST = 12  # rows; the table has the others
ROW, FRAME_HEIGHT = 34, 110  # pixels


def draw(found: Sequence[Influence], result: Robustness) -> go.Figure:
    """A row a price, the most important on top: orange towards its low end, blue towards its high end.

    Where a bar crosses the line at 0, another candidate is cheaper. On the right, the price at which that happens.
    """
    figure = go.Figure()
    shown = [each for each in found if max(each.leads) - min(each.leads) > 1e-9 * abs(each.leads[1])][:MOST] or list(
        found[:MOST]
    )
    places = list(range(len(shown)))
    now = shown[0].leads[1] if shown else 0.0
    for place, colour, end in ((0, VERMILLION, "low"), (2, BLUE, "high")):
        figure.add_bar(
            y=places,
            x=[each.leads[place] - now for each in shown],
            base=now,
            orientation="h",
            name=f"price at its {end} end",
            marker={"color": colour, "pattern": {"shape": "/" if place == 0 else ""}},
            customdata=[[each.leads[place], _end(each, place, result), literal(each.name)] for each in shown],
            hovertemplate=(
                f"%{{customdata[2]}}<br>{end} end %{{customdata[1]}}: leads by %{{customdata[0]:,.4~g}}<extra></extra>"
            ),
        )
    for row, each in enumerate(shown):
        figure.add_annotation(
            x=1, xref="paper", y=row, text=f" {_switch(each, result)}", showarrow=False, xanchor="left"
        )
    figure.add_annotation(x=1, y=1, xref="paper", yref="paper", text=" switches at", showarrow=False)
    figure.layout.annotations[-1].update(xanchor="left", yanchor="bottom")
    figure.add_vline(x=0, line={"width": 2, "color": GREY, "dash": "dash"})
    figure.update_layout(
        barmode="overlay",
        xaxis={
            "title": labelled(f"lead over the next cheapest, per {number(CASES)} images", result.ranges.likely.unit),
            "zeroline": False,
        },
        yaxis={
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [_name(each) for each in shown],
            "range": [len(shown) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
            "ticks": "",
            "automargin": True,
        },
        legend={"orientation": "h", "x": 0, "y": 1.0, "xanchor": "left", "yanchor": "bottom"},
        margin={"r": 110, "t": 40, "b": 45, "l": 8},
        height=FRAME_HEIGHT + ROW * max(2, len(shown)),
        hovermode="closest",
    )
    return figure


def words(found: Sequence[Influence], result: Robustness) -> str:
    """What the figure shows, for those who do not see it."""
    name, unit = result.candidates[result.best].title, result.ranges.likely.unit
    told = "; ".join(
        f"{each.name}: from {_lead(each.leads[0])} to {amount(_lead(each.leads[2], False), unit)}" for each in found[:3]
    )
    return (
        f"By how much '{name}' is cheaper than the next, per {number(CASES)} images, from the low to the high end "
        f"of one price alone; below 0 another is cheaper. {told}."
    )


def table(found: Sequence[Influence], result: Robustness) -> dict[str, list[Any]]:
    """A row a price: its range, where the choice switches and to what, and what it is worth to know it."""
    unit = result.ranges.likely.unit
    switches = [nearest(each) for each in found]
    ends = {name: [getattr(each, name) for each in found] for name in ("low", "likely", "high")}
    return {
        "price": [each.name for each in found],
        **{f"{name} ({unit})" if unit else name: [None if v != v else v for v in col] for name, col in ends.items()},
        "switches at": [each and each.price for each in switches],
        "inside the range": ["" if each is None else "yes" if each.inside else "no" for each in switches],
        "then cheapest": ["" if each is None else result.candidates[each.candidate].title for each in switches],
        "lead at the low end": [each.leads[0] for each in found],
        "lead at the high end": [each.leads[2] for each in found],
        f"worth of knowing it, per {number(CASES)} images": [each.worth for each in found],
    }


def _lead(value: float, text: bool = True) -> Any:
    short = float(f"{value:.3g}")
    return number(short) if text else short


def _name(each: Influence) -> str:
    """Both names of a cell, long ones cut."""
    parts = [part if "'" in part else shortened(part) for part in each.name.split("'")]
    return literal("'".join(shortened(part) for part in parts) if len(each.name) > 40 else each.name)


def _end(each: Influence, place: int, result: Robustness) -> str:
    price = (each.low, each.likely, each.high)[place]
    return "" if price != price else literal(amount(price, result.ranges.likely.unit))


def _switch(each: Influence, result: Robustness) -> str:
    """The price, in bold where it is inside the range."""
    switch = nearest(each)
    if switch is None:
        return "–"
    text = literal(amount(float(f"{switch.price:.3g}"), result.ranges.likely.unit))
    return f"<b>{text}</b>" if switch.inside else text
