"""Sentences of a comparison: true, whole and grammatical for one row, for two, for many, for ties and for none."""

import numpy as np
import pytest

from costlab.against_bar import Against, Seeds
from costlab.comparing import Entry, Standing, telling_cell
from costlab.comparing_words import (
    bar_cell,
    bar_words,
    difference_words,
    how_told,
    parts_words,
    path_words,
    ranking,
    seeds_words,
)
from costlab.costs import CostMatrix
from costlab.curves import cost_path
from costlab.fitted import Fitted, Recipe
from costlab.intervals import Interval
from costlab.records import ConstantResult
from costlab.specs import RunSpec
from tests.finished import made_up

COST = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR")
MODEL = Fitted(made_up(10, ("ok", "crack")))
ZERO = Interval(0.0, 0.0, 0.0)


def standing(means, told_apart=(), counts=None):
    """Rows a, b, c, ... with these means; pairs in `told_apart` differ."""
    m = len(means)
    corrected = np.ones((m, m))
    for a, b in told_apart:
        corrected[a, b] = corrected[b, a] = 0.01
    entries = tuple(Entry(x, x, MODEL, RunSpec(), Recipe("", "none", "argmax")) for x in "abcdefgh"[:m])
    paid = np.repeat(np.array(means)[:, None], 1200, axis=1)
    counts = np.zeros((m, 2, 2)) if counts is None else np.array(counts)
    return Standing(
        entries, COST, paid, tuple(Interval(x, x - 0.1, x + 0.1) for x in means), counts, np.ones(2), corrected,
        ConstantResult(decision="crack", mean_cost=0.9),
    )  # fmt: skip


def against(saved, is_bar=False, events=50.0, model=ZERO, rule=ZERO):
    own = Interval(model.estimate + rule.estimate, -9, 9)
    return Against(0, is_bar, is_bar, saved, ZERO, own if any(model) or any(rule) else ZERO, model, rule, events)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (standing([0.5]), "'a' costs 500 EUR (400 to 600) per 1\u2009000 images. Always deciding 'crack'"),
        (standing([0.7, 0.5]), "The cheapest of 2 runs is 'b': 500 EUR (400 to 600) per 1\u2009000 images. It "
                               "cannot be told apart from the other: the differences may be chance."),
        (standing([0.5, 0.7], [(0, 1)]), "It is told apart from the other."),
        (standing([0.5, 0.7, 0.8], [(0, 1), (0, 2)]), "It is told apart from all 2 others."),
        (standing([0.5, 0.6, 0.8], [(0, 2)]), "Cannot be told apart from it: 'b'."),
        (standing([0.5, 0.6, 0.8]), "It cannot be told apart from any other"),
    ],
)  # fmt: skip
def test_the_ranking_says_who_is_cheapest_and_who_may_be(made, said):
    assert said in ranking(made)
    assert "Always deciding 'crack', without looking, costs 900 EUR." in ranking(made)


def test_how_rows_were_told_apart_counts_the_comparisons():
    assert "the 3 comparisons" in how_told(standing([1, 2, 3]))
    assert "1\u2009200 test images" in how_told(standing([1, 2, 3]))
    assert "Holm" not in how_told(standing([1, 2]))
    assert "compared" not in how_told(standing([1]))


def test_the_bar_is_beaten_missed_or_itself():
    made = standing([0.5, 0.4, 0.6, 0.5])
    saved = [
        against(ZERO, is_bar=True),
        against(Interval(0.1, 0.05, 0.2), events=3),
        against(Interval(-0.1, -0.2, -0.05)),
        against(Interval(0.0, -0.1, 0.1)),
    ]
    assert bar_words(made, saved) == (
        "'b' beats the bar. Cannot be told apart from it: 'd'. Dearer: 'c'. Where a difference rests on few dear "
        "mistakes, its interval may be too narrow."
    )
    assert [bar_cell(each) for each in saved] == [
        "the bar",
        "beats it: 100 cheaper (50 to 200); few dear mistakes",
        "100 dearer (50 to 200)",
        "not told apart (100 dearer to 100 cheaper)",
    ]
    assert bar_words(made, [saved[0]] * 4) == ""
    assert bar_words(made, [saved[0], saved[3], saved[3], saved[3]]).startswith("No run is shown to beat the bar.")


def test_the_parts_are_said_of_the_row_that_differs_most():
    part = Interval(-0.3, -0.4, -0.2)
    made = standing([0.5, 0.4])
    assert parts_words(made, [against(ZERO), against(ZERO)], "argmax") == (
        "By argmax, every row decides as the bar does."
    )
    assert parts_words(made, [against(ZERO, rule=part), against(ZERO)], "argmax") == (
        "By argmax, 'a' is 300 EUR dearer than the bar per 1\u2009000 images, all because of its rule: the model "
        "is the same."
    )
    both = against(ZERO, model=Interval(0.1, 0, 0.2), rule=part)
    assert parts_words(made, [both, against(ZERO)], "argmax").endswith(
        ": 100 EUR cheaper because of its model, 300 EUR dearer because of its rule."
    )


def test_seeds_say_what_their_interval_does_not_speak_of():
    one = Seeds((0,), (0,), 1.0, None, None, None)
    two = Seeds((1, 2), (0, 1), 1.0, Interval(1, 0, 2), 0.1, None)
    assert "does not say what other images would cost" in seeds_words([two])
    assert "One way was trained once" in seeds_words([one, two])
    assert "trained once" not in seeds_words([two])


def test_a_difference_is_said_with_its_direction():
    counts = [[[1, 0], [0, 1]], [[0, 1], [0, 1]]]
    made = standing([0.5, 0.4], counts=counts)
    assert difference_words(made, 0, 1).startswith("'b' instead of 'a' is 100 EUR cheaper")
    assert difference_words(made, 1, 0).startswith("'a' instead of 'b' is 100 EUR dearer")
    assert difference_words(made, 0, 0).endswith("the same decisions for every class.")


def test_the_stretches_are_said_for_shares_and_for_prices():
    first, last = COST.replaced(1, 0, 0.0), COST.replaced(1, 0, 400.0)
    path = cost_path(np.array([[[8, 0], [2, 0]], [[4, 4], [0, 2]]]), first, last, names=["bold", "careful"])
    # 2 missed cracks at p against 4 false alarms at 1: alike at p = 2
    assert path_words(path, "run", 400.0, "EUR") == (
        "The cheapest run while that price moves: 'bold' from 0 to 2 EUR; 'careful' from 2 to 400 EUR."
    )
    assert "'bold' from 0 to 0.5\u2009%" in path_words(path)
    alone = cost_path(np.array([[[8, 0], [2, 0]]]), first, last, names=["bold"])
    assert path_words(alone, "run", 400.0, "EUR") == "'bold' is the cheapest run at every price up to 400 EUR."


@pytest.mark.parametrize(
    ("counts", "cell"),
    [
        ([[[90, 10], [1, 9]], [[50, 50], [0, 10]]], (1, 0)),  # 1 missed crack (100) against 40 false alarms (40)
        ([[[190, 10], [1, 9]], [[50, 150], [1, 9]]], (0, 1)),
        ([[[90, 10], [1, 9]], [[90, 10], [1, 9]]], (1, 0)),  # no difference: the dearest mistake
    ],
)
def test_the_cell_looked_at_first_is_where_rows_differ_most_in_money(counts, cell):
    assert telling_cell(standing([0.5, 0.4], counts=counts)) == cell
