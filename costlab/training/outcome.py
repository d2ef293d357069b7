"""How training ends: with an `Outcome`, or with one of two errors."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from costlab.errors import CostlabError
from costlab.predictions import Predictions
from costlab.records import TestResult


class Cancelled(CostlabError):
    """Training was told to stop."""


class Diverged(CostlabError, ArithmeticError):
    """The loss or the logits are no longer finite numbers."""


@dataclass(frozen=True)
class Outcome:
    """A trained model: the verdict on the test part, its logits and its weights.

    seconds: training and its evaluations, without loading data or starting torch. predictions: the valid and test
    parts. weights: the model's state by name, on the CPU. mean, std: (C,), how images (pixels from 0 to 1) are
    standardised before the model sees them.
    """

    seconds: float
    test: TestResult
    predictions: Predictions
    weights: dict[str, Tensor]
    mean: np.ndarray
    std: np.ndarray
