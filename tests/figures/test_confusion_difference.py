"""The heat map of a difference says what the difference says: signs, text, colours, neutral zeros, orientation."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.figures import FIGURES, confusion_difference, confusion_heatmap

COST = CostMatrix([[0, 1, 4], [100, 0, 5], [20, 3, 0]], ["ok", "crack", "stain"], unit="EUR")
DIFFERENCE = np.array([[-1500, 1500, 0], [-9, 12, -3], [0, 0, 0]])


def heat(figure):
    return figure.data[0]


def test_the_registry_knows_it():
    assert FIGURES["confusion_difference"].title == "Difference of two confusion matrices"


def test_cells_hold_the_differences_and_the_first_row_is_on_top():
    figure = confusion_difference.draw(DIFFERENCE, COST)
    assert [[value or 0 for value in row] for row in heat(figure).z] == DIFFERENCE.tolist()
    assert heat(figure).y == ("ok", "crack", "stain")  # rows are the truth
    assert figure.layout.yaxis.title.text == "truth"
    assert figure.layout.xaxis.title.text == "decision"
    assert figure.layout.yaxis.range == (2.5, -0.5)


def test_text_carries_the_sign_and_nothing_stands_where_nothing_differs():
    text = heat(confusion_difference.draw(DIFFERENCE, COST)).text
    assert list(text[0]) == ["\u22121\u2009500", "+1\u2009500", ""]
    assert list(text[1]) == ["\u22129", "+12", "\u22123"]
    assert list(text[2]) == ["", "", ""]


def test_no_difference_is_no_colour_and_the_scale_is_even_around_it():
    trace = heat(confusion_difference.draw(DIFFERENCE, COST))
    assert trace.z[0][2] is None
    assert trace.z[2][0] is None
    assert (trace.zmin, trace.zmax) == (-1500, 1500)


def test_fewer_is_blue_and_more_is_orange_on_either_side_of_zero():
    scale = heat(confusion_difference.draw(DIFFERENCE, COST)).colorscale
    for place, colour in scale[:2]:
        red, _, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        assert place <= 0.5
        assert blue > red
    for place, colour in scale[2:]:
        red, _, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        assert place >= 0.5
        assert red > blue


def test_hover_has_the_difference_and_what_it_costs_in_the_very_cell():
    trace = heat(confusion_difference.draw(DIFFERENCE, COST))
    assert trace.customdata[1][0].tolist() == [-9, -900]
    assert trace.customdata[0][1].tolist() == [1500, 1500]
    assert "EUR" in trace.hovertemplate


def test_large_matrices_have_no_text_and_few_names():
    cost = CostMatrix.zero_one([f"class {i}" for i in range(100)])
    difference = np.random.default_rng(0).integers(-50, 50, (100, 100))
    figure = confusion_difference.draw(difference, cost)
    assert heat(figure).text is None
    assert len(figure.layout.xaxis.tickvals) <= 30
    assert len(figure.to_json()) < 250_000  # bytes that travel with an update


def test_an_extra_decision_is_a_column_of_its_own():
    cost = COST.with_referral(2)
    figure = confusion_difference.draw(np.ones((3, 4)), cost)
    assert heat(figure).x[-1] == "refer to a human"
    assert figure.layout.xaxis.range == (-0.5, 3.5)


def test_matrices_that_do_not_differ_can_be_drawn_and_say_so():
    figure = confusion_difference.draw(np.zeros((3, 3)), COST)
    assert "NaN" not in figure.to_json()
    assert {text for row in heat(figure).text for text in row} == {""}
    assert (heat(figure).zmin, heat(figure).zmax) == (-1, 1)
    assert confusion_difference.words(np.zeros((3, 3)), COST) == "No cell differs: each holds as many images as before."
    assert confusion_difference.table(np.zeros((3, 3)), COST)["truth"] == []


def test_the_selected_cell_is_framed_above_the_neutral_ground():
    ground, frame = confusion_difference.draw(DIFFERENCE, COST, selected=(1, 0)).layout.shapes
    assert ground.layer == "below"
    assert (ground.x0, ground.x1, ground.y0, ground.y1) == (-0.5, 2.5, -0.5, 2.5)
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 0.5, 1.5)


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (DIFFERENCE, "1\u2009500 fewer 'ok' called 'ok', 1\u2009500 more 'ok' called 'crack', 12 more 'crack' called "
                     "'crack' and 2 other cells differ; blue is fewer, orange more."),
        ([[1, 0, 0], [0, 0, 0], [0, 0, 0]], "1 more 'ok' called 'ok'; blue is fewer, orange more."),
        ([[4, -3, 2], [-1, 0, 0], [0, 0, 0]], "4 more 'ok' called 'ok', 3 fewer 'ok' called 'crack', 2 more 'ok' "
                                              "called 'stain' and 1 other cell differs; blue is fewer, orange more."),
    ],
)  # fmt: skip
def test_words_name_the_largest_differences_with_their_direction(difference, said):
    assert confusion_difference.words(difference, COST) == said


cells = st.integers(-(10**6), 10**6)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=3, max_size=3))
def test_the_table_adds_up_to_the_difference_and_its_cost(difference):
    table = confusion_difference.table(difference, COST)
    again = np.zeros((3, 3))
    for truth, decision, images in zip(table["truth"], table["decision"], table["more images"], strict=True):
        again[COST.classes.index(truth), COST.decisions.index(decision)] += images
    assert again.tolist() == difference
    assert sum(table["more cost (EUR)"]) == pytest.approx((np.array(difference) * COST.values).sum())
    sizes = [abs(images) for images in table["more images"]]
    assert sizes == sorted(sizes, reverse=True)


@given(cells)
def test_a_signed_number_reads_back(value):
    said = confusion_difference.signed(value)
    assert int(re.sub("[\u2009+]", "", said).replace("\u2212", "-")) == value
    assert said.startswith("+") == (value > 0)
    assert "-" not in said


@settings(deadline=None, max_examples=30)  # drawing takes as long as the machine lets it
@given(
    names=st.lists(
        st.text("ab<>&$;/ '\"", min_size=1, max_size=12).filter(str.strip), min_size=2, max_size=5, unique=True
    )
)
def test_names_are_shown_letter_by_letter_and_a_click_finds_its_cell(names):
    cost = CostMatrix.zero_one(names)
    trace = heat(confusion_difference.draw(np.ones((len(names), len(names))), cost))
    assert not any("<" in name or "$" in name for name in trace.x)
    for t, y in enumerate(trace.y):
        for d, x in enumerate(trace.x):
            assert confusion_heatmap.cell(x, y, cost) == (t, d)


def test_the_figure_leaves_the_page_its_colours():
    layout = json.loads(confusion_difference.draw(DIFFERENCE, COST).to_json())["layout"]
    assert not {"paper_bgcolor", "plot_bgcolor", "font"} & set(layout)


def test_the_colour_bar_counts_whole_images():
    cost = CostMatrix.zero_one("ab")
    assert confusion_difference.draw(np.array([[1, -1], [0, 0]]), cost).data[0].colorbar.dtick == 1
    large = confusion_difference.draw(np.array([[4000, -4000], [0, 0]]), cost).data[0].colorbar
    assert large.dtick is None
    assert "s" not in large.tickformat  # no "4k"
