"""What this machine can train, as the worker publishes it."""

from collections.abc import Iterator
from time import perf_counter

import torch
from torch.nn import functional as F

from costlab.catalogue import Catalogue, DatasetEntry, entry
from costlab.datasets import DATASETS
from costlab.losses import LOSSES
from costlab.models import MODELS
from costlab.registry import Plugin
from costlab.specs import Choice, RunSpec
from costlab.training.devices import devices, find_device, precision
from costlab.training.optimiser import AdamW
from costlab.training.setup import usual_batch_size
from costlab.training.stack_size import gain_of, members_at_most, seconds_by_width

BATCH, FEW = 64, 4  # images a timed step
SLOW = 0.015  # seconds for a few images on the CPU: no more are taken then


def catalogues() -> Iterator[Catalogue]:
    """The catalogue, and then again for each kind of stack that has been timed: on the first start that takes a while.

    Of stacks the first one tells nothing; what training side by side gains is remembered on this machine.
    """
    now = catalogue()
    yield now
    for kind, gain, limit in _stacks():
        known = {"stack_gain": now.stack_gain | {kind: gain}, "stack_limit": now.stack_limit | {kind: limit}}
        now = now.model_copy(update={"datasets": _datasets(), **known})  # one may have been downloaded meanwhile
        yield now


def catalogue() -> Catalogue:
    """Losses, models, data sets and devices, with the time that training takes on the device that `auto` takes."""
    datasets = _datasets()
    return Catalogue(
        losses=[entry(plugin) for plugin in LOSSES.values()],
        models=[entry(plugin) for plugin in MODELS.values()],
        datasets=datasets,
        devices=devices(),
        seconds_per_image=_speeds(sorted({dataset.shape for dataset in datasets})),
    )


def _datasets() -> list[DatasetEntry]:
    return [_dataset(plugin) for plugin in DATASETS.values()]


def _dataset(plugin: Plugin) -> DatasetEntry:
    module = plugin.module
    return DatasetEntry(
        **entry(plugin).model_dump(),
        classes=list(module.CLASSES),
        shape=module.SHAPE,
        cost=module.cost(),
        missing=module.missing(),
        train_images=module.TRAIN_IMAGES,
    )


def _speeds(shapes: list[tuple[int, int, int]]) -> dict[str, float]:
    """Seconds an image and epoch of every model on every shape that suits it, by "model on CxHxW"."""
    device = find_device("auto")
    return {
        f"{model} on {'x'.join(map(str, shape))}": _speed(model, shape, device)
        for model, plugin in MODELS.items()
        for shape in shapes
        if getattr(plugin.module, "suits", lambda shape: True)(shape)
    }


def _stacks() -> Iterator[tuple[str, float, int]]:
    """Of each kind of stack: how many times faster it trains than its runs one after another, and how many have room.

    The model that the form offers first comes first, on the smallest images.
    """
    device, usual = find_device("auto"), RunSpec.model_fields["model"].default.name
    shapes = {dataset.shape: dataset.train_images for dataset in _datasets()}
    for name in sorted(MODELS, key=lambda name: (name != usual, name)):
        for shape, number in sorted(shapes.items()):
            if getattr(MODELS[name].module, "suits", lambda shape: True)(shape):
                model, size = Choice(name=name), usual_batch_size(shape, number)
                seconds = seconds_by_width(model, shape, precision("auto", device, shape, model), device, size)
                limit = members_at_most(model, shape, size) if len(seconds) > 1 else 1
                yield f"{name} on {'x'.join(map(str, shape))}", round(gain_of(seconds), 2), limit


def _speed(model_name: str, shape: tuple[int, int, int], device: torch.device) -> float:
    """Seconds an image: the quicker of two training steps on black images, after a small one that does not count.

    Where that one is slow on the CPU, the others are as small: the start of a worker does not wait for a large model.
    """
    with torch.random.fork_rng(devices=[]):
        model = MODELS[model_name].make(shape=shape, classes=10).to(device, memory_format=torch.channels_last)
    images = torch.zeros(BATCH, *shape, device=device).contiguous(memory_format=torch.channels_last)
    target = torch.zeros(BATCH, dtype=torch.int64, device=device)
    optimiser = AdamW(model, weight_decay=0.01)
    lower = precision("auto", device, shape, Choice(name=model_name)) == "bfloat16"

    def step(batch: int) -> float:
        started = perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=lower):
            logits = model(images[:batch])
        loss = F.cross_entropy(logits.float(), target[:batch])
        loss.backward()
        optimiser.step(1e-3)
        loss.item()  # waits for the device
        return (perf_counter() - started) / batch

    slow = FEW * step(FEW) > SLOW and device.type == "cpu"  # a GPU's first step tells nothing
    batch = FEW if slow else BATCH
    return min(step(batch), step(batch))
