"""What the form of a training step is called where it is recorded."""

from costlab.records import BY_HALVES
from costlab.training.acceleration import Compiled, Each
from costlab.training.capture import Captured
from costlab.training.forms import Apart, Form
from costlab.training.halves import Halved
from costlab.training.tiles import Tiles


def name_of(form: Form, runs: int) -> str:
    """How `runs` runs take their steps: "single, in halves", "in turn, 3", "stacked in 8" (at most so many at once)."""
    if isinstance(form, Captured):
        return f"{name_of(form.form, runs)}, graph"
    if isinstance(form, Compiled):
        return f"{name_of(Apart(form.runs, form.optimisers), runs)}, compiled"
    if isinstance(form, Each):
        return f"in turn, {runs}" + name_of(form.forms[0], 1).removeprefix("single")
    if isinstance(form, Halved):
        return BY_HALVES
    if isinstance(form, Tiles):
        captured = ", graph" if any(isinstance(tile, Captured) for _, tile in form.tiles) else ""
        return f"stacked in {max(len(own) for own, _ in form.tiles)}{captured}"
    return "single" if runs == 1 else f"in turn, {runs}"
