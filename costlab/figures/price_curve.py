"""Mean cost against the price of one mistake, in tenfold steps: decisions that stay, and decisions made anew."""

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.curves import PriceCurve
from costlab.figures._curves import ABOVE, FAINT, PER, add_band, style
from costlab.figures._marks import GREY, labelled, literal, shortened
from costlab.scenario import CASES
from costlab.wording import amount

TITLE = "Cost against one price"
FEW = 7  # decisions, whose constant costs are drawn one by one


def draw(curve: PriceCurve) -> go.Figure:
    """Lines with their intervals over the price, the best constant decision, and a mark at the present price.

    A click, or the mark where it is dragged to, is a price.
    """
    figure = go.Figure()
    add_band(figure, curve.prices, curve.remade, "decided anew at each price", style(0, 3))
    for number, (name, band) in enumerate(curve.fixed.items(), start=1):
        add_band(figure, curve.prices, band, literal(name), style(number))
    _add_constants(figure, curve)
    decision, cheapest = curve.best_constant()
    figure.add_scatter(
        x=curve.prices,
        y=CASES * cheapest,
        name="best constant decision",
        mode="lines",
        line={"color": GREY, "dash": "dash", "width": 1.5},
        text=[literal(curve.decisions[d]) for d in decision],
        hovertemplate="%{y:.4~g}, always '%{text}'",
    )
    figure.update_layout(
        xaxis={
            "title": labelled(f"price of {_cell(curve, literal)}", curve.unit),
            "type": "log",
            "dtick": 1,
            "tickformat": ",~g",
            "hoverformat": ".4~g",
        },
        yaxis={"title": labelled(f"cost {PER}", curve.unit), "range": _heights(curve), "zeroline": False},
        legend=ABOVE,
        hovermode="x unified",
        meta={"pick": "x"},
    )
    if curve.prices[0] <= curve.present <= curve.prices[-1]:
        figure.add_shape(
            type="line", x0=curve.present, x1=curve.present, yref="paper", y0=0, y1=1, line={"width": 1, "dash": "dash"}
        )
        figure.add_annotation(  # at the foot: lines have their names at the top
            x=np.log10(curve.present), y=0, yref="paper", text=" now", showarrow=False, xanchor="left", yanchor="bottom"
        )
    return figure


def _add_constants(figure: go.Figure, curve: PriceCurve) -> None:
    """Each decision for all images, as a faint line with its name at the end; more than a few would be a thicket."""
    height = _heights(curve)[1]
    for number, (name, cost) in enumerate(_constants(curve).items()):
        paid = CASES * cost
        inside = np.flatnonzero(paid <= height)
        last = int(inside[-1]) if len(inside) else 0
        figure.add_scatter(
            x=curve.prices,
            y=paid,
            name="each constant decision",
            legendgroup="constant",
            showlegend=number == 0,
            mode="lines+text",
            line={"color": FAINT, "dash": "dot", "width": 1.2},
            text=[f"always '{literal(shortened(name))}' " if place == last else "" for place in range(len(paid))],
            textposition="bottom left" if last == len(paid) - 1 else "top left",
            textfont={"size": 12},
            hoverinfo="skip",
        )


def words(curve: PriceCurve) -> str:
    """What the figure shows, for those who do not see it."""
    first, last = (
        f"{amount(CASES * float(curve.remade.mean[place]), curve.unit)} at "
        f"{amount(float(curve.prices[place]), curve.unit)}"
        for place in (0, -1)
    )
    return (
        f"Cost {PER} against the price of {_cell(curve, str)}, now {amount(curve.present, curve.unit)}. "
        f"Decided anew at each price, it goes from {first} to {last}."
    )


def table(curve: PriceCurve) -> dict[str, list[Any]]:
    """At about ten prices, a row each: the costs of 1,000 images and their intervals, in the matrix's unit."""
    rows = np.unique(np.linspace(0, len(curve.prices) - 1, 9).round().astype(int))
    columns = {f"price ({curve.unit})" if curve.unit else "price": curve.prices[rows].tolist()}
    for name, band in {"decided anew": curve.remade, **curve.fixed}.items():
        columns |= {name: (CASES * band.mean[rows]).tolist(), f"{name}, from": (CASES * band.low[rows]).tolist()}
        columns |= {f"{name}, to": (CASES * band.high[rows]).tolist()}
    decision, cheapest = curve.best_constant()
    columns |= {f"always '{name}'": (CASES * paid[rows]).tolist() for name, paid in _constants(curve).items()}
    columns["best constant decision"] = [curve.decisions[d] for d in decision[rows]]
    return columns | {"its cost": (CASES * cheapest[rows]).tolist()}


def _cell(curve: PriceCurve, shown: Callable[[str], str]) -> str:
    truth, decision = (shown(name) for name in curve.cell)
    return f"'{truth}' called '{decision}'" if truth else f"the decision '{decision}'"


def _constants(curve: PriceCurve) -> dict[str, np.ndarray]:
    """(G,) mean costs by decision, where they are few."""
    few = len(curve.decisions) <= FEW
    return dict(zip(curve.decisions, curve.constants, strict=True)) if few else {}


def _heights(curve: PriceCurve) -> list[float]:
    """Room for decisions made anew and constant ones: those that stay may rise a hundredfold, and leave above."""
    cheapest = curve.best_constant()[1]
    low, high = min(0.0, float(curve.remade.mean.min())), float(max(curve.remade.mean.max(), cheapest.max()))
    return [CASES * (low - 0.03 * (high - low)), CASES * (high + 0.25 * (high - low)) or 1.0]
