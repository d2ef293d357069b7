"""The gallery in a real browser: the right images in the right order, moved through by button, key and click."""

import base64
import io
import re
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from costlab.datasets import DATASETS
from costlab.fitted import Fitted
from costlab.scenario import Scenario, answer, cell_images
from costlab.sources import example_source
from tests.browser.server import Server, running


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demonstration page of the gallery."""
    with running(tmp_path_factory.mktemp("home"), app="tests/browser/gallery_demo/app.py", worker=False) as started:
        yield started


@pytest.fixture
def passed(page: Page, demo: Server) -> Page:
    """The parts in order that were called 'crack': cell 0.3 of the surface defects, hundreds of images."""
    return opened(page, f"{demo.url}/images?cell=0.3")


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    expect(page.get_by_test_id("gallery")).to_be_visible(timeout=60_000)
    return page


def at(page: Page, place: int) -> None:
    expect(page.get_by_test_id("gallery")).to_have_attribute("data-at", str(place))


def looked_at(page: Page) -> tuple[int, np.ndarray]:
    """The index that is named below the large image, and its pixels (C, H, W)."""
    index = int(re.findall(r"\d+", page.locator(".costlab-gallery-index").inner_text())[0])
    url = page.locator(".costlab-gallery-large").get_attribute("src") or ""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))
    return index, pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def expected_indexes(name: str, truth: int, decision: int) -> list[int]:
    source = example_source(name)
    fitted = Fitted(source.predictions)
    given = answer(fitted, Scenario(source.cost))
    rows = cell_images(given, fitted.test.target, fitted.probs("temperature"), truth, decision)
    return [int(fitted.test.index[row]) for row in rows]


def test_every_image_is_the_one_of_its_index_in_the_order_of_the_core(passed: Page) -> None:
    wanted = expected_indexes("surface_defects", 0, 3)
    made = DATASETS["surface_defects"].make()
    expect(passed.get_by_text(f"{len(wanted)} test images of 'ok' were called 'crack'.")).to_be_visible()
    for place in range(30):  # over the end of the first page of small ones
        at(passed, place)
        expect(passed.locator(".costlab-gallery-index")).to_have_text(f"Image {wanted[place]} of the data set")
        index, pixels = looked_at(passed)
        assert index == wanted[place]
        assert np.array_equal(pixels, made.images[index])
        passed.get_by_role("button", name="Next").click()


def test_colour_images_are_shown_in_their_colours(page: Page, demo: Server) -> None:
    opened(page, f"{demo.url}/images?example=traffic_lights&cell=2.0")
    index, pixels = looked_at(page)
    assert pixels.shape == (3, 32, 32)
    assert np.array_equal(pixels, DATASETS["traffic_lights"].make().images[index])


def test_every_image_says_what_it_is(passed: Page) -> None:
    shown = passed.get_by_role("option")
    assert shown.count() == 24
    said = re.compile(r"^An 'ok' called 'crack'(, \d+ % sure|; likeliest '\w+', (\d+|less than 1) %)$")
    for image in passed.get_by_test_id("gallery").locator("img").all():
        assert said.match(image.get_attribute("alt") or "")


def test_letters_and_arrows_move_and_letters_that_are_typed_do_not(passed: Page) -> None:
    node = passed.get_by_test_id("gallery").element_handle()
    passed.keyboard.press("n")
    passed.keyboard.press("N")
    at(passed, 2)
    passed.keyboard.press("p")
    at(passed, 1)
    passed.get_by_label("Anything").fill("")
    passed.get_by_label("Anything").press_sequentially("nnnp")
    at(passed, 1)
    passed.get_by_role("option").nth(1).focus()
    passed.keyboard.press("ArrowRight")
    at(passed, 2)
    passed.keyboard.press("ArrowLeft")
    passed.keyboard.press("ArrowLeft")
    at(passed, 0)
    passed.keyboard.press("ArrowDown")
    columns = passed.evaluate(
        """() => { const all = [...document.querySelectorAll("[role=option]")];
        return all.filter((one) => one.offsetTop === all[0].offsetTop).length; }"""
    )
    at(passed, columns)
    passed.keyboard.press("End")
    last = len(expected_indexes("surface_defects", 0, 3)) - 1
    at(passed, last)
    expect(passed.get_by_role("option", selected=True)).to_be_focused()
    expect(passed.get_by_role("button", name="Next")).to_be_disabled()
    expect(passed.get_by_text(f"{last + 1} of {last + 1}")).to_be_visible()
    assert node.evaluate("node => node.isConnected")


def test_a_click_on_a_small_image_shows_it_large_with_its_costs(passed: Page) -> None:
    source = example_source("surface_defects")
    fitted = Fitted(source.predictions)
    wanted = expected_indexes("surface_defects", 0, 3)
    passed.get_by_role("option").nth(7).click()
    at(passed, 7)
    row = int(np.flatnonzero(fitted.test.index == wanted[7])[0])
    probs = fitted.probs("temperature")[row]
    cells = [line.locator("td").all_inner_texts() for line in passed.locator(".costlab-gallery tbody tr").all()]
    for decision, (_, expected, true) in enumerate(cells):
        sum_of_products = sum(float(p) * float(c) for p, c in zip(probs, source.cost.values[:, decision], strict=True))
        assert float(expected.split()[0]) == pytest.approx(sum_of_products, rel=1e-3)
        assert float(true.split()[0]) == source.cost.values[0, decision]


def test_another_cell_begins_at_its_first_image(page: Page, demo: Server) -> None:
    opened(page, f"{demo.url}/images?cell=1.3")
    page.get_by_role("button", name="Next").click()
    at(page, 1)
    page.goto(f"{demo.url}/images?cell=3.0")
    expect(page.get_by_text("No test image of 'crack' is called 'ok'.")).to_be_visible()
    page.get_by_role("button", name="Look at 'ok' called 'crack'").click()
    expect(page.get_by_test_id("gallery")).to_be_visible()
    at(page, 0)
    assert looked_at(page)[0] == expected_indexes("surface_defects", 0, 3)[0]


def test_the_gallery_has_no_fault_that_axe_finds(passed: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(passed, context=".costlab-gallery").response["violations"]
    assert [each["id"] for each in found] == []
