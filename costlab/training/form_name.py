"""What the form of a training step is called where it is recorded."""

from costlab.training.capture import Captured
from costlab.training.forms import Form
from costlab.training.tiles import Tiles


def name_of(form: Form, runs: int) -> str:
    """How `runs` runs take their steps: "single", "in turn, 3", "stacked in 8" (at most so many as one program)."""
    if isinstance(form, Captured):
        return f"{name_of(form.form, runs)}, graph"
    if isinstance(form, Tiles):
        return f"stacked in {max(len(own) for own, _ in form.tiles)}"
    return "single" if runs == 1 else f"in turn, {runs}"
