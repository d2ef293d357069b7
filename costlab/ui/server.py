"""What `app.py` mounts beside Streamlit: the chart library and our icon, and the worker for as long as the app runs."""

import ast
import asyncio
import gc
import gzip
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit import config

from costlab.errors import CostlabError
from costlab.ui.compressed import prepare
from costlab.ui.opening import html
from costlab.ui.places import NAMES, WHATIF
from costlab.ui.sentences import inert

# Served files by the name in their address: where they lie, and what they are.
ASSETS = {
    "plotly.js": ("costlab.figures", "vendor/plotly.min.js", "text/javascript"),
    "plot.js": ("costlab.ui", "plot.js", "text/javascript"),
    "epochs.js": ("costlab.ui", "epochs.js", "text/javascript"),
    "whatif_said.js": ("costlab.ui", "whatif_said.js", "text/javascript"),
    "plot.css": ("costlab.ui", "plot.css", "text/css"),
    "gallery.js": ("costlab.ui", "gallery.js", "text/javascript"),
    "gallery.css": ("costlab.ui", "gallery.css", "text/css"),
    "cells.js": ("costlab.ui", "cells.js", "text/javascript"),
    "cells.css": ("costlab.ui", "cells.css", "text/css"),
    "table.js": ("costlab.ui", "table.js", "text/javascript"),
    "table.css": ("costlab.ui", "table.css", "text/css"),
    "favicon.svg": ("costlab.ui", "favicon.svg", "image/svg+xml"),
}


@cache
def asset(name: str) -> tuple[bytes, bytes]:
    """The file `name` of `ASSETS` as it is, and gzipped; read and compressed once."""
    package, path, _ = ASSETS[name]
    content = files(package).joinpath(path).read_bytes()
    return content, gzip.compress(content, 9, mtime=0)


@cache
def version() -> str:
    """Changes when one of the served files does, so that browsers may keep them for ever."""
    return sha256(b"".join(asset(name)[0] for name in ASSETS)).hexdigest()[:12]


def base_path() -> str:
    """The path that the app is served under: "" or "/lab"."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        return Response("There is no such file.", status_code=404, media_type="text/plain")
    plain, compressed = await asyncio.to_thread(asset, name)
    headers = {"Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    current = request.query_params.get("v") == await asyncio.to_thread(version)
    headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(compressed, media_type=ASSETS[name][2], headers=headers | {"Content-Encoding": "gzip"})
    return Response(plain, media_type=ASSETS[name][2], headers=headers)


async def _first_page(request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{base_path()}/whatif{query}", status_code=307)


async def _opening(request: Request) -> Response:
    page = await asyncio.to_thread(lambda: html(version(), tuple(ASSETS)))
    return HTMLResponse(page, headers={"Cache-Control": "no-cache"})


async def _favicon(request: Request) -> Response:
    return Response(asset("favicon.svg")[0], media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def routes() -> list[BaseRoute]:
    """The addresses that are ours; Streamlit answers all others."""
    base = base_path()
    return [
        Route(f"{base}/", _first_page),
        *(Route(f"{base}/{name}", _opening) for name in NAMES),
        Route(f"{base}/favicon.png", _favicon),  # the one that Streamlit's page asks for before it knows ours
        Route(f"{base}/costlab/{{name}}", _serve),
    ]


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Keep the worker running while the app does (unless `COSTLAB_WORKER=off`); import early what pages will need."""
    stop = _start_worker()
    _answer_without_delay()
    try:
        compressing = asyncio.create_task(asyncio.to_thread(version))
        _import_everything()
        await compressing
        gc.collect()
        gc.freeze()  # what is imported now stays: later collections skip it, each live update would pay for it
        warming = asyncio.create_task(asyncio.to_thread(_warm_first_page))
        yield
        await warming
    finally:
        await asyncio.to_thread(stop)


def say_error(error: Exception) -> bool:
    """Tell the visitor of an error in a page: costlab's own sentence, or that the log has it (Streamlit writes it)."""
    if isinstance(error, CostlabError):
        st.error(inert(str(error)), icon=":material/error:")
    else:
        st.error(
            "This page failed because of a fault in costlab; the server's log says where. Reload the page to go on.",
            icon=":material/error:",
        )
    return True  # shown


def _answer_without_delay() -> None:
    """Let no small packet wait for another: asyncio leaves that on for sockets made as Streamlit makes its own.

    Head and body of an answer are two packets; the second waited for the browser to confirm the first, which takes it
    40 ms, for each of a hundred files. Connections take the setting from the socket that listens.
    """
    for each in gc.get_objects():
        if isinstance(each, socket.socket) and each.family in (socket.AF_INET, socket.AF_INET6) and each.fileno() >= 0:
            with suppress(OSError):  # not TCP
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _start_worker() -> Callable[[], Any]:
    if os.environ.get("COSTLAB_WORKER", "").lower() == "off":
        return lambda: None
    from costlab.worker.service import WorkerService

    service = WorkerService()
    service.start()  # in the main thread, as children that outlive their parent's threads must be
    return service.stop


def _warm_first_page() -> None:
    """What a first visitor would else wait for: scripts compressed, its code read, its example fitted and drawn.

    plotly learns its vocabulary with the first figure, Pillow its formats with the first image.
    """
    from PIL import Image

    import costlab.ui.main  # noqa: F401
    from costlab.figures.confusion_heatmap import draw
    from costlab.images import warm
    from costlab.miscalibration import miscalibration
    from costlab.scenario import Scenario, answer
    from costlab.sources import example_names, example_source
    from costlab.ui.deciding import fitted_of

    prepare(html(version(), tuple(ASSETS)))
    _import_for(WHATIF)
    Image.preinit()
    try:
        source = example_source(example_names()[0])
        warm(source.spec.dataset)  # a process of its own draws the images meanwhile
        fitted = fitted_of(source)
        said = answer(fitted, Scenario(source.cost))
        draw(said.counts, said.counts, said.cost, "counts").to_plotly_json()
        miscalibration(fitted, said)
    except CostlabError:
        logging.getLogger(__name__).warning("The first page could not be prepared.", exc_info=True)


def _import_for(page: Path) -> None:
    """Carry out the import statements of a page, and nothing else of it."""
    code = ast.parse(page.read_text(encoding="utf-8"))
    code.body = [line for line in code.body if isinstance(line, ast.Import | ast.ImportFrom)]
    exec(compile(code, page, "exec"), {})


def _import_everything() -> None:
    """What Streamlit and the pages would import during the first visit."""
    import plotly.graph_objects  # noqa: F401

    import costlab.store
    import costlab.ui.plot
    import costlab.verdict  # noqa: F401
