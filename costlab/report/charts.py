"""The report's charts: the figures of the screen with their words and tables, as one script tag each draws them."""

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import ModuleType
from typing import Any

import plotly.graph_objects as go
from plotly.io.json import to_json_plotly

from costlab import scenario_curves
from costlab.agreement import priced_cells
from costlab.figures import FIGURES, cost_path_curve
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
    scenario, cost = found.answer.scenario, found.answer.cost
    asked, k = (found.fitted, scenario, found.answer), len(cost.classes)
    dearest = next(cell for cell in priced_cells(cost) if cell[0] != cell[1] < k)
    price = scenario_curves.price(*asked, dearest)
    yield _chart("price_curve", "What if the dearest mistake had another price", price)
    path, remade = scenario_curves.path(*asked)
    figure = cost_path_curve.draw(path, {"least expected cost": remade}, what="rule")
    words, table = cost_path_curve.words(path, what="rule"), cost_path_curve.table(path, what="rule")
    yield Chart("cost_path_curve", "From equal prices to the prices agreed", figure, words, table)
    if len(cost.decisions) > k:
        referral, _ = scenario_curves.referral(*asked)
        yield _chart("referral_curve", "What if more or fewer images were referred", referral, height=TALL)
    yield _chart("cost_reliability", "Whether costs come out as the model expects", found.reliability)


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
    """The screens' plotly.js, compressed, as base64: 0.5 MB instead of 1.2."""
    script = files("costlab.figures").joinpath("vendor/plotly.min.js").read_bytes()
    return b64encode(gzip.compress(script, compresslevel=9, mtime=0)).decode("ascii")
