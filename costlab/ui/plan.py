"""What the Train page is about to start: one run for each loss and seed, how many that is and how long it takes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Any

from costlab.catalogue import Catalogue, DatasetEntry
from costlab.costs import CostMatrix
from costlab.errors import InvalidSpec
from costlab.specs import Choice, RunSpec, make_spec
from costlab.store import Run
from costlab.ui.sentences import count, duration

MAX_RUNS = 60  # with one click
MAX_SEED = 2**31 - 1
_RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")


@dataclass(frozen=True)
class Plan:
    """Runs to be: every loss with every seed, all else the same. `cost=None` leaves it to the data set."""

    dataset: Choice
    model: Choice
    losses: Sequence[Choice]
    seeds: Sequence[int]
    cost: CostMatrix | None = None
    how: Mapping[str, Any] = field(default_factory=dict)  # further fields of RunSpec

    @property
    def size(self) -> int:
        """How many runs these are."""
        return len(self.losses) * len(self.seeds)

    def specs(self) -> list[RunSpec]:
        """The runs, seed by seed, so that every loss has a first result early. Raises InvalidSpec."""
        common = {"dataset": self.dataset, "model": self.model, "cost": self.cost, **self.how}
        return [make_spec(loss=loss, seed=seed, **common) for seed in self.seeds for loss in self.losses]

    def problems(self) -> list[str]:
        """Why these runs cannot be started, in sentences; empty when they can."""
        if not self.losses:
            return ["Choose at least one loss."]
        if self.size > MAX_RUNS:
            return [f"These are {self.size} runs; start up to {MAX_RUNS} at once. Take fewer losses or fewer seeds."]
        return []

    def seconds(self, catalogue: Catalogue, slots: int, runs: Sequence[Run] = ()) -> float | None:
        """About how long all of them train on `slots` places at once; None when nothing like it was ever timed.

        Taken from `runs` of this model on this data set, if some have ended, else from the worker's own timing.
        """
        entry = next((one for one in catalogue.datasets if one.name == self.dataset.name), None)
        if entry is None or not self.size:
            return None
        timed = catalogue.seconds_per_image.get(f"{self.model.name} on {'x'.join(map(str, entry.shape))}")
        speeds = [speed for run in runs if (speed := self._speed(run))][:5]
        speed = median(speeds) if speeds else timed
        if speed is None:
            return None
        epochs = int(self.how.get("epochs", RunSpec.model_fields["epochs"].default))
        one = speed * train_images(entry, self.dataset.options) * epochs
        return one * ceil(self.size / max(1, slots))

    def _speed(self, run: Run) -> float | None:
        """Seconds an image and epoch of a run that is like these and has ended."""
        alike = (run.spec.dataset.name, run.spec.model) == (self.dataset.name, self.model)
        if not alike or run.state != "succeeded" or run.prepared is None:
            return None
        if run.spec.device != self.how.get("device", "auto"):
            return None
        return run.seconds / (run.prepared.sizes.get("train", 0) * run.spec.epochs or 1)

    def sentence(self, catalogue: Catalogue, slots: int, runs: Sequence[Run] = ()) -> str:
        """The whole plan in one line: how many runs, and about how long."""
        made = f"{count(len(self.losses), 'loss', 'losses')} × {count(len(self.seeds), 'seed')}"
        made += f" = {count(self.size, 'run')}"
        seconds = self.seconds(catalogue, slots, runs)
        if seconds is None:
            return f"{made}; how long they take is not known before the first one of this kind."
        wait = duration(seconds)
        return f"{made}, {wait if seconds < 1 else f'about {wait}'} of training"


def train_images(entry: DatasetEntry, options: Mapping[str, Any]) -> int:
    """About how many training images a data set with these options has.

    Two options say so themselves: `train_size`, which all sets have, and `images`, how many a synthetic set draws.
    """
    images = entry.train_images
    drawn = entry.options.get("properties", {}).get("images", {}).get("default")
    if drawn and options.get("images"):
        images = round(images * options["images"] / drawn)
    return min(images, options.get("train_size") or images)


def read_seeds(text: str) -> list[int]:
    """The seeds in a text of numbers and ranges, in its order, each once. Raises InvalidSpec with one sentence.

    >>> read_seeds("0-2, 7")
    [0, 1, 2, 7]
    """
    seeds: dict[int, None] = {}
    for part in filter(None, re.split(r"[,;\s]+", re.sub(r"\s*-\s*", "-", text))):
        matched = _RANGE.fullmatch(part)
        if not matched:
            raise InvalidSpec(f"Seeds are whole numbers such as 0, 1, 2 or 0-4; got '{part[:20]}'.")
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if last > MAX_SEED or first > last:
            raise InvalidSpec(f"Seeds go from 0 to {MAX_SEED}, smaller before larger; got '{part[:30]}'.")
        if last - first >= 1000:
            raise InvalidSpec(f"'{part[:30]}' is more than 1000 seeds; take fewer.")
        seeds |= dict.fromkeys(range(first, last + 1))
    if not seeds:
        raise InvalidSpec("Name at least one seed, such as 0.")
    return list(seeds)
