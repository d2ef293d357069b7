"""The training loop: data resident on the device, no synchronisation inside an epoch, events out.

One loop for any number of runs side by side; a single run is the stack of one.
"""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from costlab.datasets import ImageSet
from costlab.errors import CostlabError, InvalidSpec
from costlab.losses import Loss
from costlab.metrics import accuracy, judge, mean_cost
from costlab.predictions import Predictions
from costlab.records import Epoch, Prepared, Progress
from costlab.specs import RunSpec, stack_key
from costlab.training.acceleration import accelerated, repeatable
from costlab.training.averaging import Averaged
from costlab.training.copies import to_device
from costlab.training.evaluation import Judgement, judge_epoch, logits_of
from costlab.training.form_name import name_of
from costlab.training.forms import Form, seeds_of
from costlab.training.frames import Frames
from costlab.training.mirroring import mirroring_of
from costlab.training.optimiser import one_cycle
from costlab.training.outcome import Cancelled, Diverged, Outcome
from costlab.training.setup import Setup, set_up_all
from costlab.training.tiles import form_of, manner
from costlab.training.views import Viewed

REPORT_SECONDS = 0.2

TrainingEvent = Prepared | Progress | Epoch | Outcome
Ready = dict[int, list[tuple[Tensor, Tensor]]]  # batches by seed: images (N, C, H, W), target (N,)
Events = Iterator[tuple[int, TrainingEvent | CostlabError]]


def train(
    spec: RunSpec, stop: Callable[[], bool] | None = None, images: ImageSet | None = None
) -> Iterator[TrainingEvent]:
    """Train as `spec` says: yields one Prepared, then Progress and Epoch in turn, and one Outcome.

    `stop` is asked before every batch; when it says yes, Cancelled is raised. `images` takes the place of the data set
    that the spec names. Raises Diverged when the loss is no longer finite, and what `set_up` raises. Works with
    `spec.threads` CPU threads, one or two if that is None. A run of over 20 epochs may have no Epoch for some of them.
    """
    for _, event in train_stack([spec], (lambda place: stop()) if stop else None, images):
        if isinstance(event, CostlabError):
            raise event
        yield event


def train_stack(
    specs: Sequence[RunSpec], stop: Callable[[int], bool] | None = None, images: ImageSet | None = None
) -> Events:
    """Train several runs side by side as one program: the events of `train`, each with the place of its run in `specs`.

    The specs share a `stack_key`. `stop(place)` is asked before every batch. What ends one run early, a fault in its
    spec included, is its last event; the others go on, and each learns what it would have learnt alone.
    """
    if len({stack_key(spec) for spec in specs}) != 1:
        raise InvalidSpec("Runs can train side by side only if they differ in loss, costs, seed and rates at most.")
    threads = torch.get_num_threads()
    torch.set_num_threads(specs[0].threads or 1)
    try:
        with repeatable():
            made = list(enumerate(set_up_all(specs, images)))
            yield from ((place, run) for place, run in made if isinstance(run, CostlabError))
            runs = {place: run for place, run in made if isinstance(run, Setup)}
            if runs:
                like = next(iter(runs.values()))
                torch.set_num_threads(1 if like.by_halves else like.spec.threads or 1)
                yield from _Training(runs, stop or (lambda place: False)).events()
    finally:
        torch.set_num_threads(threads)


class _Training:
    """The state of the runs while they train; those that have ended are taken out."""

    def __init__(self, runs: dict[int, Setup], stop: Callable[[int], bool]):
        self.places, self.runs = list(runs), list(runs.values())
        self.stop = stop
        self.like = self.runs[0]  # device, data, epochs and batch size are the same for all
        self.generators = {run.spec.seed: run.randomness.order for run in self.runs}
        self.mirroring = mirroring_of(self.like, self.generators)
        self.epochs = self.like.spec.epochs
        self.shares = _shares(self.epochs * -(-len(self.like.parts["train"]) // self.like.batch_size), self.like.device)
        form = form_of(self.runs)
        self.notes = [manner(self.runs, form)] if len(runs) > 1 else []
        form = accelerated(form, self.like, len(self.shares))
        self.form_name = name_of(form, len(runs))
        if self.like.spec.averaging:
            form = Averaged(form, self.runs, len(self.shares))
        self.form: Form = Viewed(form) if self.like.spec.views > 1 else form
        self.step = 0
        self.totals = torch.zeros(len(runs), device=self.like.device)  # the epoch's losses, summed over images
        self.valid_logits: list[Tensor] = []
        self.began = self.reported = self.shown = perf_counter()
        self.latest = 0  # epoch that was shown
        self.frames = Frames(self.epochs)

    def events(self) -> Events:
        for place, run in zip(self.places, self.runs, strict=True):
            told = {"together": len(self.runs), "notes": [*run.prepared.notes, *self.notes], "form": self.form_name}
            yield place, run.prepared.model_copy(update=told)
        for epoch in range(1, self.epochs + 1):
            yield from self.run_epoch(epoch)
            if not self.runs:
                return
            yield from self.look(epoch)
        yield from self.outcomes()

    # Training ------------------------------------------------------------------------------------------------------

    def run_epoch(self, epoch: int) -> Events:
        """One pass over the training part."""
        for run in self.runs:
            run.loss.set_progress((epoch - 1) / self.epochs)
        self.totals.zero_()
        flips = {seed: turns.which(epoch) for seed, turns in self.mirroring.items()}
        for rows in self.orders():
            yield from self.run_chunk(rows, flips)
            if not self.runs:
                return
            if perf_counter() - self.reported > REPORT_SECONDS:
                self.reported = perf_counter()
                progress = Progress(fraction=self.step / len(self.shares), seconds=self.reported - self.began)
                yield from ((place, progress) for place in self.places)

    def orders(self) -> Iterator[dict[int, list[Tensor]]]:
        """By seed, the rows of some batches at a time: a fresh random order of the training images, from the CPU."""
        part = self.like.parts["train"]
        fresh = {seed: torch.randperm(len(part), generator=self.generators[seed]) for seed in seeds_of(self.runs)}
        chunks = [part.chunks(to_device(order, self.like.device), self.like.batch_size) for order in fresh.values()]
        for together in zip(*chunks, strict=True):
            yield dict(zip(fresh, together, strict=True))

    def run_chunk(self, rows: dict[int, list[Tensor]], flips: dict[int, Tensor]) -> Events:
        """The batches of `rows`, one step each; who is cancelled is taken out between two steps."""
        part, seeds = self.like.parts["train"], seeds_of(self.runs)
        turns = self.generators if self.like.spec.augment else dict.fromkeys(seeds)
        halves = self.like.by_halves
        ready = {seed: list(part.prepared(rows[seed], turns[seed], flips.get(seed), halves)) for seed in seeds}
        done, number = 0, len(ready[seeds[0]])
        while done < number:
            with self.form.drawing():
                done, cancelled = self.run_batches(ready, done, number)
            yield from self.end({index: Cancelled("Training was cancelled.") for index in cancelled})
            if not self.runs:
                return

    def run_batches(self, ready: Ready, done: int, number: int) -> tuple[int, list[int]]:
        """Steps from batch `done` on, up to the end or until somebody is cancelled: how far it came, and who."""
        seeds = seeds_of(self.runs)
        for batch in range(done, number):
            cancelled = [index for index, place in enumerate(self.places) if self.stop(place)]
            if cancelled:
                return batch, cancelled
            images, targets = zip(*(ready[seed][batch] for seed in seeds), strict=True)
            losses = self.form.step(self.form.arranged(images), targets, self.shares[self.step])
            self.totals.add_(losses, alpha=len(targets[0]))
            self.step += 1
        return number, []

    def end(self, errors: dict[int, CostlabError]) -> Events:
        """Take out the runs at these indices, each with its error as its last event."""
        if not errors:
            return
        kept = [index for index in range(len(self.runs)) if index not in errors]
        ended = [(self.places[index], error) for index, error in errors.items()]
        self.places, self.runs = [self.places[index] for index in kept], [self.runs[index] for index in kept]
        self.valid_logits = [self.valid_logits[index] for index in kept] if self.valid_logits else []
        self.totals = self.totals[kept]
        self.form = self.form.keep(kept)
        yield from ended

    # Judging -------------------------------------------------------------------------------------------------------

    def look(self, epoch: int) -> Events:
        """Judge the epoch if that is due, or if a loss wants to see it; take out who broke down."""
        observed = any(_observes(run.loss) for run in self.runs)
        due, started = self.frames.due(epoch, observed), perf_counter()
        losses = self.totals / len(self.like.parts["train"])
        seen = self.judged(losses) if due or observed else []
        if seen:
            finite = [bool(np.isfinite(judgement.train_loss)) and judgement.finite for judgement in seen]
        else:
            finite = losses.isfinite().tolist()
        if due:
            self.frames.took(perf_counter() - started)
            seconds = (perf_counter() - self.shown) / (epoch - self.latest)
            self.shown, self.latest = perf_counter(), epoch
            for index, judgement in enumerate(seen):
                if finite[index]:
                    yield self.places[index], _record(self.runs[index], judgement, epoch, seconds)
        broken = [index for index, sound in enumerate(finite) if not sound]
        yield from self.end({index: _diverged(self.runs[index], epoch) for index in broken})

    def judged(self, losses: Tensor) -> list[Judgement]:
        """What the validation part shows; every loss is told its own confusion."""
        self.valid_logits = self.logits("valid")
        seen = judge_epoch(self.runs, self.valid_logits, losses)
        for run, judgement in zip(self.runs, seen, strict=True):
            run.loss.observe(torch.from_numpy(judgement.argmax[:, : len(run.cost.classes)]).to(run.device))
        return seen

    def logits(self, split: str) -> list[Tensor]:
        """(N, K) of each run on a part."""
        return logits_of(self.form, self.like.parts[split], self.like.batch_size, self.like.judged_by_two)

    def outcomes(self) -> Events:
        """The verdicts on the test part, which is looked at only now."""
        tested = [own.cpu().numpy() for own in self.logits("test")] if self.runs else []
        seconds = perf_counter() - self.began
        for index, (place, run) in enumerate(zip(self.places, self.runs, strict=True)):
            predictions = _predictions(run, self.valid_logits[index].cpu().numpy(), tested[index])
            yield place, _outcome(run, predictions, self.form.weights(index), seconds)


def _shares(steps: int, device: torch.device) -> Tensor:
    """(steps,) on the device: the rate of each step as a share of its peak."""
    wide = torch.float64 if device.type == "cpu" else torch.float32  # all that a GPU's fused optimiser reads
    return torch.tensor([one_cycle(step, steps) for step in range(steps)], dtype=wide, device=device)


def _observes(loss: Loss) -> bool:
    """Whether the held-out confusion moves this loss: it must then see every epoch's, whatever the clock says."""
    return type(loss).observe is not Loss.observe


def _diverged(run: Setup, epoch: int) -> Diverged:
    return Diverged(
        f"Training broke down in epoch {epoch}: the loss is no longer a finite number; "
        f"try a learning rate below {run.spec.learning_rate:g}."
    )


def _record(run: Setup, seen: Judgement, epoch: int, seconds: float) -> Epoch:
    return Epoch(
        epoch=epoch,
        seconds=seconds,
        train_loss=seen.train_loss,
        valid_loss=seen.valid_loss,
        valid_accuracy=accuracy(seen.argmax),
        valid_cost=mean_cost(seen.argmax, run.cost),
        valid_least_expected_cost=mean_cost(seen.least_expected_cost, run.cost),
        valid_confusion=seen.argmax.tolist(),
    )


def _outcome(run: Setup, predictions: Predictions, weights: dict[str, Tensor], seconds: float) -> Outcome:
    test, tested = run.parts["test"], predictions.part("test")
    return Outcome(
        seconds=seconds,
        test=judge(tested.probs(), tested.target, run.cost),
        predictions=predictions,
        weights=weights,
        mean=test.mean.flatten().cpu().numpy() / 255,
        std=test.std.flatten().cpu().numpy() / 255,
    )


def _predictions(run: Setup, valid_logits: np.ndarray, test_logits: np.ndarray) -> Predictions:
    parts = [run.parts["valid"], run.parts["test"]]
    return Predictions(
        logits=np.concatenate([valid_logits, test_logits]),
        target=np.concatenate([part.target.cpu().numpy() for part in parts]),
        classes=run.cost.classes,
        split=np.repeat(["valid", "test"], [len(part) for part in parts]),
        index=np.concatenate([part.index for part in parts]),
    )
