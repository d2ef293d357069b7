"""How steps are taken on a GPU: one by one, replayed from a captured graph, or compiled; what pays within the run.

Steps of small networks take a GPU less time than the host needs to ask for their hundred pieces. A graph asks once: the
step is captured with its inputs in buffers that stay where they are, and then replayed as one. A compiler joins pieces
instead, and takes most of a minute to do so. On the CPU steps are taken one by one: neither paid back there (measured:
`python -m benchmarks.gpu --device cpu`).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

import torch
from torch import Tensor, nn

from costlab.training.devices import device_name
from costlab.training.forms import Apart, Batch, Form
from costlab.training.measured import remembered
from costlab.training.setup import Setup

REHEARSALS = 3  # steps of each shape before it is captured: libraries allocate and choose kernels in the first ones
TIMED = 10  # steps
WORTH_COMPILING = 60.0  # seconds of training left: with less the compiler's own time is not even measured


class Recorder(Protocol):
    """What can record the work of a function on tensors that stay where they are."""

    def rehearse(self, work: Callable[[], None]) -> None:
        """Do it, as it will be recorded."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """What does it again and again without the host; it has not been done yet."""


class CudaGraphs:
    """Records on a CUDA device. All recordings share one pool of memory, so they must not run at the same time."""

    def __init__(self, device: torch.device):
        self.device = device
        self.stream = torch.cuda.Stream(device)
        self.pool = torch.cuda.graph_pool_handle()

    def rehearse(self, work: Callable[[], None]) -> None:
        """On the stream on which it will be captured, between what came before and what comes after."""
        usual = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(usual)
        with torch.cuda.stream(self.stream):
            work()
        usual.wait_stream(self.stream)

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """A CUDA graph. Raises RuntimeError where `work` waits for the device or leaves it."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
            work()
        return graph.replay


class Captured:
    """A form whose steps are recorded, one recording for each shape of its inputs, and then replayed."""

    def __init__(self, form: Form, recorder: Recorder):
        self.form = form
        self.recorder = recorder
        self.recordings: dict[tuple[torch.Size, ...], _Recording] = {}

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """As of the form within; the (M,) losses are overwritten by the next step."""
        shapes = tuple(given.shape for given in (*images, *targets))
        if shapes not in self.recordings:
            self.recordings[shapes] = _Recording(self.form, self.recorder, images, targets, share)
        return self.recordings[shapes].step(images, targets, share)

    def keep(self, places: Sequence[int]) -> "Captured":
        """The others, to be recorded anew."""
        return Captured(self.form.keep(places), self.recorder)

    def arranged(self, streams: Sequence[Tensor]) -> Batch:
        """As of the form within."""
        return self.form.arranged(streams)

    def logits(self, images: Batch) -> list[Tensor]:
        """As of the form within; not recorded."""
        return self.form.logits(images)

    def weights(self, place: int) -> dict[str, Tensor]:
        """As of the form within."""
        return self.form.weights(place)

    def drawing(self) -> AbstractContextManager[None]:
        """As of the form within."""
        return self.form.drawing()


class _Recording:
    """The step for inputs of one shape, which are copied to where the recording looks for them."""

    def __init__(self, form: Form, recorder: Recorder, images: Batch, targets: Batch, share: Tensor):
        self.form, self.recorder = form, recorder
        self.images = tuple(given.clone() for given in images)
        self.targets = tuple(given.clone() for given in targets)
        self.share = share.clone()
        self.losses = torch.empty(0)
        self.rehearsed = 0
        self.replay: Callable[[], None] | None = None

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """The first few times as it is, then recorded, then replayed."""
        own, given = (*self.images, *self.targets, self.share), (*images, *targets, share)
        for buffer, values in zip(own, given, strict=True):
            buffer.copy_(values)
        if self.rehearsed < REHEARSALS:
            self.rehearsed += 1
            self.recorder.rehearse(self._work)
        else:
            self.replay = self.replay or self.recorder.record(self._work)
            self.replay()
        return self.losses

    def _work(self) -> None:
        losses = self.form.step(self.images, self.targets, self.share)
        if len(self.losses) != len(losses):
            self.losses = torch.empty_like(losses)
        self.losses.copy_(losses)


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


def _compiled(model: nn.Module) -> nn.Module:
    compiled: nn.Module = torch.compile(model, dynamic=False)  # type: ignore[assignment]
    return compiled


Wrap = Callable[[Form, torch.device], Form]
KINDS: dict[str, Wrap] = {
    "eager": lambda form, device: form,
    "graph": lambda form, device: Captured(form, CudaGraphs(device)),
    "compiled": lambda form, device: Captured(Compiled(form), CudaGraphs(device)) if isinstance(form, Apart) else form,
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


def accelerated(form: Form, run: Setup, steps: int) -> Form:
    """`form` so that `steps` steps take the least time on the device of `run`, one of its runs."""
    if run.device.type != "cuda":
        return form
    costs = {kind: cost_of(kind, run) for kind in ("eager", "graph")}
    if min(cost.of(steps) for cost in costs.values()) > WORTH_COMPILING and isinstance(form, Apart):
        costs["compiled"] = cost_of("compiled", run)
    return KINDS[cheapest(costs, steps)](form, run.device)


def cost_of(kind: str, run: Setup) -> Cost:
    """What was measured once on this machine for such a model alone, on such batches."""
    model, shape = run.spec.model, "x".join(map(str, run.parts["train"].images.shape[1:]))
    options = "".join(f" {name}={value!r}" for name, value in sorted(model.options.items()))
    key = (
        f"seconds to start and a step: {kind}, {model.name}{options} on {run.batch_size}x{shape}, "
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
