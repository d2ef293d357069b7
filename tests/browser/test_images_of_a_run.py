"""From a cell of a finished run to its images: the link of the Run page leads to What if, where the same images are."""

import re
from urllib.parse import urlparse

from playwright.sync_api import Page, expect

from costlab.predictions import Predictions
from costlab.specs import RunSpec
from tests.browser.server import Server
from tests.finished import trained_run

SPEC = RunSpec(dataset={"name": "digits", "options": {"train_size": 60, "split_seed": 3}}, model="linear", epochs=2)


def test_a_cell_of_a_finished_run_leads_to_exactly_its_images(page: Page, alone: Server) -> None:
    run = trained_run(alone.home, SPEC)
    predictions = Predictions.load(alone.home / "runs" / run / "predictions.npz")
    test = predictions.part("test")
    confused = [(int(t), int(row.argmax())) for t, row in zip(test.target, test.logits, strict=True)]
    cell = max({each for each in confused if each[0] != each[1]}, key=confused.count)
    images = {int(index) for index, each in zip(test.index, confused, strict=True) if each == cell}

    page.goto(f"{alone.url}/run?id={run}&part=test")
    chart = page.get_by_test_id("plot-confusion")
    expect(chart).to_have_attribute("data-state", "ready", timeout=60_000)
    box = chart.locator(".nsewdrag").first.bounding_box()
    assert box
    truth, decision = cell
    page.mouse.click(box["x"] + box["width"] * (decision + 0.5) / 10, box["y"] + box["height"] * (truth + 0.5) / 10)
    page.get_by_role("link", name="See these images under What if").click()
    expect(page.get_by_test_id("gallery")).to_be_visible(timeout=60_000)
    assert urlparse(page.url).path.endswith("/whatif")
    shown = set()
    for place in range(len(images)):
        expect(page.get_by_test_id("gallery")).to_have_attribute("data-at", str(place))
        shown.add(int(re.findall(r"\d+", page.locator(".costlab-gallery-index").inner_text())[0]))
        page.keyboard.press("n")
    assert shown == images
