"""How long a screen takes from an edit to the repainted page, in a real browser.

`python -m benchmarks.screens [--edits 40] [--beside 1]`. The app runs on 127.0.0.1 without a worker, with runs made up
of random predictions: 10,000 test images of 10 classes, and 50,000 of 100. On the What-if page one cost is typed again
and again, each time another, into the box of the chosen cell and into the grid. The clock runs in the page, from the
Enter key: until the confusion matrix is drawn anew, and until everything is (results, sentence, curve, images) and the
server has gone quiet. `--beside` says how many processes compute without a pause meanwhile.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import Page

from costlab.costs import CostMatrix
from costlab.specs import RunSpec
from costlab.ui.grid import GRID_UP_TO
from tests.browser.chromium import chromium
from tests.browser.grid_driver import select_cell, write
from tests.browser.look import settle
from tests.browser.server import running
from tests.finished import given_run, made_up

SIZES = {"10,000 x 10": (10_000, 10), "50,000 x 100": (50_000, 100)}
WATCH = """() => {
  const chart = document.querySelector('[data-testid="plot-whatif-confusion"]');
  const app = document.querySelector('[data-testid="stApp"]');
  const known = chart?.dataset.updates;
  window.timed = new Promise((done) => {
    addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const began = performance.now();
      let drawn, ran = false;
      const look = () => {
        const now = performance.now() - began;
        ran ||= app.dataset.testScriptState === "running";
        if (drawn === undefined && chart && chart.dataset.updates !== known) drawn = now;
        const quiet = ran && app.dataset.testScriptState !== "running" && (drawn !== undefined || !chart);
        if (quiet || now > 20000) requestAnimationFrame(() => done([drawn ?? now, performance.now() - began]));
        else requestAnimationFrame(look);
      };
      look();
    }, { capture: true, once: true });
  });
}"""


def edits(page: Page, number: int, first: int = 2) -> list[list[float]]:
    """Milliseconds of each edit of the chosen cell's cost: until the heat map is drawn, until all is quiet."""
    times = []
    for turn in range(number):
        field = page.get_by_label("Cost", exact=True)
        field.fill(str(first + 3 * (turn % 7) + turn))
        page.evaluate(WATCH)
        field.press("Enter")
        times.append(page.evaluate("() => window.timed"))
        page.wait_for_timeout(300)
    return times


def typed(page: Page, number: int) -> list[list[float]]:
    """The same for costs typed into the grid."""
    times = []
    for turn in range(number):
        select_cell(page, 1, 2)
        text = str((5, 60, 17, 90, 33)[turn % 5] + turn)  # far enough from the last to change decisions
        write(page, text)
        page.evaluate(WATCH)
        page.keyboard.press("Enter")
        times.append(page.evaluate("() => window.timed"))
        page.wait_for_timeout(300)
    return times


@contextmanager
def busy(number: int) -> Iterator[None]:
    """That many processes that compute without a pause, for the length of a block."""
    beside = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for each in beside:
            each.kill()
            each.wait()


def told(name: str, times: list[list[float]]) -> str:
    """Median, 95th percentile and worst."""
    parts = []
    for title, column in zip(("heat map", "whole page"), np.array(times).T, strict=True):
        parts.append(
            f"{title}: median {median(column):.0f} ms, p95 {np.quantile(column, 0.95):.0f}, worst {column.max():.0f}"
        )
    return f"{name}: " + "; ".join(parts)


def main() -> None:
    """Measure both sizes and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--beside", type=int, default=0)
    chosen = parser.parse_args()
    with (
        busy(chosen.beside),
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), worker=False) as server,
        chromium() as browser,
    ):
        for name, (images, k) in SIZES.items():
            classes = tuple(f"class {number}" for number in range(k))
            cost = CostMatrix(np.round(10 ** np.random.default_rng(0).uniform(0, 2, (k, k))) * (1 - np.eye(k)), classes)
            id = given_run(server.home, made_up(images, classes), cost, RunSpec(dataset="digits"))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{server.url}/whatif?run={id}&cell=1.2")
            settle(page, 4000)
            edits(page, 3, first=200)
            print(told(name, edits(page, chosen.edits)), flush=True)
            if k <= GRID_UP_TO:
                typed(page, 2)
                print(told(f"{name}, typed into the grid", typed(page, chosen.edits)), flush=True)
            page.close()


if __name__ == "__main__":
    main()
