"""What the Train page is about to start: one run for each loss and seed, how many that is and how long it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from costlab.catalogue import Catalogue, DatasetEntry, timed_kind
from costlab.costs import CostMatrix
from costlab.records import BY_HALVES
from costlab.sharing import HALVED, MEASURED, kind_of, most_together, shared_out
from costlab.specs import Choice, RunSpec, make_spec
from costlab.store import Run
from costlab.ui.sentences import count, duration

MAX_RUNS = 60  # with one click


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
        timed = catalogue.seconds_per_image.get(timed_kind(self.model.name, entry.shape))
        more = self._share_of_one_more(catalogue)
        # The fastest of the latest: the others were slowed by whatever else the machine had to do just then.
        speeds = [speed for run in runs if (speed := self._speed(run, more))][:5]
        speed = min(speeds) if speeds else timed
        if speed is None:
            return None
        epochs = int(self.how.get("epochs", RunSpec.model_fields["epochs"].default))
        one = speed * train_images(entry, self.dataset.options) * epochs / self._halving(catalogue)
        return sum(one * (1 + more * (max(sizes) - 1)) for sizes in self.rounds(catalogue, slots))

    def rounds(self, catalogue: Catalogue, slots: int) -> list[list[int]]:
        """How the worker would share the runs out over `slots` places that are free, if all took equally long.

        What it trains at the same time, over and over: how many runs in each place, side by side as one program.
        """
        most, left, rounds = most_together(catalogue, self._example()), self.size, []
        while left:
            sizes = [len(group) for group in shared_out([("", most)] * left, max(1, slots))]
            rounds.append(sizes)
            left -= sum(sizes)
        return rounds

    def _example(self) -> RunSpec:
        """A run like these in all that decides where it is trained, and beside whom."""
        return RunSpec(dataset=self.dataset, model=self.model, device=self.how.get("device", "auto"))

    def _gain(self, catalogue: Catalogue) -> float | None:
        """How many times faster some such runs train side by side than one after another, where that was measured."""
        kind = kind_of(catalogue, self._example())
        return catalogue.stack_gain.get(kind) if kind else None

    def _halving(self, catalogue: Catalogue) -> float:
        """How many times faster than on one thread each run is trained: a single one has two where that pays."""
        alone = self.size == 1 and self.how.get("threads") in (None, 2)
        return HALVED if alone and kind_of(catalogue, self._example()) in catalogue.by_halves else 1.0

    def _share_of_one_more(self, catalogue: Catalogue) -> float:
        """What one more run in a stack adds to its time, as a share of the time of one alone."""
        gain = self._gain(catalogue) or 1.0
        return max(0.0, MEASURED / gain - 1) / (MEASURED - 1)

    def _speed(self, run: Run, more: float) -> float | None:
        """Seconds an image and epoch, on one thread, of a run that is like these and has ended."""
        alike = (run.spec.dataset.name, run.spec.model) == (self.dataset.name, self.model)
        if not alike or run.state != "succeeded" or run.prepared is None:
            return None
        if run.spec.device != self.how.get("device", "auto"):
            return None
        beside = run.prepared.together - 1
        seconds = run.seconds * (HALVED if run.prepared.form == BY_HALVES else 1)
        return seconds / (run.prepared.sizes.get("train", 0) * run.spec.epochs or 1) / (1 + more * beside)

    def sentence(self, catalogue: Catalogue, slots: int, runs: Sequence[Run] = ()) -> str:
        """The whole plan in one line: how many runs, how they are trained and why so, and about how long."""
        made = f"{count(len(self.losses), 'loss', 'losses')} × {count(len(self.seeds), 'seed')}"
        made += f" = {count(self.size, 'run')}"
        seconds = self.seconds(catalogue, slots, runs)
        if seconds is None:
            return f"{made}; how long they take is not known before the first one of this kind."
        wait = "a second or two" if seconds < 1.5 else f"about {duration(seconds)}"  # the screens take their share
        if self.size == 1:
            return f"{made}, {wait} of training"
        return f"{made}, {self._manner(catalogue, slots)}: {wait} of training"

    def _manner(self, catalogue: Catalogue, slots: int) -> str:
        """How the runs are trained, and why not side by side where they are not."""
        first, *later = self.rounds(catalogue, slots)
        places = count(len(first), "place")
        if max(first) > 1:
            number = f"{'up to ' if min(first) < max(first) else ''}{max(first)}"
            if len(first) > 1:
                return f"trained side by side, {number} in each of {places}{' at a time' if later else ''}"
            return f"trained side by side, {f'{number} at a time' if later else 'all at once'}"
        if not later:
            return "all at once"
        manner = "one after another" + (f" in {places}" if len(first) > 1 else "")
        unpaid = self._gain(catalogue) is not None
        return manner + (", because training side by side does not pay for this model" if unpaid else "")


def train_images(entry: DatasetEntry, options: Mapping[str, Any]) -> int:
    """About how many training images a data set with these options has.

    Two options say so themselves: `train_size`, which all sets have, and `images`, how many a synthetic set draws.
    """
    images = entry.train_images
    drawn = entry.options.get("properties", {}).get("images", {}).get("default")
    if drawn and options.get("images"):
        images = round(images * options["images"] / drawn)
    return min(images, options.get("train_size") or images)
