"""Compare in a real browser: from chosen runs to a table, a difference of two, the curve, the file, a copied link."""

import csv

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sklearn.metrics import confusion_matrix

from costlab.costs import CostMatrix
from costlab.predictions import Predictions
from costlab.specs import RunSpec
from tests.browser.server import Server
from tests.finished import given_run, made_up

CLASSES = ("ok", "crack", "<b>stain</b>")
COST = CostMatrix([[0, 1, 2], [40, 0, 5], [6, 3, 0]], CLASSES, unit="EUR", name="parts")
KINDS = [("cross_entropy", 0, 3.0), ("cross_entropy", 1, 3.0), ("expected_cost", 0, 5.0)]
expect.set_options(timeout=20_000)


def noisy(number: int, sure: float) -> Predictions:
    """A model of its own on the images that all models have."""
    base = made_up(300, CLASSES, seed=5, sure=sure)
    noise = np.random.default_rng(number).normal(size=base.logits.shape)
    return Predictions((base.logits + noise).astype(np.float32), base.target, CLASSES, base.split, base.index)


GIVEN = [noisy(number, sure) for number, (*_, sure) in enumerate(KINDS)]


@pytest.fixture(scope="module")
def lab(alone: Server) -> tuple[Server, list[str]]:
    """The app without a worker, with three finished runs."""
    specs = [RunSpec(dataset="surface_defects", loss=loss, seed=seed, cost=COST) for loss, seed, _ in KINDS]
    ids = [given_run(alone.home, each, COST, spec) for each, spec in zip(GIVEN, specs, strict=True)]
    return alone, ids


def argmax_counts(number: int) -> np.ndarray:
    test = GIVEN[number].part("test")
    return confusion_matrix(test.target, test.logits.argmax(axis=1))


def ready(page: Page, key: str) -> None:
    expect(page.get_by_test_id(f"plot-{key}")).to_have_attribute("data-state", "ready")


def test_from_chosen_runs_to_the_table_the_file_and_back(lab: tuple[Server, list[str]], page: Page):
    server, ids = lab
    page.goto(f"{server.url}/runs?compare={','.join(ids)}")
    page.get_by_text("Compare what they cost").click()
    page.wait_for_url(f"{server.url}/compare?run=*")
    ready(page, f"costs-run-{ids[2]}")  # newest first
    expect(page.get_by_text("'expected_cost, seed 0' beats the bar.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this table (CSV)").click()
    with download.value.path().open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {line["key"] for line in lines} == {f"run:{id}" for id in ids}
    cheapest = float(lines[0]["at 'These costs' (EUR): mean cost an image, estimate"])
    cells = [row.inner_text() for row in page.get_by_role("row").all()]
    (shown,) = (text for text in cells if text.startswith("expected_cost, seed 0") and "beats it" in text)
    assert f"{1000 * cheapest:.3g} (" in shown
    page.get_by_text("Change prices and rule").click()
    page.wait_for_url(f"{server.url}/whatif?*")
    assert ids[2] in page.url


def test_the_difference_of_two_runs_is_that_of_their_confusion_matrices(lab: tuple[Server, list[str]], page: Page):
    server, ids = lab
    place = f"run-{ids[0]}"
    page.goto(
        f"{server.url}/compare?run={','.join(ids)}&rule=argmax&calibration=none"
        f"&from-{place}=run:{ids[0]}&to-{place}=run:{ids[2]}"
    )
    ready(page, f"difference-{place}")
    chart = page.get_by_test_id(f"plot-difference-{place}")
    shown = chart.evaluate("node => node._fullData[0].z.map((row) => [...row].map((each) => each ?? 0))")
    assert shown == (argmax_counts(2) - argmax_counts(0)).tolist()
    expect(page.get_by_text("blue is fewer, orange more.").first).to_be_visible()


def test_choosing_in_the_page_changes_the_address_and_a_copied_link_shows_the_same(
    lab: tuple[Server, list[str]], page: Page
):
    server, ids = lab
    page.goto(f"{server.url}/compare?run={','.join(ids)}")
    ready(page, f"path-run-{ids[0]}")
    page.get_by_role("radio", name="the price of one mistake").click()
    page.wait_for_function("() => new URL(location).searchParams.get('move') === 'price'")
    chart = page.get_by_test_id(f"plot-path-run-{ids[0]}")
    page.wait_for_function(
        "node => (node.layout?.xaxis?.title?.text ?? '').startsWith('price of')", arg=chart.element_handle()
    )
    said = chart.get_attribute("aria-label")
    page.goto(page.url)
    ready(page, f"path-run-{ids[0]}")
    expect(page.get_by_test_id(f"plot-path-run-{ids[0]}")).to_have_attribute("aria-label", said or "")


def test_a_first_visit_shows_the_rules_of_the_example(lab: tuple[Server, list[str]], page: Page):
    server, _ = lab
    page.goto(f"{server.url}/compare")
    ready(page, "costs-example-surface_defects")
    expect(page.get_by_text("One model here")).to_be_visible()
    page.get_by_role("link", name="Train two losses").click()
    page.wait_for_url(f"{server.url}/train*")
