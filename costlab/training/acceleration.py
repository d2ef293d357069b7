"""How steps are taken on a GPU: one by one, replayed from a captured graph, or compiled; what pays within the run.

Steps of small networks take a GPU less time than the host needs to ask for their hundred pieces. A graph asks once: the
step is captured with its inputs in buffers that stay where they are, and then replayed as one. A compiler joins pieces
instead, and takes most of a minute to do so. On the CPU steps are taken one by one: it has no graphs, and to compile
`small_cnn` took 91 s on a busy machine (40 s of the processor) for steps of 24.4 ms instead of 24.8.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter

import torch
from torch import Tensor, nn

from costlab.training.capture import REHEARSALS, Captured, CudaGraphs
from costlab.training.devices import device_name
from costlab.training.forms import Apart, Batch, Form, streams_of
from costlab.training.measured import named, remembered
from costlab.training.setup import Setup
from costlab.training.tiles import Tiles

TIMED = 10  # steps
WORTH_COMPILING = 60.0  # seconds of training left: with less the compiler's own time is not even measured


class Compiled(Apart):
    """Models apart, each compiled for training; judged and kept as they are."""

    def __init__(self, form: Apart):
        super().__init__(form.runs, form.optimisers)
        compiled = [replace(run, model=_compiled(run.model)) for run in form.runs]
        self.training = Apart(compiled, form.optimisers)

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """As of `Apart`."""
        return self.training.step(images, targets, share)

    def keep(self, places: Sequence[int]) -> "Compiled":
        """The others, to be compiled anew."""
        return Compiled(super().keep(places))


class Each:
    """Runs apart, each in a form of its own for one run: what is recorded of one outlives the others."""

    def __init__(self, runs: Sequence[Setup], forms: Sequence[Form]):
        self.runs, self.forms = list(runs), list(forms)
        self.streams = streams_of(runs)

    def arranged(self, streams: Sequence[Tensor]) -> Batch:
        """As they are."""
        return tuple(streams)

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """One after another, each with its own random numbers."""
        losses = []
        for form, stream in zip(self.forms, self.streams, strict=True):
            with form.drawing():
                losses.append(form.step((images[stream],), (targets[stream],), share))
        return torch.cat(losses)

    def logits(self, images: Batch) -> list[Tensor]:
        """Of the one stream that all are judged on."""
        return [logits for form in self.forms for logits in form.logits(images)]

    def keep(self, places: Sequence[int]) -> "Each":
        """The others are left as they are."""
        return Each([self.runs[place] for place in places], [self.forms[place] for place in places])

    def weights(self, place: int) -> dict[str, Tensor]:
        """As of the form within."""
        return self.forms[place].weights(0)

    def drawing(self) -> AbstractContextManager[None]:
        """Each step sees to it."""
        return nullcontext()


def _compiled(model: nn.Module) -> nn.Module:
    compiled: nn.Module = torch.compile(model, dynamic=False)  # type: ignore[assignment]
    return compiled


@cache
def _graphs(device: torch.device) -> CudaGraphs:
    return CudaGraphs(device)


Wrap = Callable[[Form, torch.device], Form]
KINDS: dict[str, Wrap] = {
    "eager": lambda form, device: form,
    "graph": lambda form, device: Captured(form, _graphs(device)),
    "compiled": lambda form, device: Captured(Compiled(form), _graphs(device)) if isinstance(form, Apart) else form,
}


@dataclass(frozen=True)
class Cost:
    """Seconds that a way to take steps takes before it is at full speed, and then for a step."""

    start: float
    step: float

    def of(self, steps: int) -> float:
        """Of so many steps."""
        return self.start + steps * self.step


def cheapest(costs: dict[str, Cost], steps: int) -> str:
    """The way that has taken so many steps first, its own start included.

    >>> costs = {"eager": Cost(start=0, step=2), "graph": Cost(start=10, step=1)}
    >>> cheapest(costs, steps=9), cheapest(costs, steps=11)
    ('eager', 'graph')
    """
    return min(costs, key=lambda kind: costs[kind].of(steps))


def repeatable() -> AbstractContextManager[None]:
    """Inside, a CUDA GPU's convolutions add in a fixed order: the same run gives the same bits again."""
    return torch.backends.cudnn.flags(enabled=True, deterministic=True)


def accelerated(form: Form, run: Setup, steps: int) -> Form:
    """`form` so that `steps` steps take the least time on the device of `run`, one of its runs."""
    if run.device.type != "cuda":
        return form
    if isinstance(form, Tiles):  # one recording a tile: those that nobody leaves stay valid
        tiles = [(own, accelerated(tile, form.runs[own[0]], steps)) for own, tile in form.tiles]
        return Tiles(form.runs, tiles)
    if isinstance(form, Apart) and len(form.runs) > 1:  # they change random numbers between them: no work of a device
        alone = [accelerated(form.keep([place]), one, steps) for place, one in enumerate(form.runs)]
        return Each(form.runs, alone)
    costs = {kind: cost_of(kind, run) for kind in ("eager", "graph")}
    if min(cost.of(steps) for cost in costs.values()) > WORTH_COMPILING and isinstance(form, Apart):
        costs["compiled"] = cost_of("compiled", run)
    return KINDS[cheapest(costs, steps)](form, run.device)


def cost_of(kind: str, run: Setup) -> Cost:
    """What was measured once on this machine for such a model alone, on such batches."""
    model, shape = run.spec.model, "x".join(map(str, run.parts["train"].images.shape[1:]))
    key = (
        f"seconds to start and a step: {kind}, {named(model)} on {run.batch_size}x{shape}, "
        f"{run.spec.precision}, {device_name(run.device)}"
    )
    start, step = remembered(key, lambda: measure(KINDS[kind], run))
    return Cost(start, step)


def measure(wrap: Wrap, run: Setup) -> list[float]:
    """Seconds to start and a step, of a copy of the model on the first training images."""
    part = run.parts["train"]
    with torch.random.fork_rng(devices=[run.device] if run.device.type == "cuda" else []):
        form = wrap(Apart([replace(run, model=deepcopy(run.model), loss=deepcopy(run.loss))]), run.device)
        images, target = part.standardised(slice(run.batch_size)), part.target[: run.batch_size]
        images = images.contiguous(memory_format=torch.channels_last)
        share = torch.full((), 0.01, device=run.device)

        def seconds(steps: int) -> float:
            began = perf_counter()
            for _ in range(steps):
                losses = form.step((images,), (target,), share)
            losses.tolist()  # waits for the device
            return perf_counter() - began

        first, step = seconds(REHEARSALS + 1), seconds(TIMED) / TIMED
    return [max(0.0, first - (REHEARSALS + 1) * step), step]
