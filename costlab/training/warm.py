"""Pay for everything that makes a process's first run slow before there is a run."""

from costlab.specs import Choice, RunSpec
from costlab.training import artifacts, train

TINY = RunSpec(dataset=Choice(name="digits", options={"train_size": 20}), epochs=1)

__all__ = ["artifacts", "warm"]  # to import `artifacts`, which takes a while, is part of warming


def warm(device: str = "auto") -> None:
    """Import and use each part of a run once, by a tiny one on `device`; for a process that will train there."""
    for _ in train(TINY.model_copy(update={"device": device})):
        pass
