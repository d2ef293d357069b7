"""The Robustness page in a browser: a range is typed, the answer and the charts follow, the address carries it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import Server, running

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app without a worker."""
    with running(tmp_path_factory.mktemp("home"), worker=False) as server:
        yield server


def type_into(page: Page, row: int, column: int, text: str) -> None:
    """Type a price into the table, which is drawn on a canvas of rows of 35 pixels; then Enter."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * (column + 0.5) / 5, box["y"] + 35 * (row + 1.5))
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_typed_range_changes_the_answer_the_charts_and_the_address_and_undo_takes_it_back(
    alone: Server, page: Page
) -> None:
    page.goto(f"{alone.url}/robustness")
    expect(page.get_by_role("heading", name="is cheapest in 99 % of the prices you called plausible")).to_be_visible()
    influence = page.get_by_test_id("plot-price-influence")
    expect(influence).to_have_attribute("data-state", "ready")
    influence.evaluate("node => { node.mark = 1 }")
    type_into(page, 0, 4, "9e3")  # a crack called ok, likely 100, may cost 9,000
    page.wait_for_url("**range=3.0*")
    expect(page.get_by_role("heading", name="the price that matters most is")).to_be_visible()
    assert influence.evaluate("node => node.mark") == 1  # the chart was not replaced
    copied = page.url
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("() => !location.href.includes('range=3.0')")
    expect(page.get_by_role("heading", name="no single price can change that")).to_be_visible()
    page.goto(copied)
    expect(page.get_by_role("heading", name="the price that matters most is")).to_be_visible()


def test_what_is_no_range_is_told_and_stays_in_its_cell(alone: Server, page: Page) -> None:
    page.goto(f"{alone.url}/robustness")
    expect(page.get_by_test_id("plot-cost-distribution")).to_have_attribute("data-state", "ready")
    type_into(page, 0, 2, "500")
    expect(page.get_by_text("must go from low over likely to high; got 500, 100 and 200.")).to_be_visible()
    assert "range=" not in page.url
    type_into(page, 0, 2, "80")
    expect(page.get_by_text("must go from low over likely")).to_have_count(0)
    page.wait_for_url("**range=3.0*")


def test_what_if_opens_with_the_same_scenario(alone: Server, page: Page) -> None:
    page.goto(f"{alone.url}/robustness?example=digits&refer=2&scale=3")
    page.get_by_role("link", name="Change prices and rule in What if").click()
    page.wait_for_url("**/whatif?*")
    assert all(part in page.url for part in ("example=digits", "refer=2", "scale=3"))


def test_axe_finds_nothing_serious(alone: Server, page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.goto(f"{alone.url}/robustness")
    expect(page.get_by_test_id("plot-price-influence")).to_have_attribute("data-state", "ready")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
