"""What this machine can train, as the worker publishes it."""

from collections.abc import Iterator

import torch

from costlab.catalogue import Catalogue, DatasetEntry, entry, timed_kind
from costlab.datasets import DATASETS
from costlab.losses import LOSSES
from costlab.models import MODELS
from costlab.registry import Plugin
from costlab.specs import Choice, RunSpec
from costlab.training.devices import devices, find_device, precision, seconds_an_image
from costlab.training.setup import usual_batch_size
from costlab.training.stack_size import gain_of, members_at_most, seconds_by_width
from costlab.training.threads import can_halve, threads_for

Shape = tuple[int, int, int]
USUAL = RunSpec.model_fields["model"].default.name
AROUND = 1.25  # times what its steps take: to vary images and judge epochs too; 1.1 (digits) to 1.3 were measured


def catalogues() -> Iterator[Catalogue]:
    """The catalogue, and then again for each kind of run that has been timed: on the first start that takes a while.

    A kind is a model on a shape of images. How fast it trains, and what training side by side gains, is remembered on
    this machine; at first only the speed of the model that the form offers first is told.
    """
    now = catalogue()
    yield now
    for kind, speed, halves, gain, limit in _kinds():
        timed = {
            "seconds_per_image": now.seconds_per_image | {kind: speed},
            "by_halves": sorted({*now.by_halves, *([kind] if halves else [])}),
            "stack_gain": now.stack_gain | {kind: gain},
            "stack_limit": now.stack_limit | {kind: limit},
        }
        now = now.model_copy(update={"datasets": _datasets(), **timed})  # one may have been downloaded meanwhile
        yield now


def catalogue() -> Catalogue:
    """Losses, models, data sets and devices, with the speed of the usual model on the device that `auto` takes."""
    timed = {timed_kind(USUAL, shape): (shape, number) for shape, number in _shapes().items() if _suits(USUAL, shape)}
    return Catalogue(
        losses=[entry(plugin) for plugin in LOSSES.values()],
        models=[entry(plugin) for plugin in MODELS.values()],
        datasets=_datasets(),
        devices=devices(),
        seconds_per_image={kind: _speed(USUAL, shape) for kind, (shape, _) in timed.items()},
        by_halves=sorted(kind for kind, (shape, number) in timed.items() if _by_halves(USUAL, shape, number)),
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


def _shapes() -> dict[Shape, int]:
    """The shapes of images, the smallest first, with the number of training images."""
    return dict(sorted((plugin.module.SHAPE, plugin.module.TRAIN_IMAGES) for plugin in DATASETS.values()))


def _suits(model: str, shape: Shape) -> bool:
    return bool(getattr(MODELS[model].module, "suits", lambda shape: True)(shape))


def _speed(model: str, shape: Shape) -> float:
    """Seconds an image and epoch, in the number format that `auto` takes, with all that is done around the steps."""
    device, choice = find_device("auto"), Choice(name=model)
    lower = precision("auto", device, shape, choice)
    return AROUND * seconds_an_image(device, shape, choice)[f"{lower} channels_last"]


def _by_halves(name: str, shape: Shape, number: int) -> bool:
    """Whether two threads train one such run alone."""
    with torch.random.fork_rng(devices=[]):
        model = MODELS[name].make(shape=shape, classes=2)
    halves = can_halve(model, shape, number, usual_batch_size(shape, number), find_device("auto"))
    return threads_for(None, alone=True, halves=halves) > 1


def _kinds() -> Iterator[tuple[str, float, bool, float, int]]:
    """Of each kind: its speed, whether two threads train one run alone, what a stack gains, how many have room."""
    device = find_device("auto")
    for name in sorted(MODELS, key=lambda name: (name != USUAL, name)):
        for shape, number in _shapes().items():
            if _suits(name, shape):
                model, size = Choice(name=name), usual_batch_size(shape, number)
                seconds = seconds_by_width(model, shape, precision("auto", device, shape, model), device, size)
                limit = members_at_most(model, shape, size) if len(seconds) > 1 else 1
                halves = _by_halves(name, shape, number)
                yield timed_kind(name, shape), _speed(name, shape), halves, round(gain_of(seconds), 2), limit
