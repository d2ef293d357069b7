"""The network of the CIFAR-10 speed records: 94 % in seconds on one GPU. Made for small colour images.

Its first layer is not learnt: it is worked out from the training images before training, so that the 2x2 patches it
passes on are uncorrelated and of equal strength (whitening). Then three stages of two convolutions each, which begin
as the identity, batch norm that forgets quickly and does not scale, and logits divided by 9. It learns fastest in half
precision, with a high rate, label smoothing, and images mirrored in turn.
"""

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from costlab.registry import Options as Base

TITLE = "CIFAR speed-record CNN"
SOURCE = "Jordan 2024, 94% on CIFAR-10 in 3.29 seconds on a single GPU; Page 2018, How to train your ResNet"
CHANNELS = (64, 256, 256)
SIDE = 2  # pixels of a whitened patch
EPSILON = 5e-4  # added to a patch's variances, so that noise is not blown up
FORGETS = 0.4  # share of the newest batch in batch norm's running statistics
SCALE = 1 / 9  # of the logits


class Options(Base):
    """How wide the layers are."""

    width: float = Field(
        1.0, ge=0.125, le=4, title="Width", description="Multiplies the channels; 2 takes about 4 times as long."
    )


def suits(shape: tuple[int, int, int]) -> bool:
    """Whether it is made for images of `shape` (C, H, W); it takes any."""
    return shape[0] == 3 and 24 <= min(shape[1:]) <= 64


def make(options: Options, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """The network for images of `shape` (C, H, W): (N, C, H, W) to logits (N, classes).

    >>> [tuple(p.shape) for p in make(Options(), (3, 32, 32), 10).parameters()][:2]    # a bias for each of 2 x 12
    [(24,), (64, 24, 3, 3)]
    """
    return CifarFast(shape, classes, [max(4, round(options.width * channels)) for channels in CHANNELS])


class CifarFast(nn.Module):
    """Whitening, three stages, and a linear layer on the largest value of each channel."""

    def __init__(self, shape: tuple[int, int, int], classes: int, stages: list[int]):
        super().__init__()
        self.whitening = Whitening(shape[0])
        layers: list[nn.Module] = [nn.GELU()]
        channels, side = len(self.whitening.bias), min(shape[1:]) - 1
        for out in stages:
            layers += [*_layer(channels, out, pool=side >= 2), *_layer(out, out)]
            channels, side = out, side // 2
        self.stages = nn.Sequential(*layers)
        self.last = nn.Linear(channels, classes, bias=False)

    def prepare(self, images: Tensor) -> str:
        """Whiten the patches of `images` (n, C, H, W), standardised training images; there is nothing to tell of it."""
        self.whitening.fit(images)
        return ""

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to logits (N, classes)."""
        features: Tensor = self.stages(self.whitening(images))
        logits: Tensor = SCALE * self.last(features.amax(dim=(2, 3)))  # a pooling layer's slope would vary on a GPU
        return logits


class Whitening(nn.Module):
    """(N, C, H, W) to (N, 8 C, H - 1, W - 1): each patch in its principal directions, and the same with signs turned.

    Until `fit`, every pixel of a patch is a direction of its own.
    """

    weight: Tensor

    def __init__(self, channels: int):
        super().__init__()
        directions = torch.eye(channels * SIDE * SIDE).view(-1, channels, SIDE, SIDE)
        self.register_buffer("weight", torch.cat([directions, -directions]))
        self.bias = nn.Parameter(torch.zeros(len(self.weight)))

    @torch.no_grad()
    def fit(self, images: Tensor) -> None:
        """Take the directions and variances of the patches of `images` (n, C, H, W); mean 0 is taken for granted."""
        means = [_products(some.double()) * len(some) / len(images) for some in images.split(256)]
        variances, directions = torch.linalg.eigh(torch.stack(means).sum(0))
        whitened = (directions / (variances + EPSILON).sqrt()).T.flip(0).reshape(-1, *self.weight.shape[1:])
        self.weight.copy_(torch.cat([whitened, -whitened]))

    def forward(self, images: Tensor) -> Tensor:
        """Only the bias is learnt."""
        return F.conv2d(images, self.weight, self.bias)


def _products(images: Tensor) -> Tensor:
    """(4 C, 4 C): the mean product of each two places of a patch, over all patches of `images` (n, C, H, W)."""
    patches = F.unfold(images, SIDE).movedim(1, 2).flatten(0, 1)
    return patches.T @ patches / len(patches)


class BatchNorm(nn.BatchNorm2d):
    """Batch norm that shifts but does not scale, and whose running statistics follow quickly."""

    def __init__(self, channels: int):
        super().__init__(channels, momentum=FORGETS)
        del self.weight
        self.register_buffer("weight", torch.ones(channels))


def _layer(channels: int, out: int, pool: bool = False) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, out, 3, padding=1, bias=False)
    nn.init.dirac_(convolution.weight[: min(channels, out)])
    return [convolution, *([nn.MaxPool2d(2)] if pool else []), BatchNorm(out), nn.GELU()]
