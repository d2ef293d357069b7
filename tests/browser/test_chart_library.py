"""The plotly.js that is shipped draws every figure, and knows every attribute that is written into one."""

import json

import pytest
from playwright.sync_api import Browser, Page

from costlab.figures import FIGURES, cost_heatmap, learning_curves, runs_curves, simplex
from tests.figures import test_compared_costs as compared
from tests.figures import test_confusion_difference as difference
from tests.figures import test_confusion_heatmap as heat
from tests.figures import test_cost_curve_figures as curves
from tests.figures import test_curves as learning
from tests.figures import test_robustness_figures as robust
from tests.figures import test_simplex_figure as triangle
from tests.figures.test_chart_library import VENDOR, used

EVERY = {
    **{name: FIGURES[name].module.draw(record) for name, record in curves.RECORDS.items()},
    "compared_costs": compared.drawn(bar=1),
    "confusion_difference": FIGURES["confusion_difference"].module.draw(difference.DIFFERENCE, difference.COST),
    "confusion_heatmap": heat.drawn(selected=(0, 1)),
    "cost_distribution": FIGURES["cost_distribution"].module.draw(robust.RESULT),
    "cost_heatmap": cost_heatmap.draw(difference.COST, (1, 0)),
    "learning_curves": learning_curves.draw(learning.epochs(4), "EUR", 10, at=2),
    "price_influence": FIGURES["price_influence"].module.draw(robust.PRICES, robust.RESULT),
    "runs_curves": runs_curves.draw([("a", learning.epochs(4)), ("b", learning.epochs(3))], "EUR"),
    "simplex": simplex.draw(triangle.made()),
}
DRAW = """async ({ data, layout }) => {
  const node = document.body.appendChild(document.createElement("div"));
  const unknown = (Plotly.validate(data, layout) ?? []).filter((one) => one.code === "schema").map((one) => one.msg);
  await Plotly.newPlot(node, structuredClone(data), layout);
  const traces = node._fullData.filter((trace) => trace.visible === true).map((trace) => trace.type);
  const drawn = node.querySelectorAll(".cartesianlayer :is(.trace, .hm) :is(path, image)").length;
  return { unknown, traces, drawn: drawn > 0 };
}"""


@pytest.fixture(scope="module")
def library(browser: Browser):
    """A page with nothing but the chart library."""
    page = browser.new_page()
    page.add_script_tag(path=VENDOR / "plotly.min.js")
    yield page
    page.close()


def test_it_holds_what_it_says(library: Page):
    assert set(library.evaluate("Object.keys(Plotly.PlotSchema.get().traces)")) == used()


@pytest.mark.parametrize("name", FIGURES)
def test_it_draws_a_figure_and_knows_its_every_attribute(library: Page, name: str):
    record = json.loads(EVERY[name].to_json())
    record["layout"].pop("template")
    told = library.evaluate(DRAW, record)
    assert told == {"unknown": [], "traces": [trace["type"] for trace in record["data"]], "drawn": True}
