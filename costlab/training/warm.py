"""Pay for everything that makes a process's first run slow before there is a run."""

from costlab.training.catalogue import speed


def warm() -> None:
    """Import and run each part of a training step once. For a job process, before it says that it is ready."""
    speed("small_cnn", (1, 8, 8))
