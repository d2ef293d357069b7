"""Judging a model on a part of the data: logits in large batches, confusion by bincount, one transfer to the host."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from costlab.costs import CostMatrix
from costlab.losses import Loss
from costlab.training.images import Part

GPU_BATCH = 1024


@dataclass(frozen=True)
class Judgement:
    """What one epoch showed: losses, and the confusions (K, D) under both rules."""

    train_loss: float
    valid_loss: float
    argmax: np.ndarray
    least_expected_cost: np.ndarray
    finite: bool


@torch.no_grad()
def logits_of(model: nn.Module, part: Part, batch_size: int) -> Tensor:
    """(N, K) float32 logits of the whole part, on its device; the model is left in evaluation mode.

    Always in float32: probabilities decide here. On the CPU, batches as in training stay in the cache.
    """
    model.eval()
    order = torch.arange(len(part), device=part.images.device)
    size = batch_size if part.images.device.type == "cpu" else max(batch_size, GPU_BATCH)
    batches = [model(images) for rows in part.chunks(order, size) for images, _ in part.prepared(rows, None)]
    return torch.cat(batches).float()


@torch.no_grad()
def judge_epoch(logits: Tensor, target: Tensor, loss: Loss, train_loss: Tensor, cost: CostMatrix) -> Judgement:
    """Losses and confusions of an epoch from the validation part's `logits` (N, K), in one transfer to the host."""
    loss.eval()
    wide = torch.float32 if logits.device.type == "mps" else torch.float64  # Apple's GPUs have no float64
    costs = torch.from_numpy(cost.values.copy()).to(logits.device, wide)
    expected = logits.to(wide).softmax(dim=1) @ costs
    cells = [_confusion(target, decided, costs) for decided in (logits.argmax(dim=1), expected.argmin(dim=1))]
    finite = logits.isfinite().all()
    scalars = torch.stack([train_loss.to(wide), loss(logits, target).to(wide), finite.to(wide)])
    host = torch.cat([scalars, *(count.flatten().to(wide) for count in cells)]).cpu().numpy()
    argmax, least = host[3:].astype(np.int64).reshape(2, *cost.values.shape)
    return Judgement(float(host[0]), float(host[1]), argmax, least, bool(host[2]))


def _confusion(target: Tensor, decided: Tensor, costs: Tensor) -> Tensor:
    """(K, D) counts on the device; `costs` (K, D) gives the shape."""
    truths, decisions = costs.shape
    return torch.bincount(target * decisions + decided, minlength=truths * decisions)
