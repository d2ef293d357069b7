"""Whether costs come out as expected: believed against paid cost in groups of images, with intervals."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from costlab.curves import CostReliability
from costlab.figures._curves import ABOVE, PER
from costlab.figures._marks import BLUE, GREY, VERMILLION, labelled
from costlab.scenario import CASES
from costlab.wording import amount

TITLE = "Expected against paid cost"


def draw(curve: CostReliability) -> go.Figure:
    """A point a group: what its images were expected to cost, and did cost; on the dashed line, both are the same."""
    ends = [CASES * float(min(0, curve.believed.min())), CASES * float(curve.believed.max())]
    figure = go.Figure()
    line = {"color": GREY, "dash": "dash", "width": 1.5}
    figure.add_scatter(x=ends, y=ends, name="as expected", mode="lines", line=line, hoverinfo="skip")
    for rows, name, symbol, colour in (
        (~curve.few, "groups of images", "circle", BLUE),
        (curve.few, "groups with few dear mistakes: interval uncertain", "circle-open", VERMILLION),
    ):
        if not rows.any():
            continue
        figure.add_scatter(
            x=CASES * curve.believed[rows],
            y=CASES * curve.paid[rows],
            name=name,
            mode="markers",
            marker={"symbol": symbol, "size": 9, "color": colour, "line": {"width": 2, "color": colour}},
            error_y={
                "type": "data",
                "array": CASES * (curve.high - curve.paid)[rows],
                "arrayminus": CASES * (curve.paid - curve.low)[rows],
                "thickness": 1.5,
            },
            customdata=np.stack([curve.number, CASES * curve.low, CASES * curve.high], axis=1)[rows],
            hovertemplate="%{customdata[0]:,} images<br>expected %{x:.4~g}<br>"
            "paid %{y:.4~g} (%{customdata[1]:.4~g} to %{customdata[2]:.4~g})<extra></extra>",
        )
    figure.update_layout(
        xaxis={"title": labelled(f"expected cost {PER}", curve.unit), "rangemode": "tozero"},
        yaxis={"title": labelled(f"paid cost {PER}", curve.unit), "rangemode": "tozero"},
        legend=ABOVE,
        hovermode="closest",
    )
    return figure


def words(curve: CostReliability) -> str:
    """What the figure shows, for those who do not see it."""
    bias = curve.bias
    if bias.excludes_zero:
        more = "more" if bias.estimate > 0 else "less"
        sides = sorted((CASES * abs(bias.low), CASES * abs(bias.high)))
        said = (
            f"On average 1\u2009000 images cost {amount(CASES * abs(bias.estimate), curve.unit)} {more} than expected "
            f"({amount(sides[0], curve.unit)} to {amount(sides[1], curve.unit)})."
        )
    else:
        said = "On average, paid and expected costs cannot be told apart."
    return f"Expected and paid cost of {len(curve.number)} groups of images. {said}"


def table(curve: CostReliability) -> dict[str, list[Any]]:
    """The groups, a row each: images, expected and paid cost of 1,000 such, and its interval."""
    unit = f" ({curve.unit})" if curve.unit else ""
    return {
        "images": curve.number.tolist(),
        f"expected{unit}": (CASES * curve.believed).tolist(),
        f"paid{unit}": (CASES * curve.paid).tolist(),
        "from": (CASES * curve.low).tolist(),
        "to": (CASES * curve.high).tolist(),
        "few dear mistakes": curve.few.tolist(),
    }
