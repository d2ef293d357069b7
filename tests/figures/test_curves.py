"""Learning curves and compared runs draw the records as they are, with units on their axes."""

import math

import numpy as np
import pytest

from costlab.figures import learning_curves, runs_curves
from costlab.figures._marks import LINES, MARKERS
from costlab.records import ConstantResult, Epoch


def epochs(number, offset=0.0):
    return [
        Epoch(
            epoch=e,
            seconds=0.1,
            train_loss=1 / e,
            valid_loss=2 / e,
            valid_accuracy=0.5,
            valid_cost=10 / e + offset,
            valid_least_expected_cost=8 / e + offset,
            valid_confusion=[[1, 0], [0, 1]],
        )
        for e in range(1, number + 1)
    ]


def by_name(figure):
    return {trace.name: trace for trace in figure.data}


def test_every_curve_holds_its_record():
    history = epochs(4)
    traces = by_name(learning_curves.draw(history, "EUR", 10))
    for name, field in {
        "deciding by least expected cost": "valid_least_expected_cost",
        "deciding by argmax": "valid_cost",
        "loss on validation": "valid_loss",
        "loss in training": "train_loss",
    }.items():
        assert traces[name].x == (1, 2, 3, 4)
        assert traces[name].y == tuple(getattr(epoch, field) for epoch in history)
    assert traces["deciding by argmax"].yaxis != traces["loss in training"].yaxis


def test_axes_carry_the_unit_and_room_for_all_epochs():
    layout = learning_curves.draw(epochs(3), "EUR", 50).layout
    assert layout.yaxis.title.text == "mean cost an image (EUR)"
    assert layout.yaxis2.title.text == "loss"
    assert layout.xaxis.title.text == "epoch"
    assert layout.xaxis.range[0] < 1 < 50 < layout.xaxis.range[1]
    assert learning_curves.draw(epochs(3), "", 50).layout.yaxis.title.text == "mean cost an image"


def test_the_best_constant_decision_is_a_level_line_over_all_epochs():
    constant = ConstantResult(decision="<ok>", mean_cost=3.5)
    line = by_name(learning_curves.draw(epochs(2), "EUR", 9, constant))["always '&lt;ok&gt;'"]
    assert line.y == (3.5, 3.5)
    assert line.x == (1, 9)


def test_the_epoch_looked_at_is_marked():
    (mark,) = learning_curves.draw(epochs(5), "", 5, at=2).layout.shapes
    assert mark.x0 == mark.x1 == 2
    assert not learning_curves.draw(epochs(5), "", 5).layout.shapes


@pytest.mark.parametrize("number", [0, 1])
def test_few_epochs_can_be_drawn(number):
    figure = learning_curves.draw(epochs(number), "EUR", 1)
    assert all(len(trace.x) == number for trace in figure.data)
    assert number == 0 or figure.data[0].mode == "markers"  # a line of one point is invisible


def test_a_loss_that_is_no_number_leaves_a_gap():
    history = [epochs(1)[0].model_copy(update={"train_loss": math.nan})]
    assert "NaN" not in learning_curves.draw(history, "", 3).to_json()


def test_lines_of_one_panel_differ_by_dash_too():
    traces = learning_curves.draw(epochs(3), "", 3, ConstantResult(decision="a", mean_cost=1)).data
    for panel in ("y", "y2"):
        dashes = [trace.line.dash for trace in traces if (trace.yaxis or "y") == panel]
        assert len(set(dashes)) == len(dashes) > 1


def test_compared_runs_have_a_colour_and_a_marker_each_and_two_lines():
    runs = [(f"run {i}", epochs(3, offset=i)) for i in range(7)]
    traces = runs_curves.draw(runs, "EUR").data
    assert len(traces) == 14
    looks = {(trace.name, trace.line.color, trace.marker.symbol) for trace in traces}
    assert len(looks) == 7 == len({colour for _, colour, _ in looks}) == len({marker for *_, marker in looks})
    for i in range(7):
        solid, dotted = traces[2 * i], traces[2 * i + 1]
        np.testing.assert_allclose(solid.y, [8 / e + i for e in (1, 2, 3)])
        np.testing.assert_allclose(dotted.y, [10 / e + i for e in (1, 2, 3)])
        assert (solid.line.dash, dotted.line.dash) == ("solid", "dot")


def test_runs_of_the_same_name_stay_apart_and_names_are_literal():
    traces = runs_curves.draw([("<b>x</b>", epochs(2)), ("<b>x</b>", epochs(4))], "").data
    assert [len(trace.x) for trace in traces] == [2, 2, 4, 4]
    assert traces[0].name == "&lt;b&gt;x&lt;/b&gt;"


def test_there_are_as_many_markers_as_colours():
    assert len(LINES) == len(MARKERS) == len(set(LINES)) == len(set(MARKERS))
