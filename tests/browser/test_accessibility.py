"""axe-core, the W3C's rules as a program, finds nothing serious on any page, in light and dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.look import opened
from tests.browser.server import Server

PAGES = ("costs", "train", "run", "runs", "whatif", "compare", "robustness", "report")
GRAVE = ("serious", "critical")
WINDOWS = {"wide": (1440, 900, "light"), "narrow": (800, 900, "dark")}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_violation(alone: Server, page: Page, path: str, window: str) -> None:
    width, height, theme = WINDOWS[window]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    opened(page, f"{alone.url}/{path}")
    found = Axe().run(page).response["violations"]
    grave = [
        f"{each['id']}: {node['target']} {node['html'][:160]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
    assert not grave, "\n".join(grave)


def test_axe_sees_a_violation_where_there_is_one(page: Page) -> None:
    page.set_content('<html lang="en"><title>t</title><main><img src="x.png"><button></button></main></html>')
    found = {each["id"] for each in Axe().run(page).response["violations"] if each["impact"] in GRAVE}
    assert {"image-alt", "button-name"} <= found
