"""Softmax regression: every pixel votes for every class, with no layer between. The baseline that a CNN has to beat."""

from math import prod

from torch import nn

from costlab.registry import Options

TITLE = "Linear (softmax regression)"
SOURCE = "Cox 1958, The regression analysis of binary sequences"


def make(options: Options, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """One linear layer on the flattened image: (N, C, H, W) to logits (N, classes).

    >>> sum(p.numel() for p in make(Options(), (1, 8, 8), 10).parameters())    # 64 x 10 weights and 10 biases
    650
    """
    return nn.Sequential(nn.Flatten(), nn.Linear(prod(shape), classes))
