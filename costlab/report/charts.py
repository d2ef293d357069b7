"""The report's charts: the figures of the screen with their words and tables, as one script tag each draws them."""

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from types import ModuleType
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.io.json import to_json_plotly

from costlab.costs import CostMatrix
from costlab.curves import cost_path, price_curve, referral_curve, remade_path
from costlab.figures import FIGURES
from costlab.report.agreement import priced_cells
from costlab.report.facts import Findings

HEIGHT = 380  # pixels
TALL = 460  # with two panels


@dataclass(frozen=True)
class Chart:
    """A figure, what it shows in words, and its numbers as columns."""

    name: str
    title: str
    figure: go.Figure
    words: str
    table: dict[str, list[Any]]
    height: int = HEIGHT


def charts(found: Findings) -> Iterator[Chart]:
    """Price of the dearest mistake, path from equal costs, share referred where that has a price, reliability."""
    seen = (found.probs, found.target, found.answer.cost)
    weights, k = found.answer.weights, len(found.answer.cost.classes)
    mistakes = [cell for cell in priced_cells(found.answer.cost) if cell[0] != cell[1] < k]
    agreed = {"as decided now": found.answer.decided}
    price = price_curve(*seen, *mistakes[0], fixed=agreed, weights=weights)
    yield _chart("price_curve", "What if the dearest mistake had another price", price)
    yield _path(found)
    if len(found.answer.cost.decisions) > k:
        referral = referral_curve(*seen, weights=weights)
        yield _chart("referral_curve", "What if more or fewer images were referred", referral, height=TALL)
    yield _chart("cost_reliability", "Whether costs come out as the model expects", found.reliability)


def _path(found: Findings) -> Chart:
    """From a world in which all mistakes cost the same to these prices."""
    answer = found.answer
    start, end = equal_costs(answer.cost), replace(answer.cost, name="the prices agreed")
    counts = answer.counts * answer.weights[:, None]
    path = cost_path(np.array([counts]), start, end, names=["as decided now"])
    remade = remade_path(found.probs, found.target, start, end, weights=answer.weights)
    name = "with these probabilities"
    module = FIGURES["cost_path_curve"].module
    return Chart(
        "cost_path_curve",
        "From equal prices to the prices agreed",
        module.draw(path, {name: remade}),
        module.words(path),
        module.table(path),
    )


def equal_costs(cost: CostMatrix) -> CostMatrix:
    """Every mistake at the mean price of all mistakes, right decisions free; extra decisions at their price.

    >>> equal_costs(CostMatrix([[0, 1], [99, 0]], "ab")).values.tolist()
    [[0.0, 50.0], [50.0, 0.0]]
    """
    values, k = cost.values.copy(), len(cost.classes)
    mistakes = ~np.eye(k, dtype=bool)
    values[:, :k] = np.where(mistakes, cost.square[mistakes].mean(), 0.0)
    return replace(cost, values=values, name="all mistakes alike")


def _chart(name: str, title: str, curve: Any, height: int = HEIGHT) -> Chart:
    module: ModuleType = FIGURES[name].module
    return Chart(name, title, module.draw(curve), module.words(curve), module.table(curve), height)


def figure_json(chart: Chart) -> str:
    """The figure as JSON without plotly.py's default template, safe inside a script element."""
    record = json.loads(to_json_plotly(chart.figure))
    layout = {key: value for key, value in record["layout"].items() if key not in ("template", "title")}
    return inside_script(json.dumps({"data": record["data"], "layout": layout | {"height": chart.height}}))


def inside_script(text: str) -> str:
    """JSON `text` that no browser reads as the end of a script element.

    >>> inside_script('"</script>"')
    '"\\\\u003c/script>"'
    """
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@lru_cache(maxsize=1)
def library() -> str:
    """plotly.js of the installed plotly, compressed, as base64: 2 MB instead of 5."""
    script = files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
    return b64encode(gzip.compress(script, compresslevel=9, mtime=0)).decode("ascii")
