"""How many CPU threads a run takes where its spec leaves that open: two if each can train on half of every batch."""

import torch
from torch import nn

from costlab.limits import usable_cores
from costlab.models.small_cnn import Flatten

FEWEST = 32  # images a batch
PIXELS = 400  # an image: on 8x8 two threads took 1.2 times as long as one, on 28x28 0.54 of the time
LAYERS = (
    nn.Sequential, nn.Conv2d, nn.BatchNorm2d, nn.Linear, nn.Flatten, Flatten, nn.MaxPool2d, nn.AvgPool2d,
    nn.AdaptiveAvgPool2d, nn.ReLU, nn.GELU, nn.Identity,
)  # fmt: skip


def threads_for(wanted: int | None, alone: bool, halves: bool) -> int:
    """What `wanted` comes to: None is two for a run alone whose batches can be halved, where there are two cores.

    >>> threads_for(None, alone=False, halves=True), threads_for(4, alone=False, halves=True)
    (1, 4)
    """
    return wanted or (2 if alone and halves and usable_cores() > 1 else 1)


def can_halve(model: nn.Module, shape: tuple[int, ...], number: int, batch_size: int, device: torch.device) -> bool:
    """Whether two threads may train `model` by half batches: `number` images of `shape` (C, H, W), `batch_size` a step.

    It works image by image but for batch norm, and draws no random numbers, which two threads would take in no certain
    order: its layers are known here, or their class says `BY_IMAGE = True`.

    >>> model, cpu = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten()), torch.device("cpu")
    >>> can_halve(model, (1, 28, 28), 1000, 64, cpu), can_halve(model, (1, 8, 8), 1000, 64, cpu)
    (True, False)
    >>> can_halve(model.append(nn.Dropout()), (1, 28, 28), 1000, 64, cpu)
    False
    """
    steps = -(-number // batch_size)  # an epoch, of batches that differ by at most one
    if device.type != "cpu" or number // max(1, steps) < FEWEST or shape[1] * shape[2] < PIXELS:
        return False
    convolves = any(isinstance(layer, nn.Conv2d) for layer in model.modules())  # one product is too little work
    return convolves and by_image(model)


def by_image(model: nn.Module) -> bool:
    """Whether two threads may ask `model` at once: see `can_halve`."""
    layers = list(model.modules())
    known = all(type(layer) in LAYERS or getattr(layer, "BY_IMAGE", False) for layer in layers)
    return known and not any(layer._forward_hooks or layer._forward_pre_hooks for layer in layers)
