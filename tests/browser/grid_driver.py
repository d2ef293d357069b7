"""Drive a table of texts to type into: the grid of costs, the list of exceptions, the ranges of prices.

Cells are named by row and column, in the grid by truth and decision.
"""

from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect


def cell_text(page: Page, row: int, column: int) -> Locator:
    """The cell at (row, column)."""
    return page.get_by_test_id(f"cell-{row}.{column}")


def select_cell(page: Page, row: int, column: int) -> None:
    """Make (row, column) the table's current cell."""
    cell = cell_text(page, row, column)
    if not cell.evaluate("node => node === document.activeElement"):  # else a click would open it
        cell.click()
    expect(cell).to_be_focused()


def type_cost(page: Page, row: int, column: int, text: str) -> None:
    """Type `text` over a cell and press Enter."""
    select_cell(page, row, column)
    enter(page, text)
    expect(cell_text(page, row, column)).to_have_text(text)


def write(page: Page, text: str) -> Locator:
    """Type `text` over the current cell, and stop before Enter; returns the cell's editor."""
    page.keyboard.type(text)
    editor = page.locator(".costlab-cells input")
    expect(editor).to_have_value(text)
    return editor


def enter(page: Page, text: str) -> None:
    """Type `text` over the current cell and press Enter."""
    editor = write(page, text)
    page.keyboard.press("Enter")
    expect(editor).to_have_count(0)


def clear_cost(page: Page, row: int, column: int) -> None:
    """Empty a cell with the Delete key; wait for its effect yourself."""
    select_cell(page, row, column)
    page.keyboard.press("Delete")


def paste_block(page: Page, row: int, column: int, block: Sequence[Sequence[str]]) -> None:
    """Paste a block as a spreadsheet copies it, its corner at (row, column); wait for its effect yourself.

    The context needs the permissions "clipboard-read" and "clipboard-write".
    """
    select_cell(page, row, column)
    text = "\n".join("\t".join(line) for line in block)
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+V")


def shown(page: Page, rows: int, columns: int) -> list[list[str]]:
    """The texts of all cells."""
    return [[cell_text(page, row, column).text_content() or "" for column in range(columns)] for row in range(rows)]
