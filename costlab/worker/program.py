"""What a job process carries out. Another module with the same four functions can take its place (tests do that)."""

from costlab.specs import RunSpec
from costlab.training import train
from costlab.training.artifacts import save
from costlab.training.catalogue import catalogue
from costlab.training.warm import keep_memory
from costlab.training.warm import warm as warm_auto


def warm(device: str) -> None:
    """Make the first run as quick as the second, by a run of one epoch on `device`."""
    if device.startswith("cuda"):  # perhaps not the one that "auto" takes, whose memory is for another slot
        keep_memory()
    else:
        warm_auto()
    for _ in train(RunSpec(dataset="digits", epochs=1, device=device)):
        pass


__all__ = ["catalogue", "save", "train", "warm"]
