"""How long a training step takes in each number format and memory layout, as timed on black images."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, process_time

import torch
from torch.nn import functional as F

from costlab.models import MODELS
from costlab.specs import Choice
from costlab.training.optimiser import AdamW

FEWEST, MOST = 8, 64  # images a step
STEP_SECONDS = 0.02  # a step takes fewer images when it takes longer than this
ROUNDS, SECONDS = 20, 0.4  # at most; there are 2 rounds at least
LAYOUTS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, torch computes with one thread: two wait for each other, beside a busy neighbour 100 times as long.

    With the default number, steps on 28x28 were once measured at 62 ms an image instead of 0.2.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def step_times(model: Choice, shape: tuple[int, int, int], device: torch.device) -> dict[str, float]:
    """Seconds an image by form ("bfloat16 channels_last"): a quick one of a few steps, the forms taken in turn.

    On a CPU it is processor time, for a busy neighbour makes the clock differ by a factor of 4; and only channels-last
    images are timed: they took 0.6 to 0.8 of the time of others.
    """
    layouts = ["channels_last"] if device.type == "cpu" else list(LAYOUTS)
    with one_thread(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        steps = {
            f"{precision} {layout}": _Step(model, shape, device, precision, layout)
            for layout in layouts
            for precision in ("float32", "bfloat16")
        }
        for step in steps.values():
            step.take(FEWEST)  # the first does not count
        slowest = max(step.take(FEWEST) for step in steps.values())
        batch = max(FEWEST, min(MOST, int(STEP_SECONDS / slowest)))
        times: dict[str, list[float]] = {form: [] for form in steps}
        began = perf_counter()
        for turn in range(ROUNDS):
            if turn >= 2 and perf_counter() - began > SECONDS:
                break
            for form, step in steps.items():
                times[form].append(step.take(batch))
    return {form: sorted(taken)[len(taken) // 4] for form, taken in times.items()}


class _Step:
    """One form of the training step."""

    def __init__(self, model: Choice, shape: tuple[int, int, int], device: torch.device, precision: str, layout: str):
        self.clock = process_time if device.type == "cpu" else perf_counter
        self.model = MODELS[model.name].make(**model.options, shape=shape, classes=10).train()
        self.model = self.model.to(device, memory_format=LAYOUTS[layout])
        self.images = torch.zeros(MOST, *shape, device=device).contiguous(memory_format=LAYOUTS[layout])
        self.target = torch.zeros(MOST, dtype=torch.int64, device=device)
        self.optimiser = AdamW(self.model, weight_decay=0.01)
        self.autocast = torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")

    def take(self, batch: int) -> float:
        """Seconds an image."""
        started = self.clock()
        with self.autocast:
            logits = self.model(self.images[:batch])
        loss = F.cross_entropy(logits.float(), self.target[:batch])
        loss.backward()
        self.optimiser.step(1e-3)
        loss.item()  # waits for the device
        return (self.clock() - started) / batch
