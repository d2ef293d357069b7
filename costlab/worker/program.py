"""What a job process carries out. Another module with the same four functions can take its place (tests do that)."""

from costlab.specs import RunSpec
from costlab.training import train
from costlab.training.artifacts import save
from costlab.training.catalogue import catalogue


def warm(device: str) -> None:
    """Make the first run as quick as the second, by a run of one epoch on `device`."""
    from costlab.training.warm import warm

    if not device.startswith("cuda"):  # it works on the device that "auto" takes; a slot's own GPU may be another one
        warm()
    for _ in train(RunSpec(dataset="digits", epochs=1, device=device)):
        pass


__all__ = ["catalogue", "save", "train", "warm"]
