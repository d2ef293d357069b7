"""Soft scores with some cross-entropy mixed in, which keeps them learning where they are flat."""

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

Share = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        title="Share of cross-entropy",
        description="0 is the soft score alone, 1 is cross-entropy alone; a little helps training to start.",
    ),
]


def mixed(loss: Tensor, logits: Tensor, target: Tensor, share: float) -> Tensor:
    """`(1 - share) loss + share cross-entropy`; `loss` is (N,) or a scalar, and so is the result.

    >>> mixed(torch.tensor(1.0), torch.zeros(1, 2), torch.tensor([0]), share=0.5)  # half of 1 and of log 2
    tensor(0.8466)
    """
    if share == 0:
        return loss
    return torch.lerp(loss, F.cross_entropy(logits, target, reduction="none" if loss.dim() else "mean"), share)
