"""The table of costs in a real browser: keys, blocks, what cannot be read, and typing faster than the page follows."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from costlab.datasets import DATASETS
from tests.browser.grid_driver import cell_text, enter, select_cell, shown, type_cost
from tests.browser.look import settle
from tests.browser.server import Server

COSTS = [[f"{value:g}" for value in row] for row in DATASETS["surface_defects"].module.cost().values]
SLOW = "() => { const end = performance.now() + 400; while (performance.now() < end); }"  # a browser that is at work


@pytest.fixture
def defects(page: Page, alone: Server) -> Page:
    """The Costs page with five classes: ok, scratch, dent, crack, stain."""
    page.goto(f"{alone.url}/costs?dataset=surface_defects")
    expect(page.get_by_test_id("plot-costs-twin")).to_have_attribute("data-state", "ready", timeout=60_000)
    assert shown(page, 5, 5) == COSTS
    return page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def agrees(page: Page) -> None:
    """Wait until Python's matrix, as the heat map shows it, is what stands in the cells."""
    page.wait_for_function(
        """() => {
          const drawn = document.querySelector("[data-testid=plot-costs-twin]").data[0].text;
          return drawn.every((line, t) => line.every((text, d) =>
            text === document.querySelector(`[data-testid="cell-${t}.${d}"]`).textContent));
        }"""
    )


def test_keys_move_type_and_take_back_as_in_a_spreadsheet(defects: Page) -> None:
    select_cell(defects, 3, 0)
    press(defects, "ArrowRight", "ArrowUp")
    expect(cell_text(defects, 2, 1)).to_be_focused()
    press(defects, "Control+End")
    expect(cell_text(defects, 4, 4)).to_be_focused()
    press(defects, "Control+Home", "ArrowRight", "7", "7", "Escape")
    expect(cell_text(defects, 0, 1)).to_be_focused()
    press(defects, "8", "Tab", "9", "Enter")  # to the right, then down
    expect(cell_text(defects, 1, 2)).to_be_focused()
    press(defects, "F2", "5", "ArrowDown")  # behind what is there
    expect(cell_text(defects, 2, 2)).to_be_focused()
    agrees(defects)
    assert shown(defects, 5, 5)[:2] == [["0", "8", "9", "1", "1"], ["8", "0", "25", "2", "2"]]
    press(defects, "Tab")  # out of the table: nobody is caught in it
    assert not defects.evaluate("() => document.querySelector('[role=grid]').contains(document.activeElement)")


def test_a_block_is_copied_and_pasted_and_one_cost_fills_a_block(defects: Page) -> None:
    select_cell(defects, 3, 0)
    press(defects, "Shift+ArrowRight", "Control+c")
    assert defects.evaluate("() => navigator.clipboard.readText()") == "100\t60"
    select_cell(defects, 4, 3)  # the block ends at the edge
    press(defects, "Control+v")
    agrees(defects)
    assert shown(defects, 5, 5)[4] == ["4", "1", "2", "100", "60"]
    defects.evaluate("() => navigator.clipboard.writeText('7')")
    select_cell(defects, 0, 1)
    press(defects, "Shift+ArrowDown", "Shift+ArrowRight", "Control+v")
    agrees(defects)
    assert [row[:3] for row in shown(defects, 2, 5)] == [["0", "7", "7"], ["8", "7", "7"]]
    defects.get_by_role("button", name="Undo", exact=True).click()  # in one go
    expect(cell_text(defects, 1, 2)).to_have_text("2")
    assert [row[:3] for row in shown(defects, 2, 5)] == [["0", "1", "1"], ["8", "0", "2"]]


def test_the_mouse_chooses_marks_and_opens_a_cell(defects: Page) -> None:
    sentence = defects.locator(".st-key-cell-sentence")
    cell_text(defects, 4, 0).click()
    expect(sentence).to_contain_text("A 'stain' called 'ok'")
    expect(defects.get_by_role("textbox", name="Cost", exact=True)).to_have_value("4")
    cell_text(defects, 1, 1).hover()
    defects.mouse.down()
    cell_text(defects, 2, 3).hover()
    defects.mouse.up()
    expect(defects.get_by_role("gridcell", selected=True)).to_have_count(6)
    cell_text(defects, 3, 0).dblclick()
    editor = defects.get_by_role("textbox", name="truth crack, decision ok")
    expect(editor).to_have_value("100")
    editor.fill("101")
    cell_text(defects, 0, 1).click()  # who goes on elsewhere has ended
    agrees(defects)
    assert shown(defects, 4, 1)[3] == ["101"]


def test_what_is_typed_while_the_page_is_still_on_its_way_is_not_lost(defects: Page) -> None:
    select_cell(defects, 0, 1)
    for number in range(11, 16):  # five costs down a column, faster than any page is painted
        defects.keyboard.type(str(number))
        defects.keyboard.press("Enter")
        if number == 12:
            defects.evaluate(SLOW)
    agrees(defects)
    assert [row[1] for row in shown(defects, 5, 2)] == ["11", "12", "13", "14", "15"]
    settle(defects, 300)
    for wanted in ("14", "13"):  # each was an edit of its own
        defects.get_by_role("button", name="Undo", exact=True).click()
        expect(cell_text(defects, 4 if wanted == "14" else 3, 1)).to_have_text(COSTS[4 if wanted == "14" else 3][1])


def test_an_open_cell_stays_open_while_the_page_is_painted(defects: Page) -> None:
    type_cost(defects, 3, 0, "250")
    defects.keyboard.type("3")  # at once, in the cell below
    expect(defects.locator(".st-key-cell-sentence")).to_contain_text("250 EUR")
    settle(defects, 300)
    defects.keyboard.type("3")
    defects.keyboard.press("Enter")
    agrees(defects)
    assert shown(defects, 5, 1)[3:] == [["250"], ["33"]]


def test_a_cost_that_cannot_be_read_says_why_where_it_stands(defects: Page) -> None:
    type_cost(defects, 3, 0, "1,000")
    cell = cell_text(defects, 3, 0)
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(cell).to_have_accessible_name(
        "truth crack, decision ok: 1,000. The cost of 'crack' called 'ok': '1,000' could mean 1000 or 1.000; "
        "write one of these."
    )
    assert [each["id"] for each in Axe().run(defects, context=".costlab-cells").response["violations"]] == []
    select_cell(defects, 3, 0)
    enter(defects, "1000")
    expect(cell).not_to_have_attribute("aria-invalid", "true")
