"""Drive a chart in a browser with the mouse, by its drawing area."""

from playwright.sync_api import Locator, Page

ZOOM = "node => JSON.stringify([node._fullLayout.xaxis.range, node._fullLayout.yaxis.range])"


def zoom_in(page: Page, chart: Locator) -> str:
    """Drag a frame over the upper left of the chart; returns the ranges of its axes, which must have changed."""
    before = chart.evaluate(ZOOM)
    chart.scroll_into_view_if_needed()
    area = chart.locator(".nsewdrag").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + 15, area["y"] + 15)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.65, area["y"] + area["height"] * 0.65, steps=6)
    page.mouse.up()
    after = str(chart.evaluate(ZOOM))
    assert after != before
    return after


def click_cell(page: Page, chart: Locator, truth: int, decision: int, shape: tuple[int, int]) -> None:
    """Click on the cell (truth, decision) of a heat map of this shape; the first row is drawn at the top."""
    chart.scroll_into_view_if_needed()
    area = chart.locator(".nsewdrag").first.bounding_box()
    assert area is not None
    x = area["x"] + area["width"] * (decision + 0.5) / shape[1]
    page.mouse.click(x, area["y"] + area["height"] * (truth + 0.5) / shape[0])
