"""The table of all runs: live, chosen rows in the address, compared, cancelled, deleted."""

from collections.abc import Iterator
from time import sleep

import pytest
from playwright.sync_api import Page, expect

from costlab.store import Store
from costlab.ui.session import MOMENT
from tests.browser.conftest import emptied
from tests.browser.server import Server
from tests.browser.test_run_page import Work, begin

expect.set_options(timeout=20_000)


@pytest.fixture(autouse=True)
def store(alone: Server) -> Iterator[Store]:
    """The app's store, without runs at first and in the end."""
    opened = Store(f"sqlite:///{alone.home / 'costlab.db'}")
    yield opened
    if emptied(opened):
        sleep(MOMENT)  # what the app read before serves all visitors for this long


def done(store: Store, seed: int, epochs: int = 3) -> Work:
    work = begin(store, seed=seed)
    for _ in range(epochs):
        work.epoch()
    work.finish()
    return work


def choose(page: Page, row: int) -> None:
    """Tick the box of a row."""
    page.get_by_test_id("runs").locator("tbody").get_by_role("checkbox").nth(row).check()


def compared(page: Page) -> list[str]:
    return page.evaluate("() => (new URL(location).searchParams.get('compare') ?? '').split(',').filter(Boolean)")


def test_without_runs_the_page_says_so_and_leads_to_training(alone: Server, page: Page):
    page.goto(f"{alone.url}/runs")
    expect(page.get_by_text("There are no runs yet")).to_be_visible()
    page.get_by_text("Train the first one").click()
    expect(page).to_have_url(f"{alone.url}/train")
    sleep(MOMENT)  # that there are none the app tells all visitors for this long


def test_chosen_runs_are_compared_kept_by_a_reload_and_found_again_when_runs_are_added(
    alone: Server, store: Store, page: Page
):
    first, second = done(store, 1), done(store, 2)
    page.goto(f"{alone.url}/runs")
    expect(page.get_by_test_id("runs")).to_be_visible()
    expect(page.get_by_text("Choose rows to")).to_be_visible()
    choose(page, 1)  # newest first: the second row is the first run
    expect(page.get_by_text("Open this run")).to_be_visible()
    page.wait_for_function(f"() => new URL(location).searchParams.get('compare') === '{first.claim.id}'")
    choose(page, 0)
    chart = page.get_by_test_id("plot-compare")
    expect(chart).to_have_attribute("data-state", "ready")
    page.wait_for_function("node => node.data.length === 4", arg=chart.element_handle())
    assert set(compared(page)) == {first.claim.id, second.claim.id}
    third = done(store, 3)
    page.wait_for_timeout(1000)  # a snapshot of the runs serves all visitors for 0.9 s
    page.reload()
    expect(chart).to_have_attribute("data-state", "ready")
    names = {trace["name"] for trace in chart.evaluate("node => node.data.map((each) => ({ name: each.name }))")}
    assert names == {
        f"cross_entropy on surface_defects, seed {seed} ({work.claim.id[:4]})"
        for seed, work in [(1, first), (2, second)]
    }
    assert third.claim.id not in compared(page)


def test_a_run_that_is_still_training_updates_its_row_and_its_curve(alone: Server, store: Store, page: Page):
    work = begin(store, seed=4)
    work.epoch()
    page.goto(f"{alone.url}/runs?compare={work.claim.id}")
    chart = page.get_by_test_id("plot-compare")
    expect(chart).to_have_attribute("data-state", "ready")
    chart.evaluate("node => { node.mark = 1 }")
    for number in (2, 3):
        work.epoch()
        page.wait_for_function(f"node => node.data[0].x.length === {number}", arg=chart.element_handle())
    work.finish()
    expect(page.get_by_role("button", name="Delete 1 run")).to_be_visible()
    assert chart.evaluate("node => node.mark") == 1


def test_chosen_runs_are_cancelled_and_deleted_after_asking(alone: Server, store: Store, page: Page):
    kept, ended = done(store, 1), done(store, 2)
    waiting = store.add(kept.claim.spec)
    page.goto(f"{alone.url}/runs?compare={ended.claim.id},{waiting}")
    page.get_by_role("button", name="Cancel 1 run").click()
    expect(page.get_by_role("button", name="Delete 2 runs")).to_be_visible()
    assert store.run(waiting).state == "cancelled"
    page.get_by_role("button", name="Delete 2 runs").click()
    assert len(store.runs()) == 3  # not before it is confirmed
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Choose rows to")).to_be_visible()
    assert [run.id for run in store.runs()] == [kept.claim.id]
    assert compared(page) == []


def test_open_leads_to_the_run(alone: Server, store: Store, page: Page):
    work = done(store, 1)
    page.goto(f"{alone.url}/runs?compare={work.claim.id}")
    page.get_by_text("Open this run").click()
    expect(page).to_have_url(f"{alone.url}/run?id={work.claim.id}")
    expect(page.get_by_test_id("plot-confusion")).to_have_attribute("data-state", "ready")


@pytest.mark.parametrize("query", ["nowhere", ",,,", "%00", "a" * 3000])
def test_nonsense_in_the_address_chooses_nothing(alone: Server, store: Store, page: Page, query: str):
    done(store, 1)
    page.goto(f"{alone.url}/runs?compare={query}")
    expect(page.get_by_text("Choose rows to")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
