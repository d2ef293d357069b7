"""Mean cost while the costs move from one matrix to another: each run a straight line, the cheapest one marked."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from costlab.curves import Band, CostPath
from costlab.figures._curves import ABOVE, FAINT, HIGHLIGHT, PER, PERCENT, add_band, style
from costlab.figures._marks import labelled, literal, shortened
from costlab.scenario import CASES
from costlab.wording import amount, count, number

TITLE = "Cost along a path"


def draw(
    path: CostPath,
    remade: Mapping[str, Band] | None = None,
    what: str = "run",
    prices: tuple[str, float] | None = None,
) -> go.Figure:
    """The fixed confusion matrices of `path` over t, the cheapest highlighted; `remade`: decisions made anew, by name.

    Runs that are cheapest nowhere are thin and grey, with one entry in the legend. what: a noun for what is compared.
    prices: where the path is one price that moves from 0, what it is called and how high it ends.
    """
    owners = [int(owner) for owner in path.envelope.owners]
    figure = go.Figure()
    figure.add_scatter(
        x=path.envelope.breaks,
        y=CASES * path.envelope.values,
        name=f"cheapest {what}",
        mode="lines+markers",
        line={"color": HIGHLIGHT, "width": 9},
        marker={"size": 9, "color": HIGHLIGHT},
        hoverinfo="skip",
    )
    others = [m for m in range(len(path.names)) if m not in owners]
    for place, m in enumerate(others + owners):
        best = m in owners
        figure.add_scatter(
            x=path.t,
            y=CASES * path.fixed[m],
            name=literal(path.names[m]) if best else f"other {what}s",
            mode="lines",
            line=style(owners.index(m)) if best else {"color": FAINT, "width": 1},
            hovertemplate=f"{literal(path.names[m])}: %{{y:.4~g}}<extra></extra>",
            legendgroup=f"run {m}" if best else "others",
            showlegend=best or place == 0,
        )
    for place, (name, band) in enumerate((remade or {}).items()):
        add_band(figure, path.t, band, f"{literal(name)}, decided anew", style(len(owners) + place, 3))
    figure.update_layout(
        xaxis=_shares(path) if prices is None else _prices(*prices, path.unit),
        yaxis={"title": labelled(f"cost {PER}", path.unit), "rangemode": "tozero"},
        legend=ABOVE,
        hovermode="closest",
    )
    return figure


def _shares(path: CostPath) -> dict[str, Any]:
    first, last = (literal(shortened(name)) for name in path.ends)
    return {"title": {"text": f"costs, from '{first}' (0\u2009%) to '{last}' (100\u2009%)"}, **PERCENT}


def _prices(title: str, highest: float, unit: str) -> dict[str, Any]:
    steps = [step / 8 for step in range(9)]
    ticks = {"tickmode": "array", "tickvals": steps, "ticktext": [number(step * highest) for step in steps]}
    return {"title": labelled(literal(title), unit), "range": PERCENT["range"], "zeroline": False, **ticks}


def words(path: CostPath, remade: Mapping[str, Band] | None = None, what: str = "run") -> str:
    """What the figure shows, for those who do not see it."""
    stretches = [
        f"'{path.names[owner]}' from {begin:.0%} to {end:.0%} of the way"
        for owner, begin, end in zip(path.envelope.owners, path.envelope.breaks, path.envelope.breaks[1:], strict=False)
    ]
    anew = "".join(
        f" Decided anew on the way by '{name}', it goes from {amount(CASES * float(band.mean[0]), path.unit)} to "
        f"{amount(CASES * float(band.mean[-1]), path.unit)}."
        for name, band in (remade or {}).items()
    )
    first, last = (amount(CASES * float(path.envelope.values[place]), path.unit) for place in (0, -1))
    return (
        f"Cost {PER} of {count(len(path.names), what)} while costs move from '{path.ends[0]}' to '{path.ends[1]}'. "
        f"The cheapest, from {first} to {last}, is {', '.join(stretches)}.{anew}"
    )


def table(path: CostPath, what: str = "run") -> dict[str, list[Any]]:
    """The stretches of the path, the run that is cheapest there, and its mean costs at both ends: a column each."""
    cost = f"cost {PER} ({path.unit})" if path.unit else f"cost {PER}"
    breaks, values = path.envelope.breaks, CASES * path.envelope.values
    return {
        "from": breaks[:-1].tolist(),
        "to": breaks[1:].tolist(),
        f"cheapest {what}": [path.names[owner] for owner in path.envelope.owners],
        f"{cost} at the first": values[:-1].tolist(),
        f"{cost} at the last": values[1:].tolist(),
    }
