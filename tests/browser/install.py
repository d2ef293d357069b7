"""Bring a browser: the system's if there is one, else Debian's package, else Playwright's own download."""

import os
import shutil
import subprocess
import sys

from tests.browser.chromium import browser_present


def install() -> None:
    """Install Chromium where none is found; raises when every way fails."""
    if browser_present():
        return
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "chromium"], check=False, env=quiet, stdout=subprocess.DEVNULL
        )
    if not browser_present():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    install()
