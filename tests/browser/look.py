"""Take screenshots of the app as it is: wide and narrow, light and dark.

python -m tests.browser.look http://127.0.0.1:8501 /costs /train --out /tmp/screens
"""

import argparse
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.chromium import chromium

SIZES = {"wide": (1440, 900), "narrow": (800, 900)}


def settle(page: Page, milliseconds: int = 1500) -> None:
    """Wait until Streamlit has stopped running the script, then for the paint and the charts."""
    page.wait_for_selector('[data-testid="stApp"]')
    page.wait_for_function("() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState !== 'running'")
    page.wait_for_timeout(milliseconds)
    page.wait_for_function("() => !document.querySelector('.costlab-plot-node[data-state=loading]')")


OPENED = """() => {
  const app = document.querySelector("[data-testid=stApp]")?.dataset;
  const going = ".costlab-plot-node[data-state=loading], [data-stale=true], [data-testid=stSkeleton]";
  return app?.testConnectionState === "CONNECTED" && app.testScriptState === "notRunning"
    && document.querySelector("h1") && !document.querySelector(going);
}"""


def opened(page: Page, url: str) -> None:
    """Go to a page and wait until it has come whole: its script has run, its charts are drawn."""
    page.goto(url)
    page.wait_for_function(OPENED, timeout=60_000)


def look(
    url: str, paths: list[str], out: Path, full: bool = True, themes: tuple[str, ...] = ("light", "dark")
) -> list[Path]:
    """Write one PNG for every path, size and theme; returns the files."""
    out.mkdir(parents=True, exist_ok=True)
    files = []
    with chromium() as browser:
        for theme in themes:
            for size, (width, height) in SIZES.items():
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
                for path in paths:
                    page = context.new_page()
                    page.goto(url + path)
                    settle(page)
                    if full:  # Streamlit scrolls inside the page: make the window as tall as the content
                        tall = page.evaluate(
                            "() => document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 900"
                        )
                        page.set_viewport_size({"width": width, "height": max(height, min(int(tall) + 40, 4000))})
                        page.wait_for_timeout(700)
                    name = (
                        path.strip("/").replace("/", "-").replace("?", "-").replace("&", "-").replace("=", "-")
                        or "home"
                    )
                    files.append(out / f"{name}-{size}-{theme}.png")
                    page.screenshot(path=files[-1])
                    page.close()
                context.close()
    return files


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--out", type=Path, default=Path("screens"))
    chosen = parser.parse_args()
    for file in look(chosen.url, chosen.paths, chosen.out):
        print(file)
