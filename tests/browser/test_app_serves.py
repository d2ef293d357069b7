"""What the app serves: every page as the first request, the chart library from its own address, no torch beside it."""

import gzip
import re
import sys
import time
import urllib.error
import urllib.request
from http.client import HTTPResponse
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import window
from tests.browser.look import opened
from tests.browser.server import Server, running

PAGES = {
    "/costs": "Costs",
    "/train": "Train",
    "/run": "Run",
    "/run?id=nowhere": "Run",
    "/runs": "Runs",
    "/whatif": "What if",
    "/whatif?run=nowhere": "What if",
    "/compare": "Compare",
    "/robustness": "Robustness",
    "/report": "Report",
}


def get(url: str, **headers: str) -> HTTPResponse:
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20)


def status_and_body(url: str) -> tuple[int, bytes]:
    try:
        with get(url) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def streamlit_page() -> tuple[int, bytes]:
    """What Streamlit answers to an address that it takes for a page."""
    return 200, files("streamlit").joinpath("static/index.html").read_bytes()


def test_the_chart_library_is_ours_compressed_once_and_kept_by_the_browser(alone: Server):
    plain = files("costlab.figures").joinpath("vendor/plotly.min.js").read_bytes()
    small = get(f"{alone.url}/costlab/plotly.js", **{"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    body = small.read()
    assert gzip.decompress(body) == plain
    assert len(body) < len(plain) / 2
    assert get(f"{alone.url}/costlab/plotly.js").read() == plain


def test_streamlits_own_scripts_come_compressed_too(alone: Server):
    folder = Path(str(files("streamlit"))) / "static/static"
    for path in [*sorted((folder / "js").glob("index.*.js")), *sorted((folder / "css").glob("*.css"))[:1]]:
        url = f"{alone.url}/static/{path.relative_to(folder).as_posix()}"
        small = get(url, **{"Accept-Encoding": "gzip"})
        assert small.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(small.read()) == path.read_bytes()
        assert get(url).read() == path.read_bytes()
    assert status_and_body(f"{alone.url}/static/js/nothing.js") == streamlit_page()  # as without us


def test_a_first_visit_brings_less_than_three_megabytes(alone: Server, newcomer: Page):
    sizes = {}
    newcomer.on("response", lambda reply: sizes.update({reply.url: int(reply.headers.get("content-length", 0))}))
    newcomer.goto(f"{alone.url}/costs")
    expect(newcomer.locator("[data-testid^=plot-]").first).to_have_attribute("data-state", "ready", timeout=60_000)
    assert 500_000 < sum(sizes.values()) < 3_000_000


def test_all_that_the_first_page_is_made_of_is_named_in_its_head(alone: Server, newcomer: Page):
    asked = []
    newcomer.on("request", lambda request: asked.append(request.url.removeprefix(alone.url)))
    newcomer.goto(f"{alone.url}/whatif")
    expect(newcomer.get_by_test_id("gallery")).to_be_visible(timeout=30_000)
    for chart in newcomer.locator("[data-testid^=plot-]").all():
        expect(chart).to_have_attribute("data-state", "ready", timeout=30_000)
    head = get(f"{alone.url}/whatif").read().decode()
    files = [path for path in asked if path.startswith(("/static/", "/costlab/"))]
    assert len(files) > 50
    assert [path for path in files if f'"./{path[1:]}"' not in head and not path.endswith(".ttf")] == []


def test_only_the_current_version_may_be_kept_for_ever(alone: Server, newcomer: Page):
    asked = []
    newcomer.on("request", lambda request: asked.append(request.url))
    newcomer.goto(f"{alone.url}/costs")
    expect(newcomer.locator("[data-testid^=plot-]").first).to_have_attribute("data-state", "ready", timeout=30_000)
    library = next(url for url in asked if "plotly.js" in url)
    assert "immutable" in get(library).headers["Cache-Control"]
    assert get(library.split("?")[0] + "?v=old").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/costlab/app.py", "/costlab/..%2Fserver.py", "/costlab/plotly.js/x"])
def test_nothing_else_can_be_fetched_there(alone: Server, path: str):
    status, body = status_and_body(f"{alone.url}{path}")
    assert status in (400, 404) or (status, body) == streamlit_page()


@pytest.fixture(scope="module")
def asked(alone: Server, browser: Browser) -> list[str]:
    """The addresses that a new browser is sent to on its way through all pages."""
    context, urls = window(browser), list[str]()
    context.on("request", lambda request: urls.append(request.url))
    page = context.new_page()
    for path, title in PAGES.items():
        opened(page, f"{alone.url}{path}")
        is_there(page, title)
    context.close()
    return urls


def is_there(page: Page, title: str) -> None:
    """The page of this title is shown, and nothing is wrong with it."""
    expect(page).to_have_title(f"{title} · costlab", timeout=30_000)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("does not seem to exist")).to_have_count(0)


def test_the_browser_is_only_ever_sent_to_this_server(alone: Server, asked: list[str]):
    assert len(asked) > 50
    assert [url for url in asked if not url.startswith((alone.url, "data:", "blob:"))] == []


@pytest.mark.parametrize(("path", "title"), [each for each in PAGES.items() if "?" not in each[0]])
def test_every_page_is_there_as_the_first_request_after_a_start(tmp_path: Path, page: Page, path: str, title: str):
    with running(tmp_path, worker=False) as server:
        page.goto(f"{server.url}{path}")
        is_there(page, title)


def test_the_bare_address_leads_to_real_decisions(alone: Server, page: Page):
    page.goto(f"{alone.url}/")
    page.wait_for_url(re.compile(re.escape(alone.url) + r"/whatif\?.*example=surface_defects"))


def test_a_first_visitor_sees_a_real_matrix_within_five_seconds(tmp_path: Path, newcomer: Page):
    with running(tmp_path, worker=False) as server:
        began = time.monotonic()
        newcomer.goto(f"{server.url}/")
        expect(newcomer.get_by_test_id("plot-whatif-confusion")).to_have_attribute(
            "data-state", "ready", timeout=60_000
        )
        assert time.monotonic() - began < 5 * slowness()


def slowness() -> float:
    """How many times slower than alone this machine computes at the moment: tests share it with others."""
    began, used = time.monotonic(), time.process_time()
    sum(range(3_000_000))
    return max(1.0, (time.monotonic() - began) / (time.process_time() - used))


def test_the_logo_leads_to_real_decisions(alone: Server, page: Page):
    page.goto(f"{alone.url}/runs")
    page.get_by_test_id("stLogoLink").click()
    expect(page).to_have_title("What if · costlab", timeout=30_000)


def test_our_icon_stands_in_the_tab(alone: Server, page: Page):
    own = files("costlab.ui").joinpath("favicon.svg").read_bytes()
    assert get(f"{alone.url}/favicon.png").read() == own
    page.goto(f"{alone.url}/runs")
    expect(page).to_have_title("Runs · costlab", timeout=30_000)
    icon = page.evaluate("() => document.querySelector(\"link[rel~='icon']\").href")
    assert get(icon).read() == own


@pytest.mark.skipif(sys.platform != "linux", reason="the maps of a process are Linux's")
def test_no_page_brings_torch_into_the_process_of_the_screens(alone: Server, asked: list[str]):
    assert {path for path in PAGES if alone.url + path in asked} == set(PAGES)
    mapped = Path(f"/proc/{alone.process.pid}/maps").read_text()
    assert "libpython" in mapped or "python" in mapped
    assert "torch" not in mapped
