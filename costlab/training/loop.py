"""The training loop: data resident on the device, no synchronisation inside an epoch, events out."""

from collections.abc import Callable, Iterator
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from costlab.datasets import ImageSet
from costlab.metrics import accuracy, judge, mean_cost
from costlab.predictions import Predictions
from costlab.records import Epoch, Prepared, Progress
from costlab.specs import RunSpec
from costlab.training.evaluation import Judgement, judge_epoch, logits_of
from costlab.training.optimiser import AdamW, one_cycle
from costlab.training.outcome import Cancelled, Diverged, Outcome
from costlab.training.setup import Setup, set_up

REPORT_SECONDS = 0.2

TrainingEvent = Prepared | Progress | Epoch | Outcome


def train(
    spec: RunSpec, stop: Callable[[], bool] | None = None, images: ImageSet | None = None
) -> Iterator[TrainingEvent]:
    """Train as `spec` says: yields one Prepared, then Progress and Epoch in turn, and one Outcome.

    `stop` is asked before every batch; when it says yes, Cancelled is raised. `images` takes the place of the data set
    that the spec names. Raises Diverged when the loss is no longer finite, and what `set_up` raises. Works with
    `spec.threads` CPU threads until it ends.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(spec.threads)
    try:
        run = set_up(spec, images)
        yield run.prepared
        yield from _Training(run, stop or (lambda: False)).events()
    finally:
        torch.set_num_threads(threads)


class _Training:
    """The state of one run while it trains."""

    def __init__(self, run: Setup, stop: Callable[[], bool]):
        self.run = run
        self.stop = stop
        self.optimiser = AdamW(run.model, run.spec.weight_decay)
        self.per_epoch = -(-len(run.parts["train"]) // run.batch_size)
        self.steps = run.spec.epochs * self.per_epoch
        self.step = 0
        self.began = self.reported = perf_counter()

    @property
    def autocast(self) -> torch.autocast:
        lower = self.run.spec.precision == "bfloat16"
        return torch.autocast(self.run.device.type, torch.bfloat16, enabled=lower)

    def events(self) -> Iterator[TrainingEvent]:
        run = self.run
        for epoch in range(1, run.spec.epochs + 1):
            started = perf_counter()
            run.loss.set_progress((epoch - 1) / run.spec.epochs)
            total = torch.zeros((), device=run.device)
            for rows in run.parts["train"].chunks(self.order(), run.batch_size):
                self.run_batches(rows, total)
                if perf_counter() - self.reported > REPORT_SECONDS:
                    self.reported = perf_counter()
                    yield Progress(fraction=self.step / self.steps, seconds=self.reported - self.began)
            valid = run.parts["valid"]
            logits = logits_of(run.model, valid, run.batch_size)
            seen = judge_epoch(logits, valid.target, run.loss, total / len(run.parts["train"]), run.cost)
            self.check(seen, epoch)
            run.loss.observe(torch.from_numpy(seen.argmax[:, : len(run.cost.classes)]).to(run.device))
            yield self.record(seen, epoch, started)
        yield self.outcome(logits)

    def order(self) -> Tensor:
        """A fresh random order of the training images, drawn on the CPU."""
        return torch.randperm(len(self.run.parts["train"]), generator=self.run.randomness.order).to(self.run.device)

    def run_batches(self, rows: list[Tensor], total: Tensor) -> None:
        """One optimiser step for each batch of `rows`; adds each batch's summed loss to `total`, on the device."""
        run = self.run
        run.model.train()
        run.loss.train()
        turns = run.randomness.order if run.spec.augment else None
        with run.randomness.active():
            for images, target in run.parts["train"].prepared(rows, turns):
                if self.stop():
                    raise Cancelled("Training was cancelled.")
                with self.autocast:
                    logits = run.model(images)
                loss = run.loss(logits.float(), target)
                loss.backward()
                self.optimiser.step(run.spec.learning_rate * one_cycle(self.step, self.steps))
                total += loss.detach() * len(target)
                self.step += 1

    def check(self, seen: Judgement, epoch: int) -> None:
        """Raise Diverged unless the training loss and the validation logits are finite."""
        if not (np.isfinite(seen.train_loss) and seen.finite):
            raise Diverged(
                f"Training broke down in epoch {epoch}: the loss is no longer a finite number; "
                f"try a learning rate below {self.run.spec.learning_rate:g}."
            )

    def record(self, seen: Judgement, epoch: int, started: float) -> Epoch:
        return Epoch(
            epoch=epoch,
            seconds=perf_counter() - started,
            train_loss=seen.train_loss,
            valid_loss=seen.valid_loss,
            valid_accuracy=accuracy(seen.argmax),
            valid_cost=mean_cost(seen.argmax, self.run.cost),
            valid_least_expected_cost=mean_cost(seen.least_expected_cost, self.run.cost),
            valid_confusion=seen.argmax.tolist(),
        )

    def outcome(self, valid_logits: Tensor) -> Outcome:
        """The verdict on the test part, which is looked at only now."""
        run, test = self.run, self.run.parts["test"]
        test_logits = logits_of(run.model, test, run.batch_size).cpu().numpy()
        seconds = perf_counter() - self.began
        predictions = _predictions(run, valid_logits.cpu().numpy(), test_logits)
        tested = predictions.part("test")
        return Outcome(
            seconds=seconds,
            test=judge(tested.probs(), tested.target, run.cost),
            predictions=predictions,
            weights={name: w.detach().cpu().contiguous() for name, w in run.model.state_dict().items()},
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
