"""How long the start takes, from the command to the first page, and what each process then holds in memory.

`python -m benchmarks.start [--starts 3] [--sessions 10]`. Each start is a new one: an empty home, `costlab up`, a
browser that has never been here. The clock of a page is the browser's own, from opening the address: until the figures
stand there, the matrix is drawn, the images are seen, and everything is still. `cold` is the first visit of this
browser to a server that is idle; `again` the same browser, opened anew; `early` one that comes at once, while the
worker still warms (only with --early).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from costlab.store import Store
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.server import ROOT, Server, answers, free_port, stop

MOMENTS = ("first paint", "title", "figures", "matrix", "images", "still")
WATCH = """() => {
  const seen = window.moments = {};
  const there = {
    title: () => document.querySelector("h1"),
    figures: () => document.querySelector(".costlab-figure"),
    matrix: () => document.querySelector("[data-testid=plot-whatif-confusion][data-state=ready]"),
    images: () => document.querySelector(".costlab-gallery-large")?.naturalWidth,
    still: () => seen.matrix && seen.images
      && document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
      && !document.querySelector(".costlab-plot-node[data-state=loading]"),
  };
  const look = () => {
    for (const [name, is] of Object.entries(there)) if (!seen[name] && is()) seen[name] = performance.now();
    if (!seen.still) requestAnimationFrame(look);
    else seen["first paint"] = performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  };
  look();
}"""


def commanded(home: Path) -> tuple[Server, float]:
    """The app as `costlab up` starts it, and the seconds until it answered."""
    port = free_port()
    home.mkdir(exist_ok=True)
    log = home / "server.log"
    command = [sys.executable, "-P", "-m", "costlab", "up", "--port", str(port)]
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "COSTLAB_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", home, process, log)
    while not answers(server.url):
        if process.poll() is not None or time.perf_counter() - began > 60:
            process.kill()
            raise RuntimeError(f"The app does not answer:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.01)
    return server, time.perf_counter() - began


def worker_ready(home: Path) -> None:
    """Wait until the worker is warm, and a moment more for what is prepared beside it."""
    store = Store(f"sqlite:///{home / 'costlab.db'}")
    deadline = time.monotonic() + 60
    while not any(slot.state == "idle" for worker in store.workers() for slot in worker.slots):
        if time.monotonic() > deadline:
            raise RuntimeError("The worker does not get ready.")
        time.sleep(0.1)
    store.close()
    time.sleep(2)


@contextmanager
def visitor(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """A browser with its own profile folder: what it keeps there it finds when it is opened anew."""
    browser = playwright.chromium.launch_persistent_context(
        profile, executable_path=find_chromium(), args=FLAGS, headless=True, viewport={"width": 1440, "height": 900}
    )
    try:
        yield browser
    finally:
        browser.close()


def visit(browser: BrowserContext, url: str) -> dict[str, float]:
    """Seconds from opening the address to each of `MOMENTS`."""
    page = browser.new_page()
    page.add_init_script(f"({WATCH})()")
    page.goto(url, wait_until="commit")
    page.wait_for_function("() => window.moments?.still", timeout=30_000)
    moments = page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(window.moments)))")
    page.close()
    return {name: moments[name] / 1000 for name in MOMENTS if moments.get(name)}


def memory(pid: int) -> tuple[float, float]:
    """Resident and proportional megabytes of a process (Linux): pages that processes share are divided among them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines)}
    return sizes["Rss"], sizes["Pss"]


def processes(server: Server) -> dict[str, int]:
    """The app's processes by what they are."""
    found = {"screens": server.process.pid}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "cmdline").read_bytes().decode().split("\0")
            owner = f"COSTLAB_HOME={server.home}" in (folder / "environ").read_bytes().decode().split("\0")
        except OSError:
            continue
        if owner and "costlab.worker" in said:
            found["dispatcher"] = int(folder.name)
        elif owner and "costlab.worker.job" in said:
            found["job process"] = int(folder.name)
    return found


def tell_memory(server: Server, when: str) -> None:
    """A line of what each process holds."""
    parts = []
    for name, pid in processes(server).items():
        resident, proportional = memory(pid)
        parts.append(f"{name} {resident:.0f} ({proportional:.0f})")
    print(f"MB {when}: " + ", ".join(parts), flush=True)


def start_once(playwright: Playwright, folder: Path, sessions: int, early: bool) -> dict[str, dict[str, float]]:
    """One start and its visits; the memory of the processes is told when `sessions` is not 0."""
    server, seconds = commanded(folder / "home")
    times = {"command": {"answers": seconds}}
    try:
        if not early:
            worker_ready(server.home)
        if sessions:
            tell_memory(server, "before the first page")
        with visitor(playwright, folder / "browser") as browser:
            if not early:
                time.sleep(1)
            times["early" if early else "cold"] = visit(browser, server.url)
            if sessions:
                tell_memory(server, "after the first page")
            time.sleep(1)
        with visitor(playwright, folder / "browser") as browser:
            time.sleep(1)
            times["again"] = visit(browser, server.url)
            times["second session"] = visit(browser, server.url)
            for _ in range(sessions):
                visit(browser, server.url)
            if sessions:
                tell_memory(server, f"after {sessions + 3} sessions")
    finally:
        stop(server)
    return times


def main() -> None:
    """Measure and print one line a kind of visit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=10, help="further sessions before memory is told; 0: neither")
    parser.add_argument("--early", action="store_true", help="open the page at once, while the worker warms")
    chosen = parser.parse_args()
    rounds = []
    with sync_playwright() as playwright:
        for turn in range(chosen.starts):
            with tempfile.TemporaryDirectory() as folder:
                sessions = 0 if turn else chosen.sessions
                rounds.append(start_once(playwright, Path(folder), sessions, chosen.early))
    for kind in rounds[0]:
        told = []
        for moment in rounds[0][kind]:
            times = [each[kind][moment] for each in rounds if moment in each[kind]]
            told.append(f"{moment} {median(times):.2f} ({min(times):.2f} to {max(times):.2f})")
        print(f"s {kind}: " + ", ".join(told))


if __name__ == "__main__":
    main()
