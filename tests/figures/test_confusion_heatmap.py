"""The confusion heat map says what the matrix says: values, text, hover, colours, orientation."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.figures import FIGURES, confusion_heatmap
from costlab.metrics import SHARE_MODES, confusion_share

COST = CostMatrix([[0, 1, 4], [100, 0, 5], [20, 3, 0]], ["ok", "crack", "stain"], unit="EUR")
COUNTS = np.array([[1500, 2, 0], [1, 10, 3], [0, 0, 0]])


def drawn(mode="counts", counts=COUNTS, cost=COST, **more):
    return confusion_heatmap.draw(counts, confusion_share(counts, cost, mode), cost, mode, **more)


def heat(figure):
    return figure.data[0]


def test_the_registry_knows_it():
    assert FIGURES["confusion_heatmap"].title == "Confusion matrix"


@pytest.mark.parametrize("mode", SHARE_MODES)
def test_cells_hold_the_shares_and_the_first_row_is_on_top(mode):
    figure = drawn(mode)
    np.testing.assert_array_equal(heat(figure).z, confusion_share(COUNTS, COST, mode))
    assert heat(figure).y == ("ok", "crack", "stain")  # rows are the truth
    assert figure.layout.yaxis.title.text == "truth"
    assert figure.layout.xaxis.title.text == "decision"
    assert figure.layout.yaxis.range == (2.5, -0.5)


def test_text_in_cells_is_short_and_nothing_where_there_is_nothing():
    assert list(heat(drawn()).text[0]) == ["1\u2009500", "2", ""]
    assert list(heat(drawn("row")).text[0]) == ["100\u2009%", "&lt;1\u2009%", ""]  # 2 of 1502
    assert list(heat(drawn("row")).text[2]) == ["", "", ""]  # no image of this truth: no share, and no "nan"


def test_large_matrices_have_no_text_and_few_names():
    cost = CostMatrix.zero_one([f"class {i}" for i in range(100)])
    figure = drawn("row", counts=np.eye(100, dtype=int), cost=cost)
    assert heat(figure).text is None
    assert len(figure.layout.xaxis.tickvals) <= 30
    assert len(figure.to_json()) < 200_000  # bytes that travel with an update


def test_long_names_keep_both_ends():
    cost = CostMatrix.zero_one(["short", "a rather long name 1", "a rather long name 2"])
    ticks = drawn(counts=np.eye(3, dtype=int), cost=cost).layout.xaxis.ticktext
    assert ticks[0] == "short"
    assert len(set(ticks)) == 3
    assert max(map(len, ticks)) <= 16


def test_hover_has_count_and_cost_of_the_very_cell():
    counts, paid = heat(drawn("cost")).customdata[1][0]
    assert (counts, paid) == (1, 100)
    counts, paid = heat(drawn("cost")).customdata[0][1]
    assert (counts, paid) == (2, 2)
    assert "EUR" in heat(drawn()).hovertemplate


@pytest.mark.parametrize("mode", ["row", "column"])
def test_colours_of_rows_and_columns_mean_the_same_at_every_epoch(mode):
    assert (heat(drawn(mode)).zmin, heat(drawn(mode)).zmax) == (0, 1)


def test_gains_get_a_diverging_scale_around_zero():
    cost = CostMatrix([[-5, 1], [1, 0]], ["a", "b"])
    trace = heat(drawn("cost", counts=np.array([[3, 1], [1, 3]]), cost=cost))
    assert trace.zmin == -trace.zmax
    assert trace.colorscale[0][1] != trace.colorscale[-1][1]
    assert trace.text[0][0].startswith("\u2212")


@pytest.mark.parametrize("mode", SHARE_MODES)
def test_an_empty_matrix_can_be_drawn(mode):
    figure = drawn(mode, counts=np.zeros((3, 3), int))
    assert "NaN" not in figure.to_json()
    assert {text for row in heat(figure).text for text in row} == {""}


def test_the_selected_cell_is_framed():
    (frame,) = drawn(selected=(1, 0)).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 0.5, 1.5)


@settings(deadline=None, max_examples=40)  # drawing takes as long as the machine lets it
@given(
    names=st.lists(
        st.text("ab<>&$;/ '\"", min_size=1, max_size=12).filter(str.strip), min_size=2, max_size=5, unique=True
    )
)
def test_names_are_shown_letter_by_letter_and_a_click_finds_its_cell(names):
    cost = CostMatrix.zero_one(names)
    trace = heat(drawn(counts=np.ones((len(names), len(names)), int), cost=cost))
    assert not any("<" in name or "$" in name for name in trace.x)
    assert len(set(trace.x)) == len(names)
    for t, y in enumerate(trace.y):
        for d, x in enumerate(trace.x):
            assert confusion_heatmap.cell(x, y, cost) == (t, d)


@pytest.mark.parametrize("click", [("ok", "nowhere"), (3, None), ("<b>", "ok")])
def test_a_click_from_elsewhere_is_no_cell(click):
    assert confusion_heatmap.cell(*click, COST) is None


def test_an_extra_decision_is_a_column_of_its_own():
    cost = COST.with_referral(2)
    figure = drawn("row", counts=np.ones((3, 4), int), cost=cost)
    assert heat(figure).x[-1] == "refer to a human"
    assert figure.layout.xaxis.range == (-0.5, 3.5)


def test_the_figure_leaves_the_page_its_colours():
    layout = json.loads(drawn().to_json())["layout"]
    assert "paper_bgcolor" not in layout
    assert "plot_bgcolor" not in layout
    assert "font" not in layout
