"""A confusion matrix as a heat map: rows the truth, columns the decision, each cell a count or a share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.costs import CostMatrix
from costlab.figures._marks import DIVERGING, FRAME, NAMES_SHOWN, image_ticks, literal, name_axis
from costlab.wording import listed, number

TITLE = "Confusion matrix"
TEXT_UP_TO = 12  # classes; beyond, the numbers no longer fit into their cells
SCALES = {
    "counts": "images",
    "row": "of the truth",
    "column": "of the decision",
    "total": "of all images",
    "cost": "of the total cost",
}


def draw(
    counts: Sequence[Sequence[int]] | np.ndarray,
    shares: np.ndarray,
    cost: CostMatrix,
    mode: str,
    selected: tuple[int, int] | None = None,
) -> go.Figure:
    """A heat map of `shares` (K, D), what `confusion_share` says of `counts` (K, D) in `mode`; `selected` is framed.

    x and y of a click are names as `cell` takes them.
    """
    percent = mode != "counts"
    many = len(cost.decisions) > NAMES_SHOWN
    kind = np.float32 if many else np.float64  # half the bytes
    heat = go.Heatmap(
        z=np.asarray(shares, dtype=kind),
        x=[literal(name) for name in cost.decisions],
        y=[literal(name) for name in cost.classes],
        text=[[_short(value, percent) for value in row] for row in shares] if _has_text(cost) else None,
        texttemplate="%{text}" if _has_text(cost) else None,
        textfont={"size": 15 if len(cost.classes) <= 6 else 12},
        customdata=np.stack([np.asarray(counts), np.asarray(counts) * cost.values], axis=-1).astype(kind),
        hovertemplate=_hover(cost, percent, mode),
        xgap=0 if many else 1,
        ygap=0 if many else 1,
        colorbar={
            "title": {"text": SCALES[mode], "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
            **({"tickformat": ".0%"} if percent else image_ticks(float(np.max(counts)))),
        },
        **_colours(shares, mode),
    )
    shapes = []
    if selected is not None:
        t, d = selected
        line = {"color": FRAME, "width": 3}
        shapes = [{"type": "rect", "x0": d - 0.5, "x1": d + 0.5, "y0": t - 0.5, "y1": t + 0.5, "line": line}]
    layout = go.Layout(  # all at once: later updates of a figure cost ten times as much
        xaxis={"title": {"text": "decision"}, "side": "top", **name_axis(cost.decisions)},
        yaxis={"title": {"text": "truth"}, **name_axis(cost.classes)} | {"range": [len(cost.classes) - 0.5, -0.5]},
        margin={"t": 30, "b": 8, "l": 8, "r": 8},
        shapes=shapes,
    )
    return go.Figure(heat, layout)


def words(counts: Sequence[Sequence[int]] | np.ndarray, cost: CostMatrix) -> str:
    """What the figure shows, for those who do not see it: how many are right, and the commonest other cells.

    >>> words([[60, 25], [1, 14]], CostMatrix([[0, 1], [100, 0]], ["ok", "crack"]))
    "74 of 100 images were decided right. The commonest mistakes: 25 'ok' called 'crack' and 1 'crack' called 'ok'."
    """
    counts = np.asarray(counts)
    said = f"{number(int(np.trace(counts)))} of {number(int(counts.sum()))} images were decided right."
    cells = [each for each in _commonest(counts) if each[0] != each[1]][:3]
    if not cells:
        return said
    common = [f"{number(int(counts[t, d]))} '{cost.classes[t]}' called '{cost.decisions[d]}'" for t, d in cells]
    return f"{said} The commonest mistakes: {listed(common)}."


def table(
    counts: Sequence[Sequence[int]] | np.ndarray, shares: np.ndarray, cost: CostMatrix, mode: str, most: int = 200
) -> dict[str, list[Any]]:
    """The figure as columns: the cells with images in them, the commonest first, at most so many.

    >>> table([[60, 0], [1, 14]], np.array([[1, 0], [1 / 15, 14 / 15]]), CostMatrix.zero_one("ab"), "row")["images"]
    [60, 14, 1]
    """
    counts = np.asarray(counts)
    cells = _commonest(counts)[:most]
    columns: dict[str, list[Any]] = {
        "truth": [cost.classes[t] for t, _ in cells],
        "decision": [cost.decisions[d] for _, d in cells],
        "images": [int(counts[cell]) for cell in cells],
    }
    if mode != "counts":
        columns[f"share {SCALES[mode]}"] = [float(shares[cell]) for cell in cells]
    return columns


def _commonest(counts: np.ndarray) -> list[tuple[int, int]]:
    found = np.argwhere(counts > 0)
    order = np.argsort(-counts[tuple(found.T)], kind="stable")
    return list(map(tuple, found[order].tolist()))


def cell(x: object, y: object, cost: CostMatrix) -> tuple[int, int] | None:
    """The (truth, decision) that a click at `x`, `y` means; None when it is not one of this matrix.

    >>> cell("a &amp; b", "c", CostMatrix([[0, 1], [1, 0]], ["a & b", "c"]))
    (1, 0)
    """
    decisions, truths = [literal(name) for name in cost.decisions], [literal(name) for name in cost.classes]
    return (truths.index(str(y)), decisions.index(str(x))) if str(y) in truths and str(x) in decisions else None


def _has_text(cost: CostMatrix) -> bool:
    return len(cost.decisions) <= TEXT_UP_TO


def _short(value: float, percent: bool) -> str:
    """What stands in a cell; nothing for nothing, so that mistakes stand out."""
    if value == 0:
        return ""
    if not percent:
        return f"{value:,.0f}".replace(",", "\u2009")
    text = "<1" if 0 < abs(value) < 0.01 else f"{100 * value:.0f}"
    return literal(f"{text}\u2009%").replace("-", "\u2212")


def _hover(cost: CostMatrix, percent: bool, mode: str) -> str:
    share = f"%{{z:.1%}} {SCALES[mode]}<br>" if percent else ""
    paid = f"cost %{{customdata[1]:,.6~g}} {literal(cost.unit)}"
    return f"truth '%{{y}}'<br>decision '%{{x}}'<br>%{{customdata[0]:,}} images<br>{share}{paid}<extra></extra>"


def _colours(shares: np.ndarray, mode: str) -> dict[str, Any]:
    """Rows and columns always from 0 to 1, so that colours can be compared between epochs."""
    if shares.min() < 0:
        return {"colorscale": DIVERGING, "zmin": -float(np.abs(shares).max()), "zmax": float(np.abs(shares).max())}
    return {"colorscale": "Cividis", "zmin": 0, "zmax": 1 if mode in ("row", "column") else float(shares.max()) or 1}
