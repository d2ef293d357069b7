"""The Robustness page in a browser: a range is typed, the answer and the charts follow, the address carries it."""

from playwright.sync_api import Page, expect

from costlab.scenario import Scenario
from costlab.sources import example_source
from costlab.ui.robustness_asked import Asked, rows
from tests.browser.grid_driver import type_cost
from tests.browser.server import Server

expect.set_options(timeout=20_000)


def test_a_typed_range_changes_the_answer_the_charts_and_the_address_and_undo_takes_it_back(
    alone: Server, page: Page
) -> None:
    page.goto(f"{alone.url}/robustness")
    expect(page.get_by_role("heading", name="is cheapest in 99 % of the prices you called plausible")).to_be_visible()
    influence = page.get_by_test_id("plot-price-influence")
    expect(influence).to_have_attribute("data-state", "ready")
    influence.evaluate("node => { node.mark = 1 }")
    cost = example_source("surface_defects").cost
    row = rows(Asked(), Scenario(cost), cost).index((0, 3))
    type_cost(page, row, 0, "0.2")  # a part that is ok, called a crack, likely 1
    page.wait_for_url("**range=0.3*")
    expect(page.get_by_role("heading", name="the price that matters most is 'ok' called 'crack'")).to_be_visible()
    assert influence.evaluate("node => node.mark") == 1  # the chart was not replaced
    copied = page.url
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("() => !location.href.includes('range=0.3')")
    expect(page.get_by_role("heading", name="no single price can change that")).to_be_visible()
    page.goto(copied)
    expect(page.get_by_role("heading", name="the price that matters most is")).to_be_visible()


def test_what_is_no_range_is_told_and_stays_in_its_cell(alone: Server, page: Page) -> None:
    page.goto(f"{alone.url}/robustness")
    expect(page.get_by_test_id("plot-cost-distribution")).to_have_attribute("data-state", "ready")
    type_cost(page, 0, 0, "500")
    expect(page.get_by_text("must go from low over likely to high; got 500, 100 and 200.")).to_be_visible()
    assert "range=" not in page.url
    type_cost(page, 0, 0, "80")
    expect(page.get_by_text("must go from low over likely")).to_have_count(0)
    page.wait_for_url("**range=3.0*")


def test_what_if_opens_with_the_same_scenario(alone: Server, page: Page) -> None:
    page.goto(f"{alone.url}/robustness?example=digits&refer=2&scale=3")
    page.get_by_role("link", name="Change prices and rule in What if").click()
    page.wait_for_url("**/whatif?*")
    assert all(part in page.url for part in ("example=digits", "refer=2", "scale=3"))
