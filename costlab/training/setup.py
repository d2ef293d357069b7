"""From a spec to all that training needs: data on the device, model, loss, and the spec with its choices made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from costlab.costs import CostMatrix
from costlab.datasets import DATASETS, ImageSet
from costlab.errors import CostlabError
from costlab.limits import usable_cores
from costlab.losses import LOSSES, Loss
from costlab.models import MODELS
from costlab.records import Prepared
from costlab.registry import Registry
from costlab.specs import Choice, RunSpec
from costlab.training.devices import device_name, find_device, precision
from costlab.training.images import Part, parts
from costlab.training.randomness import Randomness
from costlab.training.threads import by_image, can_halve, threads_for

LEARNT_FROM = 2000  # training images that a model may look at before training
TUNED = (
    "AdamW tunes this model, for its weights were learnt before: Muon's steps are made for weights that begin at "
    "random."
)
LARGE, MANY = 16 * 16, 10_000  # pixels, training images: with fewer, batches are smaller, for more steps an epoch


@dataclass(frozen=True)
class Setup:
    """All that a run needs once its spec is resolved."""

    spec: RunSpec
    prepared: Prepared
    device: torch.device
    cost: CostMatrix
    parts: dict[str, Part]
    model: nn.Module
    loss: Loss
    randomness: Randomness
    batch_size: int
    by_halves: bool  # two threads train on a half of each batch
    judged_by_two: bool  # two threads judge a half of each part, where a core is free; the bits are one thread's


def set_up_all(specs: Sequence[RunSpec], images: ImageSet | None = None) -> list[Setup | CostlabError]:
    """`set_up` of each spec, or what is wrong with it; data and device are the same for all, and loaded once."""
    source, made = _Source(images), list[Setup | CostlabError]()
    for spec in specs:
        try:
            made.append(set_up(spec, source, alone=len(specs) == 1))
        except CostlabError as error:
            made.append(error)
    return made


class _Source:
    """A data set, loaded when it is first asked for, and its parts on the device."""

    def __init__(self, images: ImageSet | None):
        self._images = images
        self._parts: dict[str, Part] = {}

    def images(self, spec: RunSpec) -> ImageSet:
        """What the spec names, unless images were given."""
        self._images = _loaded(spec) if self._images is None else self._images
        return self._images

    def parts(self, device: torch.device) -> dict[str, Part]:
        """Train, valid and test."""
        assert self._images is not None
        self._parts = self._parts or parts(self._images, device)
        return self._parts


def set_up(spec: RunSpec, source: _Source, alone: bool = True) -> Setup:
    """Check the spec's names and options, load the data, make model and loss, move all of it to the device.

    alone: no other run is trained beside it by the same process.
    Raises UnknownName, InvalidSpec, InvalidCosts, DataUnavailable or DeviceUnavailable, each one sentence.
    """
    device = find_device(spec.device)
    _check(MODELS, spec.model)
    _check(LOSSES, spec.loss)
    images = source.images(spec)
    cost = images.cost if spec.cost is None else spec.cost.for_classes(images.classes)
    shape = images.images.shape[1:]
    counts = np.bincount(images.target[images.split == "train"], minlength=len(images.classes))
    batch_size = spec.batch_size or usual_batch_size(shape, int(counts.sum()))
    resolved = {
        "cost": cost,
        "batch_size": batch_size,
        "device": device.type if spec.device == "auto" else spec.device,
        "precision": precision(spec.precision, device, shape, spec.model),
    }
    randomness = Randomness(spec.seed, device)
    with randomness.active():  # the initial weights, drawn on the CPU: the same for every device
        model: nn.Module = _make(MODELS, spec.model, shape=shape, classes=len(images.classes))
        loss: Loss = _make(LOSSES, spec.loss, cost=cost, counts=counts)
    halves = can_halve(model, shape, int(counts.sum()), batch_size, device)
    two = alone and spec.threads is None and device.type == "cpu" and usable_cores() > 1 and by_image(model)
    spec = spec.model_copy(update=resolved | {"threads": threads_for(spec.threads, alone, halves)})
    data = source.parts(device)
    notes = _prepare(model, data["train"])
    if spec.optimiser == "muon" and getattr(model, "learnt", False):
        spec = spec.model_copy(update={"optimiser": "adamw"})
        notes.append(TUNED)
    model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    prepared = Prepared(
        spec=spec,
        device=str(device),
        device_name=device_name(device),
        torch=torch.__version__,
        parameters=sum(p.numel() for p in model.parameters()),
        classes=list(images.classes),
        counts=counts.tolist(),
        sizes={split: len(part) for split, part in data.items()},
        notes=notes,
    )
    by_halves = alone and halves and prepared.spec.threads == 2
    return Setup(
        spec, prepared, device, cost, data, model, loss.to(device), randomness, batch_size, by_halves,
        judged_by_two=by_halves or two,
    )  # fmt: skip


def usual_batch_size(shape: tuple[int, ...], number: int) -> int:
    """Images a step where the spec leaves it open, for `number` training images of `shape` (C, H, W)."""
    return 128 if shape[1] * shape[2] > LARGE and number >= MANY else 64


def _loaded(spec: RunSpec) -> ImageSet:
    """The data set; costs that do not fit its classes are refused before anything is downloaded."""
    classes = DATASETS[spec.dataset.name].module.CLASSES
    if spec.cost is not None:
        spec.cost.for_classes(classes)
    images: ImageSet = _make(DATASETS, spec.dataset)
    return images


def _prepare(model: nn.Module, part: Part) -> list[str]:
    """Let a model that wants to see training images before training see some; what it has to tell, in sentences."""
    prepare = getattr(model, "prepare", None)
    told = prepare(part.standardised(slice(LEARNT_FROM)).cpu()) if prepare else ""
    return [told] if told else []


def _check(registry: Registry, choice: Choice) -> None:
    registry[choice.name].check(choice.options)


def _make(registry: Registry, choice: Choice, **context: Any) -> Any:
    """What the plug-in makes; an option that is named like the context is refused as any unknown option is."""
    plugin = registry[choice.name]
    return plugin.module.make(plugin.check(choice.options), **context)
