"""Send what a script run paints in one go, so that the browser paints once.

Streamlit sends each element as it is made. On two cores the browser then renders the page twice, half old, half new,
while the script still runs and both get in each other's way: measured on the What-if page, an edit was repainted after
420 ms instead of 310 (median of 6, `benchmarks.screens`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

HOOK = "_enqueue"  # Streamlit's own, where every message goes through; a test holds that it is there


@contextmanager
def at_once() -> Iterator[None]:
    """Hold back what is painted in this block until it ends; the order stays.

    An error in the block leaves what was painted until then on the screen, as it would have without this. A rerun that
    the block, or the visitor meanwhile, asks for begins when the block ends, in place of what was held back. A version
    of Streamlit without the hook sends each element as it is made, which only takes longer.
    """
    context = get_script_run_ctx()
    send = getattr(context, HOOK, None)
    if send is None:
        yield
        return
    held: list[Any] = []
    setattr(context, HOOK, held.append)
    try:
        yield
    finally:
        setattr(context, HOOK, send)
        for message in held:
            send(message)
