"""The Report page in a browser: what is downloaded opens without a network, shows the same numbers, and prints."""

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Browser, Page, expect

from tests.browser.look import opened
from tests.browser.server import Server
from tests.finished import trained_run
from tests.report.cases import embedded
from tests.training.runs import short_spec

PAPERS = {"A4": (210, 297), "Letter": (215.9, 279.4)}  # millimetres
MARGINS = 30  # millimetres, both sides together
PIXELS = 96 / 25.4  # a millimetre


def downloaded(page: Page, label: str, folder: Path) -> Path:
    """What the button of this label gives."""
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name=label).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def seen(page: Page) -> str:
    """All text of a page, with one kind of space."""
    return re.sub(r"\s+", " ", page.locator("body").inner_text().replace("\u2060", ""))


def shown(value: float) -> str:
    """A cost as pages write it, worked out anew: four digits, thousands apart."""
    digits = max(0, 4 - len(str(int(abs(value)))))
    text = f"{value:,.{digits}f}".replace(",", " ")
    return text.rstrip("0").rstrip(".") if "." in text else text


def test_the_report_opens_offline_with_the_numbers_of_the_page_and_prints(
    alone: Server, page: Page, browser: Browser, tmp_path: Path
) -> None:
    opened(page, f"{alone.url}/report?example=surface_defects&refer=3")
    page.get_by_label("Agreed by").fill("Ada & <b>Jonas</b>")
    page.get_by_label("'crack' called 'ok': 100 EUR").fill("Recall of 2024")
    page.get_by_label("'crack' called 'ok': 100 EUR").press("Enter")
    expect(page.get_by_text("24 of the 25 prices")).to_be_visible()
    on_page = seen(page)
    file = downloaded(page, "Download the report", tmp_path)
    told = embedded(file.read_text(encoding="utf-8"))

    context = browser.new_context(offline=True, color_scheme="dark")
    requests: list[str] = []
    faults: list[str] = []
    report = context.new_page()
    report.on("request", lambda request: requests.append(request.url))
    report.on("pageerror", lambda error: faults.append(str(error)))
    report.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    report.goto(file.as_uri())
    report.wait_for_function("() => document.documentElement.dataset.charts")
    assert report.evaluate("document.documentElement.dataset.charts") == "drawn"
    assert not faults
    assert {url.split(":")[0] for url in requests} <= {"file", "data"}

    in_file = seen(report)
    for way in told["decided"]:
        assert shown(way["cost"]) in on_page
        assert shown(way["cost"]) in in_file
    assert "Ada & <b>Jonas</b>" in in_file
    assert "Recall of 2024" in in_file
    counts = report.locator("table.confusion tbody tr")
    for row, expected in enumerate(told["confusion"]):
        cells = counts.nth(row).locator("td").all_inner_texts()
        assert [int(re.sub(r"\s", "", cell.split("\n")[0])) for cell in cells] == expected
    pictures = report.locator(".images img")
    assert pictures.count() == len(told["costliest"])
    assert pictures.evaluate_all("all => all.every((one) => one.naturalWidth > 0 && one.alt)")
    plots = report.locator(".chart .plot")
    assert plots.count() == 4
    assert plots.evaluate_all("all => all.every((one) => one.querySelectorAll('.trace').length && one.ariaLabel)")

    for name, (width, _) in PAPERS.items():
        printed = report.pdf(format=name, prefer_css_page_size=False)
        assert printed.startswith(b"%PDF")
        assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 14
        room = int((width - MARGINS) * PIXELS)
        report.emulate_media(media="print")
        report.set_viewport_size({"width": room, "height": 900})
        assert report.evaluate("document.documentElement.scrollWidth") <= room  # no table is cut
        assert report.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert report.evaluate(  # nor is a chart wider than the paper
            "[...document.querySelectorAll('.plot svg')]"
            ".every((one) => one.getBoundingClientRect().right <= innerWidth + 1)"
        )
        report.emulate_media(media="screen")
    context.close()


def test_the_bundle_of_a_trained_run_is_prepared_downloaded_and_right(
    alone: Server, page: Page, tmp_path: Path
) -> None:
    run = trained_run(alone.home, short_spec(epochs=1))
    opened(page, f"{alone.url}/report?run={run}")
    page.get_by_role("button", name="Prepare the bundle").click()
    expect(page.get_by_role("button", name="Download the bundle")).to_be_visible(timeout=180_000)
    expect(page.get_by_text("no logit differs by more than")).to_be_visible()
    with ZipFile(downloaded(page, "Download the bundle", tmp_path)) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "bundle")
    assert {"decide.py", "test_decide.py", "model.onnx", "model.safetensors", "run.json", "README.md"} <= names
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "bundle" / "test_decide.py")], cwd="/", check=False
    )
    assert ran.returncode == 0
    page.reload()  # a second time nothing has to be prepared
    expect(page.get_by_role("button", name="Download the bundle")).to_be_visible()


def test_the_report_can_be_looked_at_on_the_page(alone: Server, page: Page) -> None:
    opened(page, f"{alone.url}/report?example=traffic_lights")
    page.get_by_text("Show the report here").click()
    frame = page.frame_locator("iframe").last
    expect(frame.locator("html[data-charts=drawn]")).to_be_attached(timeout=60_000)
    expect(frame.locator("h1")).to_have_text("What mistakes cost, and how we decide")
