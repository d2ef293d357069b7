"""Training: `train(spec)` is a generator of events that knows no database, queue or screen.

    for event in train(RunSpec(dataset="digits")):
        ...                                  # one Prepared, then Progress and Epoch in turn, and one Outcome

`train_stack(specs)` trains several that differ in loss, costs, seed and rates side by side.

Importing this package imports torch, so only the worker's job processes and `costlab train` do it.
"""

from costlab.training.loop import train, train_stack
from costlab.training.outcome import Cancelled, Diverged, Outcome

__all__ = ["Cancelled", "Diverged", "Outcome", "train", "train_stack"]
