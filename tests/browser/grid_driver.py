"""Drive the cost grid in a browser: it is painted on a canvas, so cells are reached with the keyboard.

The grid keeps a hidden table beside its canvas for screen readers; texts are read from there. Column 0 of that table
is the frozen column of names, so the cell (truth, decision) is its column `decision + 1`.
"""

from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect


def surface(page: Page) -> Locator:
    """What a mouse meets over the grid's canvas."""
    return page.get_by_test_id("stDataFrame").locator(".dvn-scroller")


def cell_text(page: Page, truth: int, decision: int) -> Locator:
    """The hidden cell that says what the grid shows at (truth, decision)."""
    return page.locator(f"[data-testid='glide-cell-{decision + 1}-{truth}']")


def select_cell(page: Page, truth: int, decision: int) -> None:
    """Make (truth, decision) the grid's current cell."""
    surface(page).click(position={"x": 12, "y": 50})  # the name in the first row
    page.keyboard.press("Control+Home")
    for _ in range(truth):
        page.keyboard.press("ArrowDown")
    for _ in range(decision + 1):
        page.keyboard.press("ArrowRight")
    expect(cell_text(page, truth, decision)).to_have_attribute("aria-selected", "true")


def painted(page: Page) -> None:
    """Wait until the browser has painted what it knows; the grid's editor takes a key only then."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def type_cost(page: Page, truth: int, decision: int, text: str) -> None:
    """Type `text` over a cell and press Enter."""
    select_cell(page, truth, decision)
    enter(page, text)
    expect(cell_text(page, truth, decision)).to_have_text(text)


def write(page: Page, text: str) -> Locator:
    """Type `text` over the current cell, and stop before Enter; returns the cell's editor."""
    editor = page.locator("#portal textarea, #portal input").first
    for end, key in enumerate(text, start=1):  # no hand types the next key before the editor shows this one
        page.keyboard.type(key)
        expect(editor).to_have_value(text[:end])
    painted(page)
    return editor


def enter(page: Page, text: str) -> None:
    """Type `text` over the current cell and press Enter."""
    editor = write(page, text)
    page.keyboard.press("Enter")
    expect(editor).to_have_count(0)


def clear_cost(page: Page, truth: int, decision: int) -> None:
    """Empty a cell with the Delete key; wait for its effect yourself."""
    select_cell(page, truth, decision)
    page.keyboard.press("Delete")


def paste_block(page: Page, truth: int, decision: int, block: Sequence[Sequence[str]]) -> None:
    """Paste a block as a spreadsheet copies it, its corner at (truth, decision); wait for its effect yourself.

    The context needs the permissions "clipboard-read" and "clipboard-write".
    """
    select_cell(page, truth, decision)
    text = "\n".join("\t".join(row) for row in block)
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+V")


def shown(page: Page, rows: int, columns: int) -> list[list[str]]:
    """The texts of all cells; a paste reaches the hidden table only when another cell is selected."""
    select_cell(page, rows - 1, columns - 1)
    select_cell(page, 0, 0)
    return [[cell_text(page, t, d).text_content() or "" for d in range(columns)] for t in range(rows)]
