"""The HTML that every page begins with names real files, and tells Streamlit where it lies."""

import gc
import re
import socket
from importlib.resources import files

from costlab.ui import opening
from costlab.ui.places import NAMES
from costlab.ui.server import ASSETS, _answer_without_delay, routes

STATIC = files("streamlit").joinpath("static")


def named(page: str) -> list[str]:
    return re.findall(r'<link [^>]*href="\./([^"]+)"', page)


def test_the_page_is_streamlits_own_with_lines_added_to_its_head():
    own, ours = (
        text.splitlines() for text in (STATIC.joinpath("index.html").read_text(), opening.html("7", tuple(ASSETS)))
    )
    stripped = [line.strip() for line in ours]
    assert [line.strip() for line in own if line.strip() not in stripped] == []
    assert ours.index("</head>") < ours.index("  <body>")


def test_every_file_that_the_head_names_is_there():
    found = named(opening.html("7", tuple(ASSETS)))
    assert any(name.startswith("static/js/Metric.") for name in found)
    for name in found:
        if name.startswith("costlab/"):
            assert name.removeprefix("costlab/").removesuffix("?v=7") in ASSETS
        elif not name.startswith(("_stcore", "favicon")):
            assert STATIC.joinpath(name).is_file(), name
    assert len(found) == len(set(found))


def test_all_that_a_named_script_imports_is_named_too():
    found = set(re.findall(r"static/js/([\w.-]+\.js)", opening.html("7", tuple(ASSETS))))
    for name in found:
        text = STATIC.joinpath(f"static/js/{name}").read_text(encoding="utf-8")
        assert set(re.findall(r'(?<=from")\./([\w.-]+\.js)(?=")', text)) <= found


def test_every_page_begins_with_it():
    paths = {getattr(route, "path", "") for route in routes()}
    assert {f"/{name}" for name in NAMES} <= paths
    assert {"whatif", "costs", "train", "run", "runs", "compare", "robustness", "report"} <= set(NAMES)


def test_connections_to_a_listening_socket_send_small_packets_at_once():
    with socket.socket() as listening:  # as Streamlit makes it: of no named protocol, which asyncio passes over
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        gc.collect()
        _answer_without_delay()
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
