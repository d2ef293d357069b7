"""The chart component in a real browser: updated in place, keeping a zoom, each click once, failing in words."""

import math
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.server import Server, running

DEMO = "tests/browser/plot_demo/app.py"
expect.set_options(timeout=20_000)  # on a busy machine the chart library alone can take seconds to read


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("home"), app=DEMO, worker=False) as server:
        yield server


def ready(page: Page, name: str = "changing") -> Locator:
    chart = page.get_by_test_id(f"plot-{name}")
    expect(chart).to_have_attribute("data-state", "ready")
    return chart


def updates(chart: Locator) -> int:
    return int(chart.get_attribute("data-updates") or 0)


def after_updates(page: Page, chart: Locator, more: int) -> None:
    """Wait until the chart was painted `more` times from now on."""
    wanted = updates(chart) + more
    page.wait_for_function("([node, wanted]) => +node.dataset.updates >= wanted", arg=[chart.element_handle(), wanted])


def ranges(chart: Locator) -> list[list[float]]:
    return chart.evaluate("node => [node._fullLayout.xaxis.range, node._fullLayout.yaxis.range]")


def place(chart: Locator, truth: int, decision: int) -> tuple[float, float]:
    """Where a cell of the heat map is on the page, worked out from the drawing area alone."""
    area = chart.locator(".nsewdrag").bounding_box()
    assert area is not None
    return area["x"] + area["width"] * (decision + 0.5) / 3, area["y"] + area["height"] * (truth + 0.5) / 3


def drag(page: Page, chart: Locator) -> None:
    """Zoom into the middle of the chart."""
    chart.scroll_into_view_if_needed()
    area = chart.locator(".nsewdrag").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + area["width"] * 0.2, area["y"] + area["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.7, area["y"] + area["height"] * 0.7, steps=5)
    page.mouse.up()


def test_a_chart_is_updated_in_place_and_keeps_its_zoom(demo: Server, page: Page):
    page.goto(demo.url)
    chart = ready(page)
    chart.evaluate("node => { node.mark = 'node'; node.querySelector('.main-svg').mark = 'svg'; }")
    before = ranges(chart)
    drag(page, chart)
    zoomed = ranges(chart)
    assert zoomed != before
    cell = chart.evaluate("node => node.data[0].z[0][0]")
    after_updates(page, chart, 4)
    assert chart.evaluate("node => [node.mark, node.querySelector('.main-svg').mark]") == ["node", "svg"]
    assert ranges(chart) == zoomed
    assert chart.evaluate("node => node.data[0].z[0][0]") >= cell + 4


def test_a_zoom_and_the_node_outlive_a_run_of_the_whole_script(demo: Server, page: Page):
    page.goto(demo.url)
    chart = ready(page, "still")
    chart.evaluate("node => { node.mark = 1 }")
    drag(page, chart)
    zoomed = ranges(chart)
    page.get_by_role("button", name="Run again").click()
    after_updates(page, ready(page), 3)
    assert chart.evaluate("node => node.mark") == 1
    assert ranges(chart) == zoomed


def test_a_chart_that_did_not_change_is_not_painted_again(demo: Server, page: Page):
    page.goto(demo.url)
    still = ready(page, "still")
    page.get_by_role("button", name="Run again").click()
    after_updates(page, ready(page), 3)
    assert updates(still) == 1


def test_every_click_reaches_python_once_and_names_truth_and_decision(demo: Server, page: Page):
    page.goto(demo.url)
    chart = ready(page)
    expected = []
    for truth, decision in [(1, 0), (0, 1), (2, 2), (1, 0), (0, 2)]:
        page.mouse.click(*place(chart, truth, decision))
        expected.append(f"{['ok', 'crack', 'stain'][truth]}>{['ok', 'crack', 'stain'][decision]}")
        expect(page.get_by_text("clicks:")).to_have_text("clicks: " + " ".join(expected))
    after_updates(page, chart, 3)
    assert page.get_by_text("clicks:").inner_text() == "clicks: " + " ".join(expected)


def test_a_reload_forgets_nothing_it_should_and_clicks_go_on(demo: Server, page: Page):
    page.goto(demo.url)
    page.mouse.click(*place(ready(page), 0, 1))
    expect(page.get_by_text("clicks:")).to_have_text("clicks: ok>crack")
    page.reload()  # a new session, a new count
    page.mouse.click(*place(ready(page), 2, 0))
    expect(page.get_by_text("clicks:")).to_have_text("clicks: stain>ok")


def test_a_chart_says_what_it_shows_and_can_be_walked_with_the_keyboard(demo: Server, page: Page):
    page.goto(demo.url)
    chart = ready(page)
    assert chart.get_attribute("role") == "application"
    assert chart.get_attribute("aria-label") == "A table that counts up."
    page.get_by_role("button", name="Run again").focus()
    page.keyboard.press("Tab")
    assert chart.evaluate("node => node === document.activeElement")
    spoken = chart.locator("xpath=..").locator("[aria-live]")
    for key, cell in [
        ("ArrowRight", "ok called ok"),
        ("ArrowDown", "crack called ok"),
        ("ArrowRight", "crack called crack"),
    ]:
        page.keyboard.press(key)
        expect(spoken).to_have_text(re.compile(f"^{cell}: \\d+$"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("clicks:")).to_have_text("clicks: crack>crack")
    page.keyboard.press("+")
    page.wait_for_function("node => node._fullLayout.xaxis.range[0] > -0.5", arg=chart.element_handle())
    page.keyboard.press("0")
    page.wait_for_function("node => node._fullLayout.xaxis.range[0] === -0.5", arg=chart.element_handle())


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance of `rgb(r, g, b)` or `#rrggbb`."""
    shares = [part / 255 for part in _rgb(colour)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> list[int]:
    if colour.startswith("#"):
        return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return [int(part) for part in re.findall(r"\d+", colour)[:3]]


def test_colours_follow_the_theme_and_can_be_read(demo: Server, page: Page):
    page.emulate_media(color_scheme="light")
    page.goto(demo.url)
    chart = ready(page)
    chart.evaluate("node => { node.mark = 1 }")
    seen = []
    for scheme in ("light", "dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        after_updates(page, chart, 2)
        paper, text = chart.evaluate("node => [node._fullLayout.paper_bgcolor, node._fullLayout.font.color]")
        app = page.get_by_test_id("stApp").evaluate("node => getComputedStyle(node).backgroundColor")
        assert _rgb(paper) == _rgb(app)
        light, dark = sorted([luminance(paper), luminance(text)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 7  # WCAG AAA
        seen.append(paper)
    assert seen[0] == seen[2] != seen[1]
    assert chart.evaluate("node => node.mark") == 1


def test_nothing_jumps_while_the_library_is_on_its_way(demo: Server, page: Page):
    held: list[Route] = []
    page.route("**/costlab/plotly.js*", lambda route: held.append(route))
    page.goto(demo.url)
    chart = page.get_by_test_id("plot-changing")
    expect(page.get_by_text("Loading the chart…").first).to_be_visible()
    expect(page.get_by_test_id("plot-still")).to_have_attribute("data-state", "loading")
    below = page.get_by_test_id("plot-still").bounding_box()
    assert chart.bounding_box()["height"] == 300  # type: ignore[index]
    for route in held:
        route.continue_()
    ready(page)
    ready(page, "still")
    assert page.get_by_test_id("plot-still").bounding_box() == below


def test_without_the_library_a_sentence_says_so_and_trying_again_works(demo: Server, context: BrowserContext):
    page = context.new_page()
    page.route("**/costlab/plotly.js*", lambda route: route.abort())
    page.goto(demo.url)
    expect(page.get_by_test_id("plot-still")).to_have_attribute("data-state", "error")
    expect(page.get_by_text("The chart library did not arrive").first).to_be_visible()
    page.unroute("**/costlab/plotly.js*")
    page.get_by_role("button", name="Try again").last.click()
    ready(page, "still")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_chart_is_as_wide_as_its_place(demo: Server, page: Page):
    page.goto(demo.url)
    chart = ready(page)
    for width in (1440, 700, 1000):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(
            "node => Math.abs(node.querySelector('.main-svg').clientWidth - node.parentElement.clientWidth) <= 1",
            arg=chart.element_handle(),
        )


def test_charts_work_under_a_base_path(tmp_path, page: Page):
    with running(tmp_path, app=DEMO, path="/lab", worker=False) as server:
        page.goto(f"{server.url}/whatif")
        ready(page)
        page.goto(f"{server.url}/")  # leads on to the first page
        ready(page)
        assert page.url == f"{server.url}/whatif"


def picked(page: Page, kind: str, number: int) -> float:
    """The last of `number` values that Python was told of."""
    expect(page.get_by_text(f"{kind} picks:")).to_have_text(re.compile(rf"^{kind} picks:(?: \S+){{{number}}}$"))
    return float(page.get_by_text(f"{kind} picks:").inner_text().split()[-1])


def along(chart: Locator, kind: str, value: float) -> tuple[float, float]:
    """Where a value is on the page, worked out from the drawing area: the axes go from 0, or 1, to 100."""
    chart.scroll_into_view_if_needed()
    area = chart.locator(".nsewdrag").bounding_box()
    assert area is not None
    share = math.log10(value) / 2 if kind == "log" else value / 100
    return area["x"] + area["width"] * share, area["y"] + area["height"] * 0.6


def pixel_at(chart: Locator, kind: str, value: float) -> float:
    """What one pixel is worth at a value, and half a one more for rounding."""
    width = chart.locator(".nsewdrag").bounding_box()["width"]  # type: ignore[index]
    return 1.5 * (value * 2 * math.log(10) if kind == "log" else 100) / width


@pytest.mark.parametrize("kind", ["linear", "log"])
def test_a_click_anywhere_and_the_mark_dragged_set_the_value_under_the_pointer(demo: Server, page: Page, kind: str):
    page.goto(f"{demo.url}/picks")
    chart = ready(page, f"pick-{kind}")
    chart.evaluate("node => { node.mark = 1 }")
    page.mouse.click(*along(chart, kind, 40))
    assert picked(page, kind, 1) == pytest.approx(40, abs=pixel_at(chart, kind, 40))

    page.mouse.move(*along(chart, kind, 40))
    grip = chart.locator("xpath=..").locator(".costlab-plot-grip")
    expect(grip).to_have_css("cursor", "ew-resize")
    before = ranges(chart)
    page.mouse.down()
    page.mouse.move(*along(chart, kind, 20), steps=4)
    guide = chart.locator("xpath=..").locator(".costlab-plot-guide")
    expect(guide).to_be_visible()
    assert float(guide.inner_text()) == pytest.approx(20, abs=1)
    page.mouse.up()
    assert picked(page, kind, 2) == pytest.approx(20, abs=pixel_at(chart, kind, 20))
    assert ranges(chart) == before  # dragging the mark does not zoom
    page.wait_for_function(
        "([node, value]) => Math.abs(node._fullLayout.shapes[0].x0 - value) < 1", arg=[chart.element_handle(), 20]
    )
    expect(guide).to_be_hidden()
    assert chart.evaluate("node => node.mark") == 1


@pytest.mark.parametrize("kind", ["linear", "log"])
def test_dragging_beside_the_mark_zooms_and_the_zoom_outlives_a_pick(demo: Server, page: Page, kind: str):
    page.goto(f"{demo.url}/picks")
    chart = ready(page, f"pick-{kind}")
    before = ranges(chart)
    drag(page, chart)
    zoomed = ranges(chart)
    assert zoomed != before
    expect(page.get_by_text(f"{kind} picks:")).to_have_text(f"{kind} picks:")  # a zoom is no pick
    low, high = (10**end if kind == "log" else end for end in zoomed[0])
    area = chart.locator(".nsewdrag").bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    middle = math.sqrt(low * high) if kind == "log" else (low + high) / 2
    assert picked(page, kind, 1) == pytest.approx(middle, rel=0.02)
    page.wait_for_function(
        "([node, value]) => Math.abs(node._fullLayout.shapes[0].x0 / value - 1) < 0.03",
        arg=[chart.element_handle(), middle],
    )
    assert ranges(chart) == zoomed


def test_escape_lets_go_of_the_mark_and_the_keyboard_walks_from_it(demo: Server, page: Page):
    page.goto(f"{demo.url}/picks")
    chart = ready(page, "pick-log")
    page.mouse.move(*along(chart, "log", 10))
    page.mouse.down()
    page.mouse.move(*along(chart, "log", 50), steps=3)
    page.keyboard.press("Escape")
    page.mouse.up()
    chart.focus()
    page.keyboard.press("ArrowRight")  # from 10, where the mark is
    expect(chart.locator("xpath=..").locator("[aria-live]")).not_to_be_empty()
    page.keyboard.press("Enter")
    assert picked(page, "log", 1) == 100
