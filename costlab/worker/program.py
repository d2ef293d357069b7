"""What a job process carries out. Another module with the same four functions can take its place (tests do that)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from costlab.errors import CostlabError
from costlab.specs import RunSpec
from costlab.training import train
from costlab.training.artifacts import save
from costlab.training.catalogue import catalogue
from costlab.training.warm import warm

__all__ = ["catalogue", "save", "train_stack", "warm"]


def train_stack(specs: Sequence[RunSpec], stop: Callable[[int], bool]) -> Iterator[tuple[int, Any]]:
    """Train the runs one after another; each event with its run's place, an error that ends a run as its last."""
    for place, spec in enumerate(specs):
        try:
            for event in train(spec, lambda place=place: stop(place)):  # type: ignore[misc]
                yield place, event
        except CostlabError as error:
            yield place, error
