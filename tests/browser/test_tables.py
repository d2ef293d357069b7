"""The tables in a browser: sorted, chosen from with mouse and keyboard, taken along; they need no pandas."""

import csv
from pathlib import Path
from time import sleep

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from costlab.store import Store
from costlab.ui.session import MOMENT
from tests.browser.look import opened
from tests.browser.server import Server
from tests.browser.test_accessibility import GRAVE, PAGES
from tests.browser.test_runs_page import done
from tests.finished import store_of


@pytest.fixture(scope="module")
def store(alone: Server) -> Store:
    return store_of(alone.home)


@pytest.fixture(scope="module")
def runs(store: Store) -> list[str]:
    """The runs of seeds 3, 1 and 2, as the page lists them: the newest first."""
    made = [done(store, seed, epochs=1).claim.id for seed in (2, 1, 3)]
    sleep(MOMENT)  # what the app read before serves all visitors for this long
    return made[::-1]


@pytest.fixture
def ids(alone: Server, runs: list[str], page: Page) -> list[str]:
    """Those, with their page open."""
    opened(page, f"{alone.url}/runs")
    return runs


def table(page: Page) -> Locator:
    return page.get_by_test_id("runs")


def column(page: Page, name: str) -> list[str]:
    heads = table(page).locator("thead th").all_inner_texts()
    return table(page).locator(f"tbody td:nth-child({heads.index(name) + 1})").all_inner_texts()


def test_a_head_sorts_up_then_down_then_not_at_all_and_the_choice_stays_with_its_run(ids: list[str], page: Page):
    box = table(page).get_by_role("checkbox", name="Choose cross_entropy on surface_defects, seed 1")
    box.check()
    page.wait_for_function(f"() => new URL(location).searchParams.get('compare') === '{ids[1]}'")
    head = table(page).get_by_role("columnheader", name="Seed")
    for way, seeds in (("ascending", "123"), ("descending", "321"), (None, "312")):
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == way
        assert "".join(column(page, "Seed")) == seeds
        expect(box).to_be_checked()


def test_rows_are_chosen_by_keyboard_all_at_once_and_by_a_click_anywhere(ids: list[str], page: Page):
    boxes = table(page).locator("tbody").get_by_role("checkbox")
    table(page).get_by_role("button", name="Started").focus()
    page.keyboard.press("Tab")  # of all the boxes one stands in the way of who walks on
    expect(boxes.nth(0)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    page.wait_for_function(f"() => new URL(location).searchParams.get('compare') === '{ids[2]}'")
    expect(boxes.nth(2)).to_be_focused()  # the page has been painted anew meanwhile
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    page.wait_for_function(f"() => new URL(location).searchParams.get('compare') === '{ids[1]},{ids[2]}'")
    every = table(page).get_by_role("checkbox", name="Choose all rows")
    assert every.evaluate("box => box.indeterminate")
    every.check()
    expect(page.get_by_role("button", name="Delete 3 runs")).to_be_visible()
    table(page).locator("tbody td").nth(1).click()
    expect(page.get_by_role("button", name="Delete 2 runs")).to_be_visible()
    page.wait_for_function(f"() => new URL(location).searchParams.get('compare') === '{ids[1]},{ids[2]}'")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in GRAVE] == []


def test_a_table_is_taken_along_as_it_is_sorted_with_all_its_digits(
    ids: list[str], store: Store, page: Page, tmp_path: Path
):
    table(page).get_by_role("button", name="Seed").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert download.value.suggested_filename == "runs.csv"
    lines = list(csv.DictReader(download.value.path().open(newline="", encoding="utf-8")))
    assert [line["Seed"] for line in lines] == ["1", "2", "3"]
    first = store.run(ids[1]).test
    assert first is not None
    assert float(lines[0]["Argmax"]) == first.argmax.mean_cost


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks for what a process has loaded in /proc")
def test_the_screens_have_loaded_neither_pandas_nor_what_trains_after_a_walk_through_all_pages(
    alone: Server, ids: list[str], page: Page
):
    for name in PAGES:
        opened(page, f"{alone.url}/{name}?run={ids[0]}&id={ids[0]}")
        for numbers in page.get_by_text("The numbers of this chart").all():
            numbers.click()
            expect(page.get_by_role("button", name="Download as CSV").first).to_be_visible()
    loaded = Path(f"/proc/{alone.process.pid}/maps").read_text()
    assert "/numpy/" in loaded
    assert [name for name in ("pandas", "pyarrow", "sklearn", "torch") if f"/{name}/" in loaded] == []
