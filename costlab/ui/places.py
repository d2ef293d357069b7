"""Where the pages are, for links between them."""

from pathlib import Path

_PAGES = Path(__file__).parents[2] / "pages"
COSTS, TRAIN, RUN, RUNS = (_PAGES / f"{name}.py" for name in ("costs", "train", "run", "runs"))
WHATIF, COMPARE, ROBUSTNESS, REPORT = (_PAGES / f"{name}.py" for name in ("whatif", "compare", "robustness", "report"))
NAMES = tuple(sorted(path.stem for path in _PAGES.glob("*.py")))  # as their addresses call them, too
