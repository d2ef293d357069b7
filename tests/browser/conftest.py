"""The app and a browser for tests that look at the real thing. A missing browser fails them; it never skips them."""

from collections.abc import Iterator
from time import sleep

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, ViewportSize, expect

from costlab.store import Store
from costlab.ui.session import MOMENT
from tests.browser.chromium import chromium
from tests.browser.server import Server, running

FAILED = pytest.StashKey[bool]()
PATIENCE = 30_000  # ms for what is looked for to come: other tests, and trainings, may be at work beside
WIDE = ViewportSize(width=1440, height=900)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser; what needs a worker comes last, when the others need the machine."""
    ours = [item for item in items if item.path.is_relative_to(__file__.rpartition("/")[0])]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    places = [place for place, item in enumerate(items) if item in ours]
    ours.sort(key=lambda item: "server" in getattr(item, "fixturenames", ()))
    for place, item in zip(places, ours, strict=True):
        items[place] = item


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember of each test whether it has failed, for the fixtures that clear up after it."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    expect.set_options(timeout=PATIENCE)  # here, so that no file that sets its own when it is read makes it shorter
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app without a worker."""
    with running(tmp_path_factory.mktemp("home"), worker=False) as started:
        yield started


@pytest.fixture(scope="module")
def alone(quiet: Server) -> Iterator[Server]:
    """The app without a worker, and without runs and matrices when a file of tests begins; all files share it."""
    yield quiet
    if emptied(Store(f"sqlite:///{quiet.home / 'costlab.db'}")):
        sleep(MOMENT)  # what the app read before serves all visitors for this long


def emptied(store: Store) -> bool:
    """Delete all runs and matrices; whether there were any."""
    runs, matrices = store.runs(), store.matrices()
    for run in runs:
        store.fail(run.id, run.attempt, "The test is over.")
        store.cancel(run.id)
        store.delete(run.id)
    for matrix in matrices:
        store.delete_matrix(matrix.name)
    return bool(runs or matrices)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with its worker, on a machine whose speed is known: all tests that train share it."""
    from tests.known_machine import furnish  # brings torch, which no other test here needs

    home = tmp_path_factory.mktemp("home")
    furnish(home)
    with running(home) as started:
        yield started


def window(browser: Browser) -> BrowserContext:
    """A window of 1440 x 900 without memory, allowed to use the clipboard."""
    fresh = browser.new_context(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    fresh.set_default_timeout(PATIENCE)
    return fresh


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window of one's own, which has kept nothing."""
    fresh = window(browser)
    yield fresh
    fresh.close()


@pytest.fixture
def newcomer(context: BrowserContext) -> Page:
    """The tab of somebody who has never been here: every file must come, every script must be read."""
    return watched(context.new_page())


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Iterator[list[Page]]:
    """The tab that a test has left for the next one: it knows the scripts, which takes a new one 3 s of processor."""
    left: list[Page] = []
    yield left
    for tab in left:
        tab.context.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, tabs: list[Page]) -> Iterator[Page]:
    """A tab, empty and without memory; an error in the page's own scripts fails the test that caused it."""
    tab = tabs.pop() if tabs else watched(window(browser).new_page())
    yield tab
    try:
        cleared(tab)
    except Error:
        request.node.stash[FAILED] = True
    if request.node.stash.get(FAILED, False):
        tab.context.close()
    else:
        tabs.append(tab)


def watched(tab: Page) -> Page:
    """The tab, whose scripts may not throw."""
    tab.on("pageerror", lambda error: pytest.fail(f"The page threw: {error}"))
    return tab


def cleared(tab: Page) -> None:
    """Take from a tab all that the page and the test have left in it."""
    if tab.url.startswith("http"):
        tab.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    tab.goto("about:blank")
    tab.unroute_all()
    tab.context.clear_cookies()
    tab.emulate_media(media="null", color_scheme="null")
    tab.set_viewport_size(WIDE)
    tab.mouse.up()
    tab.mouse.move(0, 0)
