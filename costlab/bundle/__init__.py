"""The bundle for an engineer: prices, a decision program with its test, predictions and the model. No torch here."""

from costlab.bundle.making import make_bundle
from costlab.bundle.model_files import ModelFiles, model_files

__all__ = ["ModelFiles", "make_bundle", "model_files"]
