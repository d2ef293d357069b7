"""What a first visitor would wait for is ready before: the page's code and Streamlit's scripts, compressed."""

import gzip
import subprocess
import sys

from costlab.ui import compressed
from costlab.ui.opening import STATIC

CODE = """
import ast, sys
from costlab.ui import server
from costlab.ui.places import WHATIF
server._warm_first_page()
known = set(sys.modules)
imports = [line for line in ast.parse(WHATIF.read_text()).body if isinstance(line, ast.ImportFrom)]
exec(compile(ast.Module(imports, []), "whatif", "exec"))
print(sorted(set(sys.modules) - known), sorted({"torch", "pandas"} & known))
"""


def test_the_first_page_imports_nothing_that_was_not_imported_before_and_no_torch() -> None:
    told = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert told.stdout == "[] []\n"


def test_the_scripts_that_a_page_names_are_compressed_once_it_is_prepared() -> None:
    script = next(iter(sorted((STATIC / "static/js").glob("index.*.js"))))
    page = f'<script src="./static/js/{script.name}"></script><link href="./static/js/none.js"><link href="./x.js">'
    compressed._compressed.cache_clear()
    compressed.prepare(page)
    assert compressed._compressed.cache_info().currsize == 2  # the one that is not there is remembered, too
    found = compressed._compressed(f"js/{script.name}")
    assert found
    assert gzip.decompress(found) == script.read_bytes()
    assert compressed._compressed.cache_info().misses == 2
