"""What this machine can train, as the worker publishes it."""

from time import perf_counter

import torch
from torch.nn import functional as F

from costlab.catalogue import Catalogue, DatasetEntry, entry
from costlab.datasets import DATASETS
from costlab.losses import LOSSES
from costlab.models import MODELS
from costlab.registry import Plugin
from costlab.training.devices import devices, find_device
from costlab.training.optimiser import AdamW


def catalogue() -> Catalogue:
    """Losses, models, data sets and devices, with the time that training takes on the device that `auto` takes."""
    datasets = [_dataset(plugin) for plugin in DATASETS.values()]
    return Catalogue(
        losses=[entry(plugin) for plugin in LOSSES.values()],
        models=[entry(plugin) for plugin in MODELS.values()],
        datasets=datasets,
        devices=devices(),
        seconds_per_image=_speeds(sorted({dataset.shape for dataset in datasets})),
    )


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
    """Seconds an image and epoch of every model on every shape, by "model on CxHxW"."""
    names = [(model, shape) for model in MODELS for shape in shapes]
    return {f"{model} on {c}x{h}x{w}": speed(model, (c, h, w)) for model, (c, h, w) in names}


def speed(model_name: str, shape: tuple[int, int, int], batch: int = 64, steps: int = 2) -> float:
    """The quickest of a few steps on grey images, an image."""
    device = find_device("auto")
    with torch.random.fork_rng(devices=[]):
        model = MODELS[model_name].make(shape=shape, classes=10).to(device, memory_format=torch.channels_last)
    images = torch.zeros(batch, *shape, device=device).contiguous(memory_format=torch.channels_last)
    target = torch.zeros(batch, dtype=torch.int64, device=device)
    optimiser = AdamW(model, weight_decay=0.01)
    times = []
    for _ in range(1 + steps):
        started = perf_counter()
        loss = F.cross_entropy(model(images), target)
        loss.backward()
        optimiser.step(1e-3)
        loss.item()  # waits for the device
        times.append(perf_counter() - started)
    return min(times) / batch
