"""The cost matrix as a heat map: rows the truth, columns the decision, one cell a cost in the matrix's unit."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.costs import CostMatrix
from costlab.figures._marks import DIVERGING, FRAME, NAMES_SHOWN, literal, shortened

TITLE = "Costs"
TEXT_UP_TO = 12  # classes; beyond, the numbers no longer fit into their cells
WIDE = 50  # largest to smallest cost: beyond, even steps of colour hide the small ones, so they become steps of tenfold


def draw(cost: CostMatrix, selected: tuple[int, int] | None = None) -> go.Figure:
    """A heat map of `cost.values` (K, D), the `selected` cell framed; x is the decision's index, y the truth's."""
    values = cost.values
    unit = literal(cost.unit)
    names = [[f"truth {t}<br>decision {d}" for d in _all(cost.decisions)] for t in _all(cost.classes)]
    gap = 1 if max(values.shape) <= NAMES_SHOWN else 0
    written = max(values.shape) <= TEXT_UP_TO
    heat = go.Heatmap(
        z=_height(values),
        text=[[_short(value) for value in row] for row in values],
        texttemplate="%{text}" if len(cost.classes) <= TEXT_UP_TO else None,
        hovertext=[
            [f"{n}<br>{v:.6g} {unit}" for n, v in zip(*pair, strict=True)] for pair in zip(names, values, strict=True)
        ],
        textfont={"size": 14, "weight": 600},
        hoverinfo="text",
        xgap=gap,
        ygap=gap,
        showscale=not written,
        colorbar={"title": {"text": unit or "cost"}, "thickness": 12, "outlinewidth": 0, **_ticks(values)},
        **_colours(values),
    )
    layout = go.Layout(  # all at once: later updates of a figure cost ten times as much
        xaxis={
            "title": {"text": f"decision (cells in {unit})" if unit else "decision", "standoff": 6},
            "side": "top",
            **_axis(cost.decisions),
        },
        yaxis={"title": {"text": "truth", "standoff": 6}, **_axis(cost.classes)}
        | {"range": [len(cost.classes) - 0.5, -0.5]},
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        shapes=[] if selected is None else [_frame(*selected)],
    )
    return go.Figure(heat, layout)


def _frame(truth: int, decision: int) -> dict[str, Any]:
    corners = {"x0": decision - 0.5, "x1": decision + 0.5, "y0": truth - 0.5, "y1": truth + 0.5}
    return {"type": "rect", **corners, "line": {"color": FRAME, "width": 3}}


def _all(names: tuple[str, ...]) -> list[str]:
    return [f"'{literal(name)}'" for name in names]


def _axis(names: tuple[str, ...]) -> dict[str, Any]:
    """An axis of indices with a name at every cell, or at about 30 of them."""
    step = -(-len(names) // NAMES_SHOWN)
    shown = [literal(shortened(name)) for name in names[::step]]
    ticks = {"tickmode": "array", "tickvals": list(range(0, len(names), step)), "ticktext": shown}
    return {
        **ticks,
        "range": [-0.5, len(names) - 0.5],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
    }


def _wide(values: np.ndarray) -> bool:
    sizes = np.abs(values[values != 0])
    return bool(sizes.size and sizes.max() > WIDE * sizes.min())


def _height(values: np.ndarray) -> np.ndarray:
    """Where costs stand on the scale of colours: at themselves, or in tenfold steps above the smallest cost."""
    return _tenfold(values, values) if _wide(values) else values


def _tenfold(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """`values` on the tenfold scale of the costs `of`: from the smallest, or from nine steps below the largest."""
    sizes = np.abs(of[of != 0])
    return np.sign(values) * np.log10(1 + np.abs(values) / max(sizes.min(), sizes.max() / 1e9))


def _ticks(values: np.ndarray) -> dict[str, Any]:
    if not _wide(values):
        return {}
    sizes = np.abs(values[values != 0])
    lowest = np.floor(np.log10(max(sizes.min(), sizes.max() / 1e9)))
    exponents = np.arange(lowest, np.ceil(np.log10(sizes.max())) + 1)
    marks = np.concatenate([-(10.0 ** exponents[::-1]), [0.0], 10.0**exponents])
    marks = marks[(marks >= values.min()) & (marks <= values.max())]
    marks = marks[:: -(-len(marks) // 8)]
    texts = [_short(mark) for mark in marks]
    return {"tickmode": "array", "tickvals": _tenfold(marks, values).tolist(), "ticktext": texts}


def _colours(values: np.ndarray) -> dict[str, Any]:
    heights = _height(values)
    if values.min() < 0:
        most = float(np.abs(heights).max())
        return {"colorscale": DIVERGING, "zmin": -most, "zmax": most}
    return {"colorscale": "Cividis", "zmin": 0.0, "zmax": float(heights.max()) or 1.0}


def _short(value: float) -> str:
    """At most about 6 characters: `100`, `0.25`, `1e6`."""
    text = f"{value:.4g}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.2e}"
    digits, power, exponent = text.partition("e")
    if power:
        text = f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"
    return text.replace("-", "\u2212")
