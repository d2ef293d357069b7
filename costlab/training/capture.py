"""Steps that are captured once and then replayed: what their inputs lie in stays where it is."""

import warnings
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from costlab.training.forms import Apart, Around, Batch, Form

REHEARSALS = 3  # steps of each shape before it is captured: libraries allocate and choose kernels in the first ones


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


class Captured(Around):
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
            self.replay = self.replay or self._recorded()
            self.replay()
        return self.losses

    def _recorded(self) -> Callable[[], None]:
        """The recording, or where the step cannot be recorded the step itself, and a line in the run's log."""
        try:
            return self.recorder.record(self._work)
        except RuntimeError as error:
            said = (str(error).strip().splitlines() or ["no reason given"])[0]
            warnings.warn(f"A step of this run cannot be captured, so none is replayed: {said:.200}", stacklevel=2)
            if isinstance(self.form, Apart):
                for run in self.form.runs:
                    run.model.zero_grad()  # it may have come half way
            return lambda: self.recorder.rehearse(self._work)

    def _work(self) -> None:
        losses = self.form.step(self.images, self.targets, self.share)
        if len(self.losses) != len(losses):
            self.losses = torch.empty_like(losses)
        self.losses.copy_(losses)
