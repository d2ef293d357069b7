"""Judging models on a part of the data: logits in large batches, confusion by bincount, one transfer to the host."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from costlab.costs import CostMatrix
from costlab.losses import Loss
from costlab.training.copies import to_host
from costlab.training.forms import Form
from costlab.training.images import Part
from costlab.training.lanes import in_two
from costlab.training.setup import Setup

GPU_BATCH = 1024
CPU_BATCH, CPU_NUMBERS = 256, 1 << 18  # images, and the numbers in them: a sixth faster than 64 of 8x8


@dataclass(frozen=True)
class Judgement:
    """What one epoch showed of one run: losses, and the confusions (K, D) under both rules."""

    train_loss: float
    valid_loss: float
    argmax: np.ndarray
    least_expected_cost: np.ndarray
    finite: bool


def logits_of(form: Form, part: Part, batch_size: int, by_two: bool = False) -> list[Tensor]:
    """(N, K) float32 logits of the whole part for each run, on its device; the models are left in evaluation mode.

    Always in float32: probabilities decide here. On the CPU, batches of small images are larger than in training, those
    of large ones as large: they have to stay in the cache.
    by_two: two threads judge half of the part each. On the CPU it is taken in two halves in any case, so that the bits
    are the same.
    """
    fitting = min(CPU_BATCH, CPU_NUMBERS // part.images[0].numel()) if part.images.device.type == "cpu" else GPU_BATCH
    size = max(batch_size, fitting)
    order = torch.arange(len(part), device=part.images.device)

    @torch.no_grad()
    def judged(order: Tensor) -> list[list[Tensor]]:
        prepared = (images for rows in part.chunks(order, size) for images, _ in part.prepared(rows, None))
        return [form.logits(form.arranged([images])) for images in prepared]

    halves = order.chunk(2) if part.images.device.type == "cpu" else (order,)
    if by_two and len(halves) == 2:
        first, second = in_two(lambda half: judged(halves[half]))
        found = first + second
    else:
        found = [logits for half in halves for logits in judged(half)]
    return [torch.cat(own) for own in zip(*found, strict=True)]


def judge_epoch(runs: Sequence[Setup], logits: Sequence[Tensor], train_losses: Tensor) -> list[Judgement]:
    """Losses and confusions of each run from the validation part's `logits`, all in one transfer to the host.

    logits: (N, K) a run. train_losses: (M,), of the epoch.
    """
    target = runs[0].parts["valid"].target
    found = [
        _counted(z, target, run.loss, train_loss, run.cost)
        for run, z, train_loss in zip(runs, logits, train_losses.unbind(), strict=True)
    ]
    host = to_host(torch.cat(found))()
    each = np.split(host, np.cumsum([len(numbers) for numbers in found])[:-1])
    return [_judgement(numbers, run.cost) for numbers, run in zip(each, runs, strict=True)]


@torch.no_grad()
def _counted(logits: Tensor, target: Tensor, loss: Loss, train_loss: Tensor, cost: CostMatrix) -> Tensor:
    """(3 + 2 K D,) on the device: both losses, whether all is finite, and both confusions."""
    loss.eval()
    wide = torch.float32 if logits.device.type == "mps" else torch.float64  # Apple's GPUs have no float64
    costs = torch.from_numpy(cost.values.copy()).to(logits.device, wide)
    expected = logits.to(wide).softmax(dim=1) @ costs
    cells = [_confusion(target, decided, costs) for decided in (logits.argmax(dim=1), expected.argmin(dim=1))]
    finite = logits.isfinite().all()
    scalars = torch.stack([train_loss.to(wide), loss(logits, target).to(wide), finite.to(wide)])
    return torch.cat([scalars, *(count.to(wide) for count in cells)])


def _judgement(numbers: np.ndarray, cost: CostMatrix) -> Judgement:
    argmax, least = numbers[3:].astype(np.int64).reshape(2, *cost.values.shape)
    return Judgement(float(numbers[0]), float(numbers[1]), argmax, least, bool(numbers[2]))


def _confusion(target: Tensor, decided: Tensor, costs: Tensor) -> Tensor:
    """(K * D,) counts on the device; `costs` (K, D) gives the shape."""
    truths, decisions = costs.shape
    return torch.bincount(target * decisions + decided, minlength=truths * decisions)
