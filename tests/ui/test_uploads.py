"""A file that is not a cost matrix is refused at once, however it is made: nothing is allocated for it."""

import json
import tracemalloc
from collections.abc import Callable
from time import process_time

import pytest

from costlab.costs import CostMatrix
from costlab.errors import CostlabError

NAMES = [f"class {i}" for i in range(50_000)]
BOMBS: dict[str, Callable[[], object]] = {
    "many columns": lambda: CostMatrix.from_csv((",".join(NAMES) + "\n") * 3),
    "many rows": lambda: CostMatrix.from_csv("x,a,b\n" + "".join(f"{name},1,2\n" for name in NAMES)),
    "many names": lambda: CostMatrix.from_json(json.dumps({"classes": NAMES, "values": [[1]]})),
    "long rows": lambda: CostMatrix.from_json(json.dumps({"classes": ["a", "b"], "values": [[1] * 50_000] * 2})),
    "deep": lambda: CostMatrix.from_json("[" * 1_000_000),
    "one long line": lambda: CostMatrix.from_csv("," * 5_000_000),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_hostile_file_is_refused_quickly_and_in_little_memory(bomb: str) -> None:
    started = process_time()
    with pytest.raises(CostlabError):
        BOMBS[bomb]()
    assert process_time() - started < 10  # before, these took minutes, or 20 GB
    tracemalloc.start()
    with pytest.raises(CostlabError):
        BOMBS[bomb]()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 600_000_000
