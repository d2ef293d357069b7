"""The job of a stakeholder, in one go: change prices, read what follows, look at images, compare, take the report home.

Every number is worked out here a second time, from the file of predictions, by plain numpy and scipy.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from costlab.examples import FOLDER
from costlab.specs import Choice, RunSpec
from tests.browser.chart_driver import click_cell
from tests.browser.grid_driver import cell_text, enter, type_cost
from tests.browser.look import OPENED, settle
from tests.browser.server import Server
from tests.finished import trained_run

MINUTE = 60_000  # milliseconds
CRACK, OK = 3, 0
SPEC = RunSpec(dataset=Choice(name="surface_defects", options={"train_size": 600}), epochs=2)


@pytest.fixture(scope="module")
def lab(alone: Server) -> tuple[Server, list[str]]:
    """The app without a worker, with two runs that were trained for a moment; and their ids."""
    return alone, [trained_run(alone.home, spec) for spec in (SPEC, SPEC.model_copy(update={"seed": 1}))]


class Oracle:
    """Temperature scaling, least expected cost and what it pays, with nothing of costlab."""

    def __init__(self, file: Path, costs: np.ndarray):
        data = np.load(file)
        self.costs = np.array(costs, dtype=float)
        test = data["split"] == "test"
        valid = data["split"] == "valid"
        logits = data["logits"].astype(float)
        logits -= logits.mean(axis=1, keepdims=True)
        self.target = data["target"][test]
        scale = self._scale(logits[valid], data["target"][valid])
        self.raw, self.probs = softmax(logits[test], axis=1), softmax(scale * logits[test], axis=1)

    @staticmethod
    def _scale(logits: np.ndarray, target: np.ndarray) -> float:
        n, size = len(target), np.sqrt(np.mean(logits**2))

        def loss(scale: float) -> float:
            says = log_softmax(scale * logits, axis=1)[np.arange(n), target]
            return float(-says.mean() + (scale * size) ** 2 / (18 * n))

        return float(minimize_scalar(loss, bounds=(1e-4, 20), method="bounded", options={"xatol": 1e-10}).x)

    def decided(self, costs: np.ndarray | None = None) -> np.ndarray:
        return (self.probs @ (self.costs if costs is None else costs)).argmin(axis=1)

    def thousand(self, decided: np.ndarray) -> float:
        return 1000 * float(self.costs[self.target, decided].mean())


def metric(page: Page, place: int) -> Locator:
    return page.get_by_test_id("figure").nth(place)


def figure(text: str) -> float:
    """The first number in a text; thousands are apart by thin spaces."""
    found = re.search(r"-?\d+(\.\d+)?", plain(text))
    assert found is not None, text
    return float(found[0])


def plain(text: str) -> str:
    """The text with a hyphen for the minus sign, and numbers written together."""
    return re.sub(r"(?<=\d)[\u2009\u202f\xa0](?=\d)", "", text.replace("\u2212", "-"))


def expect_cost(page: Page, place: int, wanted: float) -> None:
    """The figure at the top comes to say `wanted`, to the digits that it shows."""
    value = metric(page, place)
    for _ in range(100):
        if value.count() and abs(figure(value.inner_text()) - wanted) <= 5e-4 * max(1, abs(wanted)):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"Expected {wanted:.5g}, the page says {value.inner_text()}")


def open_example(page: Page, url: str) -> Oracle:
    page.goto(url)
    expect(page.get_by_test_id("plot-whatif-confusion")).to_have_attribute("data-state", "ready", timeout=MINUTE)
    expect(page).to_have_url(re.compile(r"/whatif\?.*example=surface_defects"))
    costs = json.loads((FOLDER / "surface_defects.json").read_text())["values"]
    oracle = Oracle(FOLDER / "surface_defects.npz", costs)
    expect_cost(page, 0, oracle.thousand(oracle.decided()))
    expect_cost(page, 1, min(1000 * oracle.costs[oracle.target].mean(axis=0)))
    expect_cost(page, 2, oracle.thousand(oracle.raw.argmax(axis=1)))
    return oracle


def type_a_price(page: Page, oracle: Oracle) -> None:
    """Missing a crack costs 400 instead of 100: the sentence says how many decisions that changes."""
    before = oracle.decided()
    type_cost(page, CRACK, OK, "400")
    oracle.costs[CRACK, OK] = 400
    after = oracle.decided()
    expect_cost(page, 0, oracle.thousand(after))
    expect_cost(page, 2, oracle.thousand(oracle.raw.argmax(axis=1)))
    sentence = page.locator(".costlab-said")
    expect(sentence).to_contain_text("'crack' called 'ok' from 100 to 400 EUR")
    said = plain(sentence.inner_text())
    changed = int((before != after).sum())
    assert re.search(rf"\b{changed} of (the )?1200\b", said), said


def see_the_costliest_images(page: Page, oracle: Oracle) -> None:
    """A click on the costliest cell shows its images."""
    decided = oracle.decided()
    paid = np.zeros((5, 5))
    np.add.at(paid, (oracle.target, decided), oracle.costs[oracle.target, decided])
    truth, decision = np.unravel_index(paid.argmax(), paid.shape)
    click_cell(page, page.get_by_test_id("plot-whatif-confusion"), int(truth), int(decision), (5, 5))
    number = int(((oracle.target == truth) & (decided == decision)).sum())
    expect(page.get_by_test_id("gallery")).to_be_visible(timeout=MINUTE)
    expect(page.get_by_text(re.compile(rf"{number} test images? of ")).first).to_be_visible()
    expect(page.locator(".costlab-gallery-large")).to_be_visible()


def ask_a_human(page: Page, oracle: Oracle, price: float) -> None:
    field = page.get_by_role("textbox", name="Asking a human costs")
    field.fill(f"{price:g}")
    field.press("Enter")
    oracle.costs = np.hstack([oracle.costs, np.full((5, 1), price)])
    decided = oracle.decided()
    assert 0 < (decided == 5).mean() < 1
    expect_cost(page, 0, oracle.thousand(decided))
    expect(metric(page, 3)).to_contain_text(f"{100 * (decided == 5).mean():.0f}")


def take_the_report_home(page: Page, browser: Browser, oracle: Oracle, folder: Path) -> None:
    """The file opens without a network and says the same."""
    page.get_by_role("link", name="Hand over a report").click()
    page.get_by_role("textbox", name="Agreed by").fill("The people in the room")
    page.get_by_role("textbox", name="Agreed by").press("Enter")
    settle(page)
    with page.expect_download(timeout=MINUTE) as waiting:
        page.get_by_role("button", name="Download the report").click()
    file = folder / "report.html"
    waiting.value.save_as(file)
    offline = browser.new_context(offline=True)
    asked: list[str] = []
    offline.on("request", lambda request: asked.append(request.url))
    paper = offline.new_page()
    paper.on("pageerror", lambda error: pytest.fail(f"The report threw: {error}"))
    paper.goto(file.as_uri())
    facts = json.loads(paper.locator("#costlab-report").text_content() or "")
    decided = oracle.decided()
    counts = np.zeros((5, 6), dtype=int)
    np.add.at(counts, (oracle.target, decided), 1)
    assert facts["confusion"] == counts.tolist()
    assert facts["cost"]["values"] == oracle.costs.tolist()
    assert facts["agreed_by"] == "The people in the room"
    agreed = facts["decided"][0]
    assert agreed["cost"] == pytest.approx(oracle.thousand(decided))
    shown = plain(paper.locator("body").inner_text())
    assert f"{oracle.thousand(decided):.4g}" in shown
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    offline.close()


def compare_two_runs(page: Page, server: Server, ids: list[str]) -> None:
    """Each run's cost per 1,000 images, as its predictions give it."""
    page.goto(f"{server.url}/compare?run={','.join(ids)}")
    expect(page.get_by_role("table").first).to_be_visible(timeout=MINUTE)
    shown = plain(page.get_by_role("table").first.inner_text())
    for id in ids:
        report = json.loads((server.home / "runs" / id / "run.json").read_text())
        oracle = Oracle(server.home / "runs" / id / "predictions.npz", report["spec"]["cost"]["values"])
        wanted = oracle.thousand(oracle.decided())
        numbers = [float(text) for text in re.findall(r"\d+(?:\.\d+)?", shown)]
        assert any(abs(each - wanted) <= 6e-3 * wanted for each in numbers), (wanted, shown)


def test_a_stakeholder_does_the_whole_job(
    lab: tuple[Server, list[str]], page: Page, browser: Browser, tmp_path: Path
) -> None:
    server, ids = lab
    oracle = open_example(page, server.url)
    type_a_price(page, oracle)
    see_the_costliest_images(page, oracle)
    ask_a_human(page, oracle, 0.8)
    take_the_report_home(page, browser, oracle, tmp_path)
    compare_two_runs(page, server, ids)


def tab_to(page: Page, wanted: Locator, most: int = 150) -> None:
    """Press Tab until `wanted`, or something in it, has the focus."""
    for _ in range(most):
        if wanted.count() and wanted.evaluate("node => node.contains(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Not reached with {most} tabs: {wanted}")


def test_the_same_job_is_done_without_a_mouse(
    lab: tuple[Server, list[str]], page: Page, browser: Browser, tmp_path: Path
) -> None:
    server, _ = lab
    oracle = open_example(page, server.url)
    page.wait_for_function(OPENED)

    tab_to(page, page.get_by_role("textbox", name="Asking a human costs"))
    page.keyboard.type("0.8")
    page.keyboard.press("Enter")
    oracle.costs = np.hstack([oracle.costs, np.full((5, 1), 0.8)])
    expect_cost(page, 0, oracle.thousand(oracle.decided()))

    tab_to(page, page.get_by_role("grid"))
    for key in ("Control+Home", *["ArrowDown"] * CRACK, *["ArrowRight"] * OK):
        page.keyboard.press(key)
    expect(cell_text(page, CRACK, OK)).to_be_focused()
    enter(page, "400")
    oracle.costs[CRACK, OK] = 400
    expect_cost(page, 0, oracle.thousand(oracle.decided()))

    chart = page.get_by_test_id("plot-whatif-confusion")
    tab_to(page, chart)
    page.keyboard.press("ArrowDown")  # to the first cell
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)  # a chart says where it is after Plotly has
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"cell=0\.[01]"))
    gallery = page.get_by_test_id("gallery")
    expect(gallery).to_have_attribute("data-at", "0", timeout=MINUTE)
    page.keyboard.press("n")
    expect(gallery).to_have_attribute("data-at", "1")

    tab_to(page, page.get_by_role("link", name="Hand over a report"))
    page.keyboard.press("Enter")
    download = page.get_by_role("button", name="Download the report")
    expect(download).to_be_visible(timeout=MINUTE)
    page.wait_for_function(OPENED)
    tab_to(page, download)
    with page.expect_download(timeout=MINUTE) as waiting:
        page.keyboard.press("Enter")
    facts = re.search(r'id="costlab-report">(.*?)</script>', waiting.value.path().read_text(encoding="utf-8"))
    assert facts is not None
    assert json.loads(facts[1])["decided"][0]["cost"] == pytest.approx(oracle.thousand(oracle.decided()))
