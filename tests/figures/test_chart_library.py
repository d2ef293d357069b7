"""The plotly.js that is shipped holds every trace type in use, is what it says, and suits plotly for Python."""

import re
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

import costlab

PACKAGE = Path(costlab.__file__).parent
VENDOR = PACKAGE / "figures" / "vendor"
HEADER = re.compile(r"plotly\.js v(\d+)\.(\d+)\.(\d+)(?:, only the trace types (.*))?")


def header(script: Path) -> re.Match[str]:
    """The version, and the trace types if not all, that a plotly.js names at its beginning."""
    with script.open(encoding="utf-8") as lines:
        found = HEADER.search(lines.read(400))
    assert found
    return found


def used() -> set[str]:
    """The trace types that costlab's code makes: `go.Bar(...)` or `figure.add_bar(...)`."""
    called = re.compile(r"\bgo\.([A-Z]\w+)|\.add_(\w+)\(")
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    names = {name.lower(): name for name in go.__all__}
    kinds = {(made or added).lower() for made, added in called.findall(code)} & names.keys()
    return {kind for kind in kinds if issubclass(getattr(go, names[kind]), BaseTraceType)}


def test_it_holds_all_trace_types_that_costlab_makes_and_no_others():
    assert {"scatter", "heatmap"} < used()
    held = header(VENDOR / "plotly.min.js")[4].replace(" and ", ", ").split(", ")
    assert sorted(held) == sorted(used()), "figures/vendor/README.md says how to build it with other trace types"


def test_it_is_no_older_than_what_plotly_for_python_writes_for():
    wanted = header(Path(str(files("plotly"))) / "package_data" / "plotly.min.js")
    assert int(header(VENDOR / "plotly.min.js")[1]) >= int(wanted[1]), "figures/vendor/README.md says how to renew it"


def test_its_notice_names_its_very_bytes():
    notice = (VENDOR / "README.md").read_text(encoding="utf-8")
    content = (VENDOR / "plotly.min.js").read_bytes()
    assert sha256(content).hexdigest() in notice
    assert f"{len(content):,} bytes" in notice
    version = ".".join(header(VENDOR / "plotly.min.js").group(1, 2, 3))
    assert f" {version}, " in notice
    assert f"\nplotly.js {version} (MIT)\n" in (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")
