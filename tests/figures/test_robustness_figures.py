"""The figures of robustness: what stands in them is what was drawn, and names are shown letter by letter."""

from dataclasses import replace

import pytest

from costlab.candidates import candidates, usual
from costlab.figures import cost_distribution, price_influence
from costlab.fitted import Fitted
from costlab.influence import influences
from costlab.price_ranges import ranges_of
from costlab.robustness import robustness
from costlab.scenario import Scenario
from costlab.sources import example_source

SOURCE = example_source("digits")
SCENARIO = Scenario(SOURCE.cost)
FOUND = candidates([(SOURCE, Fitted(SOURCE.predictions))], SCENARIO, usual(SCENARIO))
RESULT = robustness(FOUND, ranges_of(SCENARIO), draws=2000)
PRICES = influences(FOUND, RESULT.ranges)


def test_each_candidate_has_its_quantiles_its_likely_cost_and_its_share_the_steadiest_first():
    figure, order = cost_distribution.draw(RESULT), cost_distribution.order(RESULT)
    assert order[0] == RESULT.steady
    bars, (medians, likely) = figure.data[:-2], figure.data[-2:]
    assert len(bars) == 2 * len(FOUND)
    for place, row in enumerate(order):
        thin, thick = bars[2 * place : 2 * place + 2]
        assert [*thin.x, *thick.x] == [RESULT.quantiles[row, q] for q in (0, 4, 1, 3)]
        assert thin.y == thick.y == (place, place)
        assert medians.x[place] == RESULT.quantiles[row, 2]
        assert likely.x[place] == RESULT.likely[row]
    assert figure.layout.annotations[0].text.strip() == f"{100 * RESULT.shares[order[0]]:.0f} %"
    assert figure.layout.xaxis.type == "log"  # the constant decision costs ten times as much
    assert figure.layout.xaxis.title.text == "cost per 1\u2009000 images (EUR)"


def test_its_table_and_words_tell_the_same_numbers():
    table, order = cost_distribution.table(RESULT), cost_distribution.order(RESULT)
    assert table["median"] == RESULT.quantiles[order, 2].tolist()
    assert table["cheapest in, %"] == pytest.approx(100 * RESULT.shares[order])
    assert all(len(column) == len(FOUND) for column in table.values())
    assert "model" not in table
    assert FOUND[order[0]].title in cost_distribution.words(RESULT)


def test_names_that_users_typed_are_shown_letter_by_letter_and_twins_have_rows_of_their_own():
    rude = [replace(FOUND[0], rule="<b>rule</b>", model="$x$ & <i>y</i>")] * 2
    figure = cost_distribution.draw(robustness(rude, RESULT.ranges, draws=100))
    names = figure.layout.yaxis.ticktext
    assert len(names) == 2
    assert names[0].startswith("&lt;b&gt;rule&lt;/b&gt;<br>")
    assert "&#36;x&#36; &amp; &lt;i&gt;y&lt;/i&gt;" in names[0]
    assert "<b>" not in names[0] + str(figure.data[-2].customdata)


def test_each_price_has_its_leads_at_both_ends_and_its_switching_price_bold_inside_the_range():
    figure = price_influence.draw(PRICES, RESULT)
    shown = [each for each in PRICES if max(each.leads) - min(each.leads) > 1e-9][: price_influence.MOST]
    low, high = figure.data
    for place, each in enumerate(shown):
        assert low.base + low.x[place] == pytest.approx(each.leads[0])
        assert high.base + high.x[place] == pytest.approx(each.leads[2])
    texts = [annotation.text.strip() for annotation in figure.layout.annotations]
    assert texts[0] == "<b>4 EUR</b>"
    assert PRICES[0].switches[0].price == pytest.approx(4)
    assert figure.layout.yaxis.ticktext[0] == "'8' called '1'"


def test_the_table_of_prices_has_all_of_them_with_what_follows():
    table = price_influence.table(PRICES, RESULT)
    assert len(table["price"]) == len(PRICES) > price_influence.MOST
    assert (table["low (EUR)"][0], table["likely (EUR)"][0], table["high (EUR)"][0]) == (3.5, 7, 14)
    assert table["switches at"][0] == pytest.approx(4)
    assert (table["inside the range"][0], table["then cheapest"][0]) == ("yes", "Vector, then least expected cost")
    assert "'8' called '1'" in price_influence.words(PRICES, RESULT)


def test_groups_of_prices_have_no_price_of_their_own():
    found = influences(FOUND, ranges_of(SCENARIO, moving="by_truth"))
    table = price_influence.table(found, RESULT)
    assert table["price"][0] == "every mistake on '8'"
    assert table["likely (EUR)"][0] is table["switches at"][0] is None
