"""The form of a stack: its runs cut into programs of as many models as are fastest on the machine."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise

import torch
from torch import Tensor

from costlab.training.forms import Apart, Batch, Form, seeds_of, streams_of
from costlab.training.halves import Halved
from costlab.training.setup import Setup
from costlab.training.stack_size import best_width, seconds_by_width
from costlab.training.stacked import Together, keep_memory, why_not
from costlab.wording import count


class Tiles:
    """Runs cut into several forms that take their steps one after another; each fits the processor's cache."""

    def __init__(self, runs: Sequence[Setup], tiles: Sequence[tuple[list[int], Form]]):
        self.runs = list(runs)
        self.tiles = list(tiles)  # the runs' places, and their form
        places = [place for own, _ in tiles for place in own]
        self._back = [places.index(place) for place in range(len(places))]
        seeds = seeds_of(runs)
        self._seen = [[seeds.index(seed) for seed in seeds_of([runs[p] for p in own])] for own, _ in tiles]

    def arranged(self, streams: Sequence[Tensor]) -> Batch:
        """One tensor a tile."""
        if len(streams) == 1:
            return tuple(form.arranged(streams)[0] for _, form in self.tiles)
        own = ([streams[stream] for stream in seen] for seen in self._seen)
        return tuple(form.arranged(streams)[0] for (_, form), streams in zip(self.tiles, own, strict=True))

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """One tile after another."""
        losses = []
        for (_, form), own, seen in zip(self.tiles, images, self._seen, strict=True):
            with form.drawing():
                losses.append(form.step((own,), tuple(targets[stream] for stream in seen), share))
        return torch.cat(losses)[self._back]

    def logits(self, images: Batch) -> list[Tensor]:
        """(N, K) of each run."""
        found = [own for (_, form), batch in zip(self.tiles, images, strict=True) for own in form.logits((batch,))]
        return [found[place] for place in self._back]

    def keep(self, places: Sequence[int]) -> "Tiles":
        """Tiles of which nobody leaves stay as they are."""
        tiles = []
        for own, form in self.tiles:
            kept = [index for index, place in enumerate(own) if place in places]
            if kept:
                form = form if len(kept) == len(own) else form.keep(kept)
                tiles.append(([list(places).index(own[index]) for index in kept], form))
        return Tiles([self.runs[place] for place in places], tiles)

    def weights(self, place: int) -> dict[str, Tensor]:
        """As of the form within."""
        own, form = next(tile for tile in self.tiles if place in tile[0])
        return form.weights(own.index(place))

    def drawing(self) -> AbstractContextManager[None]:
        """Each tile sees to it."""
        return nullcontext()


def form_of(runs: Sequence[Setup]) -> Form:
    """The form in which these runs train fastest on their device, as measured once on this machine."""
    like = runs[0]
    if like.by_halves:
        return Halved(like)
    if len(runs) == 1 or _reason(runs):
        return Apart(runs)
    shape = tuple(like.parts["train"].images.shape[1:])
    seconds = seconds_by_width(like.spec.model, shape, like.spec.precision, like.device, like.batch_size)
    return cut(runs, best_width(seconds))


def manner(runs: Sequence[Setup], form: Form) -> str:
    """How several runs are trained, and why so, in a sentence."""
    if isinstance(form, Tiles):
        widest = max(len(own) for own, _ in form.tiles)
        return f"Trained side by side with {count(len(runs) - 1, 'other run')}, up to {widest} models as one program."
    reason = _reason(runs) or "One program for several was measured to be no faster here."
    return f"Trained in turns, step by step, with {count(len(runs) - 1, 'other run')}. {reason}"


def _reason(runs: Sequence[Setup]) -> str:
    """Why these runs cannot be one program, in a sentence; empty when they can."""
    return "Averaged weights are each model's own." if runs[0].spec.averaging else why_not(runs[0].model)


def cut(runs: Sequence[Setup], width: int) -> Form:
    """`runs` in programs of at most `width` models: those of one seed, and of one rate, together where that can be."""
    if width == 1 or len(runs) == 1:
        return Apart(runs)
    keep_memory()
    streams = streams_of(runs)
    alike = [(streams[place], run.spec.learning_rate, run.spec.weight_decay) for place, run in enumerate(runs)]
    places = sorted(range(len(runs)), key=lambda place: alike[place])
    number = -(-len(runs) // width)
    edges = [round(i * len(runs) / number) for i in range(number + 1)]
    tiles: list[tuple[list[int], Form]] = []
    for start, stop in pairwise(edges):
        members = [runs[place] for place in places[start:stop]]
        tiles.append((places[start:stop], Together(members) if len(members) > 1 else Apart(members)))
    return Tiles(runs, tiles)
