"""The heat map of costs shows each cost in its place, in colours that keep their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.figures import FIGURES
from costlab.figures.cost_heatmap import draw
from costlab.ui.grid import breadth, exceptions, usual

PARTS = CostMatrix([[0, 1, 2], [30, 0, 4], [500, 6, 0]], ["ok", "<b>dent</b>", "crack"], unit="EUR")


def test_rows_are_the_truth_from_the_top_and_columns_the_decision() -> None:
    figure = draw(PARTS)
    assert figure.data[0].text[2][0] == "500"  # a crack called ok
    assert list(figure.layout.yaxis.ticktext) == ["ok", "&lt;b&gt;dent&lt;/b&gt;", "crack"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert figure.layout.yaxis.title.text == "truth"
    assert figure.layout.xaxis.title.text == "decision (cells in EUR)"
    assert figure.data[0].hovertext[2][0] == "truth 'crack'<br>decision 'ok'<br>500 EUR"


def test_the_frame_lies_around_the_selected_cell() -> None:
    frame = draw(PARTS, (2, 0)).layout.shapes[0]
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 1.5, 2.5)
    assert not draw(PARTS).layout.shapes


def test_an_extra_decision_is_one_more_column() -> None:
    figure = draw(PARTS.with_referral(3))
    assert np.shape(figure.data[0].z) == (3, 4)
    assert figure.layout.xaxis.ticktext[3] == "refer to a human"


@given(st.lists(st.floats(-1e15, 1e15), min_size=9, max_size=9))
def test_a_dearer_cell_is_never_drawn_as_a_cheaper_one(values: list[float]) -> None:
    cost = CostMatrix(np.array(values).reshape(3, 3), "abc")
    heights = np.array(draw(cost).data[0].z).ravel()
    order = np.argsort(cost.values.ravel(), kind="stable")
    assert np.isfinite(heights).all()
    assert (np.diff(heights[order]) >= -1e-9).all()


@pytest.mark.parametrize("value", [-5.0, -1e-9])
def test_costs_below_zero_get_a_scale_around_zero(value: float) -> None:
    heat = draw(CostMatrix([[0, 1], [value, 0]], "ab")).data[0]
    assert heat.zmin == -heat.zmax


def test_numbers_stand_in_the_cells_up_to_twelve_classes_and_a_scale_beside_them_beyond() -> None:
    small, large = (draw(CostMatrix.zero_one([str(i) for i in range(k)])).data[0] for k in (12, 13))
    assert small.texttemplate
    assert not small.showscale
    assert not large.texttemplate
    assert large.showscale


def test_the_figure_is_found_by_its_name() -> None:
    assert "cost_heatmap" in FIGURES


def test_only_what_is_not_usual_is_an_exception_the_dearest_first() -> None:
    cost = CostMatrix.zero_one([str(i) for i in range(40)]).replaced(3, 5, 7).replaced(2, 2, 1).replaced(8, 9, 50)
    assert exceptions(cost) == [(8, 9), (3, 5), (2, 2)]
    assert usual(cost.with_referral(4))[0].tolist() == [0] + [1] * 39 + [4]
    assert exceptions(cost.with_referral(4)) == [(8, 9), (3, 5), (2, 2)]


def test_more_and_longer_names_make_a_wider_grid() -> None:
    short, long = (CostMatrix.zero_one(names) for names in (["a", "b"], ["a long name", "another one"]))
    assert breadth(short) < breadth(long) < breadth(CostMatrix.zero_one([f"a long name {i}" for i in range(9)]))
