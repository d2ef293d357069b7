"""The HTML that every page begins with: Streamlit's own, told where the server is and what it is going to need.

Streamlit's page asks for the server at two addresses, one after the other, and for the script of an element when the
first of its kind is to be drawn, which pulls in others: five round trips, one after another, before the first figure
stands there. Here all of it is named in the head, so that it comes while the page is still starting.
"""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

STATIC = Path(str(files("streamlit"))) / "static"
# What the first pages are made of. Names that another version of Streamlit does not know are left out, as are those
# that it has added: they come when they are needed.
ELEMENTS = (
    *("Html", "Checkbox", "Metric", "BidiComponent", "Selectbox"),
    *("Slider", "TextInput", "Button", "ButtonGroup", "PageLink"),
)
LIBRARY = "plotly.js"  # no module; large, so it comes last
FONT = "MaterialSymbols-Rounded"
_IMPORT = re.compile(r'(?:from|import)\s*"\./([\w.-]+\.js)"')
# The page lies right under the app's own address, wherever a proxy has put that. With these told, Streamlit opens its
# connection at once and asks for the rest of its settings meanwhile.
_SERVER = """<script>window.__streamlit = {
  BACKEND_BASE_URL: new URL("./", location.href).href,
  HOST_CONFIG: { allowedOrigins: [location.origin], useExternalAuthToken: false },
};</script>"""


@cache
def html(version: str, own: tuple[str, ...]) -> str:
    """The page. own: the names of our files, which are served at `version`."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    named = [_SERVER]
    named += [
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="./static/media/{font.name}">'
        for font in (STATIC / "static/media").glob(f"{FONT}.*.woff2")
    ]
    modules = [f"./static/js/{name}" for name in _needed() if name not in page]
    modules += [f"./costlab/{name}?v={version}" for name in own if name.endswith(".js") and name != LIBRARY]
    named += [f'<link rel="modulepreload" crossorigin fetchpriority="low" href="{one}">' for one in modules]
    others = [(name, "style") for name in own if name.endswith(".css")] + [(LIBRARY, "script")]
    named += [
        f'<link rel="preload" as="{kind}" fetchpriority="low" href="./costlab/{name}?v={version}">'
        for name, kind in others
    ]
    return page.replace("</head>", "\n".join([*named, "</head>"]), 1)


def _needed() -> list[str]:
    """The scripts of `ELEMENTS` and all that they import."""
    folder = STATIC / "static/js"
    found: dict[str, None] = {}
    waiting = [path.name for name in ELEMENTS for path in sorted(folder.glob(f"{name}.*.js"))]
    while waiting:
        name = waiting.pop(0)
        if name not in found and (folder / name).is_file():
            found[name] = None
            waiting += _IMPORT.findall((folder / name).read_text(encoding="utf-8"))
    return list(found)
