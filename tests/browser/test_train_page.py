"""The Train page in a real browser with a real worker: from the form to runs that end, and cancelling."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from costlab.datasets import DATASETS
from costlab.store import Store
from tests.browser.grid_driver import type_cost
from tests.browser.server import Server

WARM = 120_000  # milliseconds a worker may take from its start to its catalogue, on a busy machine


@pytest.fixture
def store(server: Server) -> Store:
    """The app's own database."""
    return Store(f"sqlite:///{server.home / 'costlab.db'}")


@pytest.fixture
def form(page: Page, server: Server) -> Page:
    """The Train page for the digits, ready to start; the first test sees it appear by itself."""
    page.goto(f"{server.url}/train?dataset=digits")
    expect(start(page)).to_be_enabled(timeout=WARM)
    return page


def start(page: Page) -> Locator:
    return page.locator(".st-key-train-start").get_by_role("button")


def set_epochs(page: Page, epochs: int) -> None:
    box = page.get_by_role("spinbutton", name="Epochs")
    box.fill(str(epochs))
    box.press("Enter")
    expect(page.locator(".st-key-train-plan")).to_contain_text("runs")


def test_started_runs_are_seen_to_end_without_a_reload(form: Page, store: Store) -> None:
    expect(form.locator(".st-key-train-plan")).to_contain_text("2 losses × 1 seed = 2 runs")
    set_epochs(form, 3)
    start(form).click()
    expect(form.get_by_text(re.compile("^2 runs ended"))).to_be_visible(timeout=WARM)
    expect(form.get_by_text(re.compile("EUR an image"))).to_have_count(2)
    newest = store.runs()[:2]
    assert {run.state for run in newest} == {"succeeded"}
    assert sorted(run.spec.loss.name for run in newest) == ["ce_plus_expected_cost", "cross_entropy"]
    assert {run.spec.epochs for run in newest} == {3}
    form.get_by_role("link", name="Watch the first run").click()
    expect(form).to_have_url(re.compile(r"/run\?id="))


def test_losses_are_ticked_in_a_list_that_describes_all_of_them(form: Page) -> None:
    form.locator(".st-key-browse-losses").get_by_role("button").click()
    dialog = form.get_by_role("dialog")
    expect(dialog.get_by_text("They look at the costs")).to_be_visible()
    expect(dialog.get_by_text("of made-up problems.").first).to_be_visible()
    dialog.locator(".st-key-browse-expected_cost label").click()
    dialog.locator(".st-key-browse-cross_entropy label").click()
    expect(dialog.locator(".st-key-browse-cross_entropy").get_by_role("checkbox")).not_to_be_checked()
    dialog.get_by_role("button", name="Done").click()
    expect(form.locator(".st-key-train-plan")).to_contain_text("2 losses × 1 seed = 2 runs")
    form.locator(".st-key-expand-loss-expected_cost summary").click()
    passport = form.locator(".st-key-expand-loss-expected_cost")
    expect(passport.get_by_text("Decides as the best possible rule in 100 % of 1,000 made-up problems")).to_be_visible()
    expect(passport.locator(".katex")).to_be_visible()


def test_a_double_click_starts_once(form: Page, store: Store) -> None:
    known = len(store.runs())
    set_epochs(form, 2)
    start(form).dblclick()
    expect(form.get_by_text(re.compile("^2 runs ended"))).to_be_visible(timeout=WARM)
    assert len(store.runs()) == known + 2


def test_all_runs_of_a_start_are_cancelled_with_one_click(form: Page, store: Store) -> None:
    set_epochs(form, 1000)
    start(form).click()
    form.get_by_role("button", name="Cancel all 2 of these").click()
    expect(form.get_by_text(re.compile("^2 runs ended"))).to_be_visible(timeout=WARM)
    newest = store.runs()[:2]
    assert {run.state for run in newest} == {"cancelled"}
    assert {run.group for run in newest} == {newest[0].group}


def test_a_reload_keeps_the_runs_in_sight(form: Page) -> None:
    set_epochs(form, 1000)
    start(form).click()
    expect(form.get_by_role("button", name="Cancel all 2 of these")).to_be_visible()
    form.reload()
    form.get_by_role("button", name="Cancel all 2 of these").click()
    expect(form.get_by_text(re.compile("^2 runs ended"))).to_be_visible(timeout=WARM)


def test_a_deep_link_names_data_set_and_costs(page: Page, server: Server, store: Store) -> None:
    cost = DATASETS["surface_defects"].module.cost().replaced(3, 0, 999.0)
    store.save_matrix("June prices", cost)
    page.goto(f"{server.url}/train?dataset=surface_defects&matrix=June prices")
    expect(start(page)).to_be_enabled(timeout=WARM)
    expect(page.get_by_role("combobox", name="Cost matrix")).to_have_value("June prices")
    expect(page.get_by_text("A 'crack'").or_(page.get_by_text("(999 EUR)"))).to_be_visible()


def test_costs_being_edited_are_carried_over_and_trained_with(page: Page, server: Server, store: Store) -> None:
    page.goto(f"{server.url}/costs?dataset=digits")
    expect(page.get_by_test_id("plot-costs-twin")).to_have_attribute("data-state", "ready", timeout=60_000)
    type_cost(page, 3, 8, "1/2")
    expect(page.locator(".st-key-cell-sentence")).to_contain_text("costs 0.5 EUR")
    page.get_by_role("button", name="Train with these costs").click()
    expect(start(page)).to_be_enabled(timeout=WARM)
    expect(page.get_by_role("combobox", name="Cost matrix")).to_have_value(re.compile("Being edited"))
    known = len(store.runs())
    set_epochs(page, 1)
    start(page).click()
    expect(page.get_by_text(re.compile("^2 runs ended"))).to_be_visible(timeout=WARM)
    assert len(store.runs()) == known + 2
    assert store.runs()[0].spec.cost.values[3, 8] == 0.5
