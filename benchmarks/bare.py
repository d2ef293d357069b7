"""The fastest loop in plain PyTorch that we could write: what no trainer can beat by much.

Images lie on the device, standardised once and in the number format of the forward pass; batches are gathered by index
permutation, eight at a time; `channels_last`; the fused AdamW step called directly; the loss summed on the device. It
reports nothing, can neither be cancelled nor stacked, and knows one loss. Its evaluation is what every contestant does:
one confusion matrix of the validation part an epoch, and one of the test part.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.adamw import adamw

from costlab.datasets import ImageSet
from costlab.models import MODELS
from costlab.specs import RunSpec

PEAK = 0.25  # of all steps, where the learning rate is highest
TOGETHER = 8  # batches gathered at once


def train_bare(images: ImageSet, spec: RunSpec) -> np.ndarray:
    """The confusion matrix (K, K) of the test part after training as `spec` says, by cross-entropy."""
    torch.set_num_threads(spec.threads or 1)
    torch.manual_seed(spec.seed)
    lower = spec.precision != "float32" and images.images.shape[-1] > 16
    parts = resident(images, torch.bfloat16 if lower else torch.float32)
    model = MODELS["small_cnn"].make(shape=images.images.shape[1:], classes=len(images.classes))
    model = model.to(memory_format=torch.channels_last)
    update = fused_adamw(model, spec.weight_decay)
    step, steps = 0, spec.epochs * -(-len(parts["train"][1]) // spec.batch_size)
    for _ in range(spec.epochs):
        model.train()
        total = torch.zeros(())
        for pixels, target in batches(*parts["train"], spec.batch_size):
            with torch.autocast("cpu", torch.bfloat16, enabled=lower):
                logits = model(pixels)
            loss = F.cross_entropy(logits.float(), target)
            loss.backward()
            update(spec.learning_rate * triangle(step, steps))
            total += loss.detach()
            step += 1
        confusion(model, *parts["valid"], spec.batch_size)
    return confusion(model, *parts["test"], spec.batch_size)


def batches(pixels: Tensor, target: Tensor, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of at most `batch_size` in random order, which differ in size by at most one."""
    rows = torch.randperm(len(target)).tensor_split(-(-len(target) // batch_size))
    for first in range(0, len(rows), TOGETHER):
        some = rows[first : first + TOGETHER]
        together, sizes = torch.cat(some), [len(each) for each in some]
        yield from zip(pixels[together].split(sizes), target[together].split(sizes), strict=True)


def fused_adamw(model: nn.Module, decay: float):
    """A function that moves `model` at a given rate and forgets its gradients."""
    parameters = list(model.parameters())
    means, squares = [[torch.zeros_like(p) for p in parameters] for _ in range(2)]
    steps = [torch.zeros(()) for _ in parameters]

    @torch.no_grad()
    def update(rate: float) -> None:
        gradients = [p.grad for p in parameters]
        adamw(
            parameters, gradients, means, squares, [], steps, fused=True, amsgrad=False, maximize=False,
            beta1=0.9, beta2=0.99, lr=rate, weight_decay=decay, eps=1e-8,
        )  # fmt: skip
        for parameter in parameters:
            parameter.grad = None

    return update


def triangle(step: int, steps: int) -> float:
    """The learning rate at `step` (0 to steps - 1) as a share of its peak.

    >>> [round(triangle(step, 8), 2) for step in range(8)]
    [0.33, 0.67, 1.0, 0.83, 0.67, 0.5, 0.33, 0.17]
    """
    top = PEAK * steps
    return min((step + 1) / (top + 1), (steps - step) / (steps - top))


def resident(images: ImageSet, train_format: torch.dtype) -> dict[str, tuple[Tensor, Tensor]]:
    """Images (N, C, H, W), standardised and channels last, and labels (N,) of each part."""
    pixels = images.images[images.split == "train"]
    mean, std = (torch.tensor(of(axis=(0, 2, 3))).float().view(1, -1, 1, 1) for of in (pixels.mean, pixels.std))

    def part(split: str) -> tuple[Tensor, Tensor]:
        rows = images.split == split
        standardised = (torch.from_numpy(images.images[rows]).float() - mean) / std
        wanted = train_format if split == "train" else torch.float32
        return standardised.to(wanted, memory_format=torch.channels_last), torch.from_numpy(images.target[rows])

    return {split: part(split) for split in ("train", "valid", "test")}


@torch.no_grad()
def confusion(model: nn.Module, pixels: Tensor, target: Tensor, batch_size: int) -> np.ndarray:
    """The confusion matrix (K, K) on a part, in float32."""
    model.eval()
    logits = torch.cat([model(batch) for batch in pixels.split(batch_size)])
    classes = logits.shape[1]
    return torch.bincount(target * classes + logits.argmax(dim=1), minlength=classes**2).view(classes, -1).numpy()
