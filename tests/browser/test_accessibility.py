"""axe-core, the W3C's rules as a program, finds nothing serious on any page, in light and dark, wide and narrow."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.look import settle
from tests.browser.server import Server, running

PAGES = ("costs", "train", "run", "runs", "whatif", "compare", "robustness", "report")
GRAVE = ("serious", "critical")
WINDOWS = {"wide": (1440, 900, "light"), "narrow": (800, 900, "dark")}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app without a worker, and without a run."""
    with running(tmp_path_factory.mktemp("home"), worker=False) as server:
        yield server


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_violation(alone: Server, browser: Browser, path: str, window: str) -> None:
    width, height, theme = WINDOWS[window]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
    page: Page = context.new_page()
    page.goto(f"{alone.url}/{path}")
    settle(page)
    found = Axe().run(page).response["violations"]
    context.close()
    grave = [
        f"{each['id']}: {node['target']} {node['html'][:160]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
    assert not grave, "\n".join(grave)


def test_axe_sees_a_violation_where_there_is_one(alone: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.set_content('<html lang="en"><title>t</title><main><img src="x.png"><button></button></main></html>')
    found = {each["id"] for each in Axe().run(page).response["violations"] if each["impact"] in GRAVE}
    page.close()
    assert {"image-alt", "button-name"} <= found
