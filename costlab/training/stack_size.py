"""How many runs train side by side, and how many of their models are one program at a time: by memory, and as measured.

Wide programs save the overhead of many small operations; narrow ones fit the processor's cache. Neither is known
beforehand, so a few steps of each width are timed once a machine, and remembered.
"""

from collections.abc import Callable
from time import perf_counter, process_time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from costlab.models import MODELS
from costlab.specs import Choice
from costlab.training.devices import device_name
from costlab.training.images import BATCHES, FLOATS
from costlab.training.measured import named, remembered
from costlab.training.optimiser import Muon
from costlab.training.stacked import Stacked, StackedOptimiser, keep_memory, why_not
from costlab.training.step_time import one_thread

MEMORY = 1 << 30  # bytes that the runs of a stack may take beside the first
MOST = 24  # runs in a stack: more gain nothing, and share one fate
WIDTHS = (1, 2, 4, 8)  # models a program
SECONDS = 0.2  # for timing, but at least one round
STEP_SECONDS = 0.02  # a model's step takes fewer images when it takes longer than this


def members_at_most(model: Choice, shape: tuple[int, ...], batch_size: int) -> int:
    """How many runs of `model` on images of `shape` (C, H, W) have room in one stack."""
    with torch.random.fork_rng(devices=[]):
        made = MODELS[model.name].make(**model.options, shape=shape, classes=10)
    return have_room(sum(p.numel() for p in made.parameters()), shape, batch_size)


def have_room(parameters: int, shape: tuple[int, ...], batch_size: int) -> int:
    """How many runs have room in one stack, for a model of so many parameters on images of `shape` (C, H, W).

    A run takes 4 floats a parameter (weight, gradient, two of the optimiser's) and, with a seed of its own, the batches
    that are prepared at once, three times while they are made. Activations are there for one program at a time.

    >>> have_room(25_000, (1, 8, 8), 64)
    24
    >>> have_room(11_000_000, (3, 64, 64), 128)  # 176 MB and 50 MB each
    4
    """
    pixels = shape[0] * shape[1] * shape[2]
    prepared = max(batch_size * pixels, min(FLOATS, BATCHES * batch_size * pixels))
    return max(1, min(MOST, MEMORY // (4 * (4 * parameters + 3 * prepared))))


def best_width(seconds: dict[str, float]) -> int:
    """The width that takes a model the least time; one, where no other is worth it.

    >>> best_width({"1": 1.0, "2": 0.9, "4": 0.7}), best_width({"1": 1.0, "2": 0.99})
    (4, 1)
    """
    width = min(seconds, key=lambda width: seconds[width])
    return int(width) if seconds[width] < 0.97 * seconds["1"] else 1


def seconds_by_width(
    model: Choice, shape: tuple[int, ...], precision: str, device: torch.device, batch_size: int
) -> dict[str, float]:
    """Seconds a model and image by width ("1", "2", ...), measured once on this machine; "1" alone for other models."""
    key = (
        f"seconds a model and image side by side, Muon: {named(model)} on {batch_size}x{'x'.join(map(str, shape))}, "
        f"{precision}, {device_name(device)}"
    )
    return remembered(key, lambda: _measure(model, shape, precision, device, batch_size))


def gain_of(seconds: dict[str, float]) -> float:
    """How many times faster models are trained in the best width than one after another.

    >>> gain_of({"1": 1.0, "2": 0.9, "4": 0.5})
    2.0
    """
    return seconds["1"] / seconds[str(best_width(seconds))]


def _measure(
    model: Choice, shape: tuple[int, ...], precision: str, device: torch.device, batch_size: int
) -> dict[str, float]:
    with one_thread(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        return _times(model, shape, precision == "bfloat16", device, batch_size)


def _times(
    model: Choice, shape: tuple[int, ...], lower: bool, device: torch.device, batch_size: int
) -> dict[str, float]:
    plain = MODELS[model.name].make(**model.options, shape=shape, classes=10)
    if why_not(plain):
        return {"1": 1.0}
    keep_memory()
    alone = _Step([plain], shape, lower, device)
    alone.take(8)
    images = max(8, min(batch_size, int(STEP_SECONDS / alone.take(8))))
    others = [MODELS[model.name].make(**model.options, shape=shape, classes=10) for _ in range(max(WIDTHS))]
    steps = {1: alone} | {width: _Step(others[:width], shape, lower, device) for width in WIDTHS[1:]}
    for step in steps.values():
        step.take(8)  # the first does not count
    times: dict[int, list[float]] = {width: [] for width in steps}
    began = perf_counter()
    while not times[1] or perf_counter() - began < SECONDS:
        for width, step in steps.items():
            times[width] += [step.take(images) for _ in range(max(WIDTHS) // width // 2 + 1)]
    return {str(width): sorted(taken)[len(taken) // 4] for width, taken in times.items()}


class _Step:
    """The training step of some models as one program."""

    def __init__(self, models: list[nn.Module], shape: tuple[int, ...], lower: bool, device: torch.device):
        self.m, self.shape, self.device = len(models), shape, device
        self.clock = process_time if device.type == "cpu" else perf_counter
        models = [model.to(device, memory_format=torch.channels_last) for model in models]  # type: ignore[call-overload]
        self.autocast = torch.autocast(device.type, torch.bfloat16, enabled=lower)
        self.share = torch.tensor(1e-3, device=device)
        self.move: Callable[[Tensor], None]
        if self.m == 1:
            self.program, self.move = models[0].train(), Muon(models[0], 0.01).step
        else:
            stacked = Stacked(models, shape[0]).train()
            self.program, self.move = stacked, StackedOptimiser(stacked, [(1.0, 0.01)] * self.m, "muon").step

    def take(self, number: int) -> float:
        """Seconds a model and image."""
        images = torch.zeros(number, *self.shape, device=self.device).contiguous(memory_format=torch.channels_last)
        target = torch.zeros(number, dtype=torch.int64, device=self.device)
        started = self.clock()
        with self.autocast:
            logits: Tensor = self.program(images)
        losses = [F.cross_entropy(own, target) for own in logits.float().view(self.m, number, -1).unbind()]
        torch.autograd.backward(losses)
        self.move(self.share)
        losses[0].item()  # waits for the device
        return (self.clock() - started) / self.m / number
