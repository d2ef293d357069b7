"""The triangle draws its record as it is, with every name letter by letter and every mistake large and open."""

import json
import re

import numpy as np
import pytest

from costlab.costs import CostMatrix
from costlab.curves import Simplex, triangle
from costlab.figures import simplex

NAMES = ("<b>ok</b>", "crack", "$stain$", "dent")
COST = CostMatrix(9 - 9 * np.eye(4) + np.arange(4), NAMES, unit="EUR").with_referral(4, "ask & wait")
RNG = np.random.default_rng(0)
TARGET = RNG.integers(0, 4, 400)
PROBS = RNG.dirichlet(np.ones(4), 400) * 0.7 + 0.3 * np.eye(4)[TARGET]
DECIDED = np.where(RNG.random(400) < 0.2, RNG.integers(0, 5, 400), TARGET)


def made(three: tuple[int, int, int] = (0, 1, 2), most: int = 1500) -> Simplex:
    return triangle(PROBS, TARGET, DECIDED, COST, three, most)


def test_every_image_is_one_point_inside_and_mistakes_are_larger_and_open():
    record = made()
    figure = simplex.draw(record)
    images = [trace for trace in figure.data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in images) == len(record.rows)
    for trace in images:
        wrong = trace.name.endswith("decided wrong")
        assert trace.marker.size == (11 if wrong else 6)
        assert trace.marker.symbol.endswith("-open") or not wrong
        assert (np.array(trace.y) >= -1e-9).all()
    assert sum(len(trace.x) for trace in images if trace.name.endswith("wrong")) == record.wrong.sum()
    plain = [trace for trace in images if not trace.name.endswith("wrong")]
    assert len({trace.marker.color for trace in plain}) == len({trace.marker.symbol for trace in plain}) == 4


def test_a_region_has_the_colour_of_the_class_at_its_corner():
    figure = simplex.draw(made())
    regions = {trace.name: trace for trace in figure.data if trace.mode == "lines"}
    images = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    colour = images["crack"].marker.color
    channels = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    assert channels in regions["decided 'crack'"].fillcolor
    assert "decided 'ask &amp; wait'" in regions


def test_names_are_literal_and_the_figure_is_small():
    text = simplex.draw(made()).to_json().replace("\\u003c", "<").replace("\\u003e", ">")
    assert "<b>ok" not in text
    assert "&lt;b&gt;ok" in text
    rng = np.random.default_rng(1)
    many = triangle(rng.dirichlet(np.ones(3), 50_000), rng.integers(0, 3, 50_000), rng.integers(0, 3, 50_000),
                    CostMatrix.zero_one("abc"))  # fmt: skip
    assert len(json.dumps(json.loads(simplex.draw(many).to_json()))) < 350_000


def test_the_words_and_the_table_count_what_is_drawn():
    record = made(most=100)
    said = simplex.words(record)
    assert said.startswith("Triangle of '<b>ok</b>', 'crack' and '$stain$': 100 images, drawn by lot from ")
    assert f"{int((record.wrong).sum())} of them decided wrong" in said
    assert "at least half of their probability" in said
    assert said.endswith(".")
    table = simplex.table(record)
    assert sum(table["images drawn"]) == 100
    assert sum(table["of these wrong"]) == record.wrong.sum()
    assert sum(table["share of the triangle"]) == pytest.approx(1)
    three = simplex.words(triangle(PROBS[:, :3], TARGET % 3, TARGET % 3, CostMatrix.zero_one("abc")))
    assert "half" not in three  # with three classes nothing is left out
    assert not re.search(r"\b0%", three)
