"""The app and a browser for tests that look at the real thing. A missing browser fails them; it never skips them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import chromium
from tests.browser.server import Server, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


PATIENCE = 30_000  # ms for what is looked for to come: other tests, and trainings, may be at work beside


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    expect.set_options(timeout=PATIENCE)  # here, so that no file that sets its own when it is read makes it shorter
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with its worker, and an empty home, for the tests of one file."""
    with running(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window of 1440 x 900 without memory, allowed to use the clipboard."""
    fresh = browser.new_context(
        viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    fresh.set_default_timeout(PATIENCE)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab; an error in the page's own scripts fails the test that caused it."""
    tab = context.new_page()
    tab.on("pageerror", lambda error: pytest.fail(f"The page threw: {error}"))
    return tab
