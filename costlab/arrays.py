"""numpy, imported when something of it is first asked for: `from costlab import arrays as np`.

For modules whose names everybody needs and whose arithmetic only some do. The dispatcher passes cost matrices on and
never calculates with one; without numpy it is 12 MB smaller.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """What numpy calls `name`."""
    return getattr(import_module("numpy"), name)
