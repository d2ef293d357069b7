"""The difference of two confusion matrices as a heat map: blue where there are fewer images, orange where more."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.costs import CostMatrix
from costlab.figures._marks import FRAME, NAMES_SHOWN, image_ticks, literal, name_axis
from costlab.wording import count, listed, number

TITLE = "Difference of two confusion matrices"
TEXT_UP_TO = 12  # classes; beyond, the numbers no longer fit into their cells
# No white in the middle, which would glare on a dark page: a cell without a difference is not filled at all.
COLOURS = ((0, "#2166ac"), (0.5, "#b3d1e6"), (0.5, "#fbd3a1"), (1, "#b35806"))
NEUTRAL = "rgba(122,122,122,0.13)"  # behind cells without a difference; seen on white and on black


def draw(
    counts: Sequence[Sequence[float]] | np.ndarray, cost: CostMatrix, selected: tuple[int, int] | None = None
) -> go.Figure:
    """A heat map of signed `counts` (K, D), how many more images are in each cell; `selected` is framed.

    x and y of a click are names as `confusion_heatmap.cell` takes them.
    """
    counts = np.asarray(counts, dtype=np.float64)
    many = len(cost.decisions) > NAMES_SHOWN
    most = float(np.abs(counts).max()) or 1.0
    written = len(cost.decisions) <= TEXT_UP_TO
    heat = go.Heatmap(
        z=[[float(value) if value else None for value in row] for row in counts],
        x=[literal(name) for name in cost.decisions],
        y=[literal(name) for name in cost.classes],
        text=[[signed(value) if value else "" for value in row] for row in counts] if written else None,
        texttemplate="%{text}" if written else None,
        textfont={"size": 15 if len(cost.classes) <= 6 else 12},
        customdata=np.stack([counts, counts * cost.values], axis=-1).astype(np.float32 if many else np.float64),
        hovertemplate="truth '%{y}'<br>decision '%{x}'<br>%{customdata[0]:+,.6~g} images<br>"
        f"cost %{{customdata[1]:+,.6~g}} {literal(cost.unit)}<extra></extra>",
        colorscale=COLOURS,
        zmin=-most,
        zmax=most,
        xgap=0 if many else 1,
        ygap=0 if many else 1,
        colorbar={
            "title": {"text": "more or fewer images", "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
            **image_ticks(most, "+"),
        },
    )
    height, width = counts.shape
    corners = {"x0": -0.5, "x1": width - 0.5, "y0": -0.5, "y1": height - 0.5}
    shapes: list[dict[str, Any]] = [
        {"type": "rect", **corners, "fillcolor": NEUTRAL, "line": {"width": 0}, "layer": "below"}
    ]
    if selected is not None:
        t, d = selected
        corners = {"x0": d - 0.5, "x1": d + 0.5, "y0": t - 0.5, "y1": t + 0.5}
        shapes.append({"type": "rect", **corners, "line": {"color": FRAME, "width": 3}})
    layout = go.Layout(
        xaxis={"title": {"text": "decision"}, "side": "top", **name_axis(cost.decisions)},
        yaxis={"title": {"text": "truth"}, **name_axis(cost.classes)} | {"range": [height - 0.5, -0.5]},
        margin={"t": 30, "b": 8, "l": 8, "r": 8},
        shapes=shapes,
    )
    return go.Figure(heat, layout)


def words(counts: Sequence[Sequence[float]] | np.ndarray, cost: CostMatrix) -> str:
    """What the figure shows, for those who do not see it: the cells that differ most.

    >>> words([[-9, 9], [0, 0]], CostMatrix.zero_one(["ok", "crack"]))
    "9 fewer 'ok' called 'ok' and 9 more 'ok' called 'crack'; blue is fewer, orange more."
    """
    cells = _differing(np.asarray(counts, dtype=np.float64))
    if not cells:
        return "No cell differs: each holds as many images as before."
    said = [
        f"{number(abs(value))} {'more' if value > 0 else 'fewer'} '{cost.classes[t]}' called '{cost.decisions[d]}'"
        for t, d, value in cells[:3]
    ]
    rest = [count(len(cells) - 3, "other cell") + (" differs" if len(cells) == 4 else " differ")] * (len(cells) > 3)
    return f"{listed([*said, *rest], most=4)}; blue is fewer, orange more."


def table(counts: Sequence[Sequence[float]] | np.ndarray, cost: CostMatrix) -> dict[str, list[Any]]:
    """The cells that differ, the largest difference first: a column each for truth, decision, images and cost."""
    counts = np.asarray(counts, dtype=np.float64)
    cells = _differing(counts)
    return {
        "truth": [cost.classes[t] for t, _, _ in cells],
        "decision": [cost.decisions[d] for _, d, _ in cells],
        "more images": [value for _, _, value in cells],
        f"more cost ({cost.unit})" if cost.unit else "more cost": [
            value * float(cost.values[t, d]) for t, d, value in cells
        ],
    }


def signed(value: float) -> str:
    """A number with its sign, for a difference.

    >>> signed(3), signed(-1234), signed(0)
    ('+3', '\\u22121\\u2009234', '0')
    """
    return f"+{number(value)}" if value > 0 else number(value)


def _differing(counts: np.ndarray) -> list[tuple[int, int, float]]:
    """(truth, decision, difference), the largest first; of equals the first in reading order."""
    cells = [(int(t), int(d), float(counts[t, d])) for t, d in np.argwhere(counts)]
    return sorted(cells, key=lambda cell: -abs(cell[2]))
