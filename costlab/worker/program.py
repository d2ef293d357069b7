"""What a job process carries out. Another module with the same four functions can take its place (tests do that)."""

from costlab.training import train_stack
from costlab.training.artifacts import save
from costlab.training.catalogue import catalogues
from costlab.training.warm import warm

__all__ = ["catalogues", "save", "train_stack", "warm"]
