"""How the models of several runs take one optimiser step: the step is a function of tensors of fixed shapes.

It waits for nothing on the host and reads nothing from the device, so that a captured graph or a compiler may wrap it.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

import torch
from torch import Tensor, nn

from costlab.training.copies import copied
from costlab.training.optimiser import Optimiser, optimiser_of
from costlab.training.setup import Setup

Batch = tuple[Tensor, ...]


class Form(Protocol):
    """The models of M runs and their optimisers. A stream is what runs of one seed see: the same images in order."""

    def arranged(self, streams: Sequence[Tensor]) -> Batch:
        """The images of one batch, (N, C, H, W) a stream, as `step` and `logits` take them."""

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """One optimiser step of all; `targets` (N,) a stream, `share` of each run's peak rate. (M,) losses before."""

    def logits(self, images: Batch) -> list[Tensor]:
        """(N, K) float32 logits of each run, in evaluation mode."""

    def keep(self, places: Sequence[int]) -> "Form":
        """The same for the runs at `places` alone, from where they are now."""

    def weights(self, place: int) -> dict[str, Tensor]:
        """The state of one run's plain model, on the CPU."""

    def drawing(self) -> AbstractContextManager[None]:
        """Around steps: torch's global random numbers are the runs' own."""


def seeds_of(runs: Sequence[Setup]) -> list[int]:
    """The different seeds among `runs`, in order of their first run: each is a stream of images."""
    return list(dict.fromkeys(run.spec.seed for run in runs))


def streams_of(runs: Sequence[Setup]) -> list[int]:
    """For each run the place of its stream among `seeds_of`."""
    seeds = seeds_of(runs)
    return [seeds.index(run.spec.seed) for run in runs]


def autocast(run: Setup) -> torch.autocast:
    """The number format of the forward pass in training."""
    return torch.autocast(run.device.type, torch.bfloat16, enabled=run.spec.precision == "bfloat16")


_turning = threading.Lock()


def learning(model: nn.Module) -> nn.Module:
    """`model`, in training mode; to say so to every layer takes 0.1 ms, so it is said once."""
    return model if model.training else model.train()


def judging(model: nn.Module) -> nn.Module:
    """`model`, in evaluation mode with all its layers; two threads may ask at once."""
    with _turning:  # a model says of itself that it is judged before its layers are told
        return model.eval() if model.training else model


class Apart:
    """Each model by itself, one after another; the form of a single run."""

    def __init__(self, runs: Sequence[Setup], optimisers: Sequence[Optimiser] | None = None):
        self.runs = list(runs)
        self.streams = streams_of(runs)
        self.optimisers = list(optimisers or (optimiser_of(run.spec, run.model) for run in runs))

    def arranged(self, streams: Sequence[Tensor]) -> Batch:
        """As they are."""
        return tuple(streams)

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """One after another, so that a model's activations are gone before the next one's are made."""
        losses = []
        for run, optimiser, stream in zip(self.runs, self.optimisers, self.streams, strict=True):
            with self._own_numbers(run):
                with autocast(run):
                    logits = learning(run.model)(images[stream])
                loss = run.loss(logits.float(), targets[stream])
                loss.backward()
                optimiser.step(share * run.spec.learning_rate)
                losses.append(loss.detach())
        return torch.stack(losses)

    def logits(self, images: Batch) -> list[Tensor]:
        """Of the one stream that all are judged on."""
        return [judging(run.model)(images[0]).float() for run in self.runs]

    def keep(self, places: Sequence[int]) -> "Apart":
        """The others are left as they are."""
        return Apart([self.runs[place] for place in places], [self.optimisers[place] for place in places])

    def weights(self, place: int) -> dict[str, Tensor]:
        """Copies, contiguous."""
        return copied(self.runs[place].model.state_dict())

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """One run's own for all steps; several take turns in each step."""
        with self.runs[0].randomness.active() if len(self.runs) == 1 else nullcontext():
            yield

    def _own_numbers(self, run: Setup) -> AbstractContextManager[None]:
        return nullcontext() if len(self.runs) == 1 else run.randomness.active()


class Around:
    """Base of forms that change one thing about another, `form`, and pass on the rest."""

    def __init__(self, form: Form):
        self.form = form

    def arranged(self, streams: Sequence[Tensor]) -> Batch:
        """As of the form within."""
        return self.form.arranged(streams)

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """As of the form within."""
        return self.form.step(images, targets, share)

    def logits(self, images: Batch) -> list[Tensor]:
        """As of the form within."""
        return self.form.logits(images)

    def weights(self, place: int) -> dict[str, Tensor]:
        """As of the form within."""
        return self.form.weights(place)

    def drawing(self) -> AbstractContextManager[None]:
        """As of the form within."""
        return self.form.drawing()
