"""What if in a real browser: type a price and read the numbers, click a cell, share the link, and all by keyboard."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from scipy.special import softmax

from costlab.costs import CostMatrix
from costlab.examples import FOLDER
from tests.browser.grid_driver import cell_text, type_cost
from tests.browser.server import Server

COST = CostMatrix.from_json((FOLDER / "surface_defects.json").read_text())
RAW = dict(np.load(FOLDER / "surface_defects.npz"))
TESTED = RAW["split"] == "test"
TARGET = RAW["target"][TESTED]
PROBS = softmax(RAW["logits"][TESTED].astype(float), axis=1)
PLAIN = "calibration=none"  # the network's own probabilities, which plain numpy can follow
expect.set_options(timeout=30_000)


def heat_map(page: Page) -> Locator:
    chart = page.get_by_test_id("plot-whatif-confusion")
    expect(chart).to_have_attribute("data-state", "ready")
    return chart


def visit(page: Page, server: Server, query: str = PLAIN) -> Locator:
    page.goto(f"{server.url}/whatif?{query}")
    return heat_map(page)


def figure(page: Page, place: int) -> Locator:
    """One of the figures at the top."""
    return page.get_by_test_id("figure").nth(place)


def confusion(values: np.ndarray) -> np.ndarray:
    """(K, D) by plain numpy: least expected cost at prices `values` (K, D), counted one by one."""
    counts = np.zeros(values.shape, dtype=int)
    for truth, decision in zip(TARGET, (PROBS @ values).argmin(axis=1), strict=True):
        counts[truth, decision] += 1
    return counts


def told(counts: np.ndarray, values: np.ndarray) -> re.Pattern[str]:
    """The mean cost of 1,000 images as the page shows it, with any space between thousands."""
    thousand = 1000 * (counts * values).sum() / counts.sum()
    text = f"{thousand:,.{max(0, 4 - len(str(int(thousand))))}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return re.compile("^" + re.escape(text).replace(",", r"\s?") + " EUR$")


def shows(page: Page, chart: Locator, counts: np.ndarray) -> None:
    """Wait until the heat map holds these numbers."""
    page.wait_for_function(
        "([node, wanted]) => JSON.stringify(node._fullData[0].z.map((row) => [...row].map((v) => v || 0))) === wanted",
        arg=[chart.element_handle(), str(counts.tolist()).replace(" ", "")],
    )


def click_cell(page: Page, chart: Locator, truth: int, decision: int, decisions: int = 5) -> None:
    chart.scroll_into_view_if_needed()
    area = chart.locator(".nsewdrag").bounding_box()
    assert area is not None
    x, y = area["width"] * (decision + 0.5) / decisions, area["height"] * (truth + 0.5) / 5
    page.mouse.click(area["x"] + x, area["y"] + y)


def in_address(page: Page, key: str, value: str | None) -> None:
    page.wait_for_function(
        "([key, value]) => new URL(location).searchParams.get(key) === value", arg=[key, value], timeout=30_000
    )


def test_a_typed_price_changes_decisions_figures_sentence_and_address(alone: Server, page: Page) -> None:
    chart = visit(page, alone)
    before = confusion(COST.values)
    shows(page, chart, before)
    chart.evaluate("node => { node.mark = 1 }")
    type_cost(page, 3, 0, "1000")
    values = COST.values.copy()
    values[3, 0] = 1000
    after = confusion(values)
    assert (before != after).any()
    shows(page, chart, after)
    expect(figure(page, 0)).to_have_text(told(after, values))
    sentence = page.locator(".costlab-said")
    expect(sentence).to_contain_text("'crack' called 'ok'")
    expect(sentence).to_contain_text("from 100 to 1")
    expect(sentence).to_have_attribute("aria-live", "polite")
    in_address(page, "edit", "3.0:1000")
    assert chart.evaluate("node => node.mark") == 1  # the same node


def test_a_price_for_a_human_adds_a_column_and_the_share_referred(alone: Server, page: Page) -> None:
    chart = visit(page, alone)
    box = page.get_by_role("textbox", name="Asking a human costs")
    box.fill("1/2")
    box.press("Enter")
    values = np.hstack([COST.values, np.full((5, 1), 0.5)])
    counts = confusion(values)
    shows(page, chart, counts)
    expect(figure(page, 0)).to_have_text(told(counts, values))
    expect(figure(page, 3)).to_have_text(f"{100 * counts[:, 5].sum() / counts.sum():.0f} %")
    click_cell(page, chart, 0, 5, decisions=6)
    in_address(page, "cell", "0.5")
    words = f"{counts[0, 5]} images of 'ok' were decided 'refer to a human'"
    expect(page.get_by_text(words)).to_be_visible()


def test_a_click_on_a_cell_shows_its_images_and_its_price(alone: Server, page: Page) -> None:
    chart = visit(page, alone)
    counts = confusion(COST.values)
    truth, decision = 1, 3
    assert counts[truth, decision] > 0
    click_cell(page, chart, truth, decision)
    in_address(page, "cell", f"{truth}.{decision}")
    expect(page.get_by_text(f"{counts[truth, decision]} test images of 'scratch' were called 'crack'")).to_be_visible()
    expect(page.get_by_text("A 'scratch' called 'crack' costs 2 EUR")).to_be_visible()


@pytest.mark.parametrize("mode", ["row", "column", "total", "cost"])
def test_a_mode_stands_in_the_address_and_shows_its_shares(alone: Server, page: Page, mode: str) -> None:
    counts = confusion(COST.values).astype(float)
    parts = counts * COST.values if mode == "cost" else counts
    axis = {"row": 1, "column": 0}.get(mode)
    whole = parts.sum(axis=axis, keepdims=True)
    wanted = np.divide(parts, whole, out=np.zeros_like(parts), where=whole > 0)
    chart = visit(page, alone, f"{PLAIN}&mode={mode}")
    got = chart.evaluate("node => node._fullData[0].z.map((row) => [...row])")
    assert np.array(got) == pytest.approx(wanted)


def test_the_change_is_signed_and_follows_the_last_move(alone: Server, page: Page) -> None:
    chart = visit(page, alone, f"{PLAIN}&mode=change")
    expect(page.get_by_test_id("stApp")).not_to_have_attribute("data-test-script-state", "running")
    type_cost(page, 3, 0, "1000")
    values = COST.values.copy()
    values[3, 0] = 1000
    shows(page, chart, confusion(values) - confusion(COST.values))
    page.get_by_role("radio", name="Counts").click()
    in_address(page, "mode", None)
    shows(page, chart, confusion(values))


def test_a_copied_link_opens_the_same_view_in_a_fresh_browser(alone: Server, page: Page, browser: Browser) -> None:
    query = f"{PLAIN}&edit=3.0:400&refer=0.5&shares=0.9,0.04,0.03,0.01,0.02&scale=2&mode=cost&cell=1.3"
    visit(page, alone, query)
    expect(page.get_by_test_id("stAppIconLoading")).to_have_count(0)
    in_address(page, "example", "surface_defects")
    shown = page.get_by_test_id("figure").all_text_contents()
    fresh = browser.new_context(viewport={"width": 800, "height": 900})
    other = fresh.new_page()
    other.goto(page.url)
    chart = heat_map(other)
    for place, text in enumerate(shown):
        expect(figure(other, place)).to_have_text(text)
    same = "node => JSON.stringify(node._fullData[0].z.map((row) => [...row]))"
    assert chart.evaluate(same) == heat_map(page).evaluate(same)
    expect(cell_text(other, 3, 0)).to_have_text("400")
    fresh.close()


def test_the_navigation_between_the_pages_loses_nothing(alone: Server, page: Page) -> None:
    visit(page, alone, f"{PLAIN}&edit=3.0:400&refer=0.5")
    shown = figure(page, 0).text_content()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Costs").click()
    expect(page).to_have_title("Costs · costlab")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="What if").click()
    in_address(page, "edit", "3.0:400")
    heat_map(page)
    expect(figure(page, 0)).to_have_text(shown or "")


def test_the_whole_way_by_keyboard(alone: Server, page: Page) -> None:
    chart = visit(page, alone)
    chart.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    in_address(page, "cell", "1.0")
    box = page.get_by_label("Cost", exact=True)
    expect(box).to_have_value("8")
    box.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    in_address(page, "edit", "1.0:40")
    values = COST.values.copy()
    values[1, 0] = 40
    shows(page, chart, confusion(values))
    undo = page.get_by_role("button", name="Undo")
    undo.focus()
    page.keyboard.press("Enter")
    shows(page, chart, confusion(COST.values))


def test_the_figures_stay_in_sight_while_one_reads_on(alone: Server, page: Page) -> None:
    visit(page, alone)
    page.get_by_role("heading", name="Cost curves").scroll_into_view_if_needed()
    page.get_by_test_id("stMain").evaluate("node => node.scrollBy(0, 700)")
    expect(figure(page, 0)).to_be_in_viewport()


def test_large_type_enlarges_text_and_charts(alone: Server, page: Page) -> None:
    size = "node => [parseFloat(getComputedStyle(document.documentElement).fontSize), node._fullLayout.font.size]"
    usual = visit(page, alone).evaluate(size)
    page.get_by_text("Large type").click()
    page.wait_for_function(
        "([node, before]) => node._fullLayout.font.size > before", arg=[heat_map(page).element_handle(), usual[1]]
    )
    large = heat_map(page).evaluate(size)
    assert large[0] / usual[0] == pytest.approx(20 / 15)
    assert large[1] / usual[1] == pytest.approx(20 / 15, rel=0.05)
    page.goto(f"{alone.url}/whatif?type=large")
    assert heat_map(page).evaluate(size) == large


def test_the_class_mix_stays_open_under_the_hand_that_moves_a_slider(alone: Server, page: Page) -> None:
    visit(page, alone)
    page.get_by_role("button", name="Change the class mix").click()
    sliders = page.get_by_test_id("stPopoverBody").locator("input[type=range]")
    shares = "() => new URL(location).searchParams.get('shares')"
    for place in (0, 3):
        before = page.evaluate(shares)
        sliders.nth(place).focus()
        page.keyboard.press("ArrowRight")  # the browser tells the server of it a moment later
        page.wait_for_function(f"before => ({shares})() !== before", arg=before)
        expect(page.get_by_text("Class mix: your own")).to_be_visible()
    expect(sliders).to_have_count(len(COST.classes))
    page.get_by_role("button", name="As in the test set").click()
    expect(page.get_by_text("Class mix: as in the test set")).to_be_visible()
    expect(sliders).to_have_count(len(COST.classes))
