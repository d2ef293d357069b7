"""Costs with intervals: the figures of each row, per 1,000 images, the cheapest on top, names letter by letter."""

import json

import numpy as np

from costlab.costs import CostMatrix
from costlab.curves import cost_path
from costlab.figures import FIGURES, compared_costs, cost_path_curve
from costlab.intervals import Interval

NAMES = ["b", "<b>a</b>", "c"]
MEANS = [Interval(0.5, 0.4, 0.65), Interval(0.6, 0.5, 0.75), Interval(2.0, 1.5, 2.75)]


def drawn(**more):
    return compared_costs.draw(NAMES, MEANS, best={0, 1}, unit="EUR", **more)


def test_the_registry_knows_it():
    assert FIGURES["compared_costs"].title == "Costs with intervals"


def test_dots_and_ends_are_costs_of_a_thousand_images():
    best, dearer = drawn().data
    assert list(best.x) == [500, 600]
    assert [round(x) for x in best.error_x.array] == [150, 150]
    assert [round(x) for x in best.error_x.arrayminus] == [100, 100]
    assert (list(dearer.x), list(dearer.y)) == ([2000], ["c"])
    assert drawn().layout.xaxis.title.text == "cost per 1\u2009000 images (EUR)"


def test_the_first_is_on_top_and_names_are_literal():
    axis = drawn().layout.yaxis
    assert list(axis.categoryarray) == ["c", "&lt;b&gt;a&lt;/b&gt;", "b"]
    assert axis.range[0] < axis.range[1]
    assert list(drawn().data[0].y) == ["b", "&lt;b&gt;a&lt;/b&gt;"]


def test_who_is_dearer_is_told_by_shape_too():
    best, dearer = drawn().data
    assert best.marker.symbol != dearer.marker.symbol
    assert best.name != dearer.name


def test_all_alike_need_no_second_kind():
    assert len(compared_costs.draw(NAMES, MEANS, best={0, 1, 2}, unit="").data) == 1


def test_words_say_every_row_in_order():
    said = compared_costs.words(NAMES, MEANS, "EUR")
    assert "b 500 (400 to 650); <b>a</b> 600 (500 to 750); c 2\u2009000 (1\u2009500 to 2\u2009750)" in said


def test_a_path_of_one_price_shows_prices_on_its_axis():
    first, last = (CostMatrix([[0, 1], [price, 0]], "xy", unit="EUR") for price in (0, 400))
    path = cost_path(np.array([[[8, 0], [2, 0]], [[4, 4], [0, 2]]]), first, last)
    axis = cost_path_curve.draw(path, prices=("price of '<y>'", 400.0)).layout.xaxis
    assert axis.title.text == "price of '&lt;y&gt;' (EUR)"
    shown = dict(zip(axis.tickvals, axis.ticktext, strict=True))
    assert (shown[0], shown[0.25], shown[1]) == ("0", "100", "400")


def test_the_figure_leaves_the_page_its_colours():
    layout = json.loads(drawn().to_json())["layout"]
    assert not {"paper_bgcolor", "plot_bgcolor", "font"} & set(layout)
