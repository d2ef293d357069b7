"""The container's health check is a command: run it against the real app and against something else."""

import ast
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from tests.browser.server import ROOT, Server


def health_check(port: int) -> int:
    """Exit status of the Dockerfile's HEALTHCHECK command, aimed at `port`."""
    line = next(line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("HEALTHCHECK"))
    command = ast.literal_eval(line.split(" CMD ", 1)[1])
    assert command[0] == "python"
    environment = {**os.environ, "COSTLAB_PORT": str(port)}
    python = [sys.executable, *command[1:]]
    return subprocess.run(python, env=environment, stderr=subprocess.DEVNULL, timeout=30, check=False).returncode


class Impostor(http.server.BaseHTTPRequestHandler):
    """Answers 200 to everything, but is not the app."""

    def do_GET(self) -> None:  # the name http.server calls
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, *args: object) -> None:
        """Stay quiet."""


def test_the_health_check_passes_for_the_app(alone: Server) -> None:
    assert health_check(urlsplit(alone.url).port or 0) == 0


def test_the_health_check_fails_for_anything_else_that_answers() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Impostor) as impostor:
        thread = threading.Thread(target=impostor.serve_forever, daemon=True)
        thread.start()
        status = health_check(impostor.server_port)
        impostor.shutdown()
        thread.join()
    assert status != 0
    assert health_check(impostor.server_port) != 0


def test_the_container_is_not_root_and_keeps_its_data_in_a_volume() -> None:
    lines = Path(ROOT / "Dockerfile").read_text().splitlines()
    assert "USER costlab" in lines
    assert "VOLUME /data" in lines
    assert any("COSTLAB_HOME=/data" in line for line in lines)
