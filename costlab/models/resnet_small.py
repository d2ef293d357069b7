"""A small residual network for colour images of about 32x32 pixels: each block adds to what it was given.

One layer, then three stages of 16, 32 and 64 channels, each half as large as the one before; with one block a stage it
is the ResNet-8 of small devices, with three the ResNet-20 of He et al. An image's features are averaged over its area.
"""

from pydantic import Field
from torch import Tensor, nn

from costlab.registry import Options as Base

TITLE = "Small ResNet"
SOURCE = (
    "He et al. 2016, Deep residual learning for image recognition; "
    "Goyal et al. 2017, Accurate, large minibatch SGD (blocks begin as the identity)"
)
CHANNELS = (16, 32, 64)


class Options(Base):
    """How wide and how deep."""

    width: float = Field(
        1.0, ge=0.25, le=8, title="Width", description="Multiplies the channels; 2 takes about 3 times as long."
    )
    blocks: int = Field(
        1, ge=1, le=9, title="Blocks a stage", description="Each is two layers deep; 3 makes a ResNet-20."
    )


def suits(shape: tuple[int, int, int]) -> bool:
    """Whether it is made for images of `shape` (C, H, W); it takes any."""
    return shape[0] == 3 and min(shape[1:]) >= 20


def make(options: Options, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """The network for images of `shape` (C, H, W): (N, C, H, W) to logits (N, classes).

    >>> made = make(Options(), (3, 32, 32), 10).modules()  # the first layer, 2 a stage, 2 where channels grow
    >>> sum(isinstance(layer, nn.Conv2d) for layer in made)
    9
    """
    stages = [max(4, round(options.width * channels)) for channels in CHANNELS]
    layers: list[nn.Module] = [*_layer(shape[0], stages[0]), nn.ReLU(inplace=True)]
    channels = stages[0]
    for stage, out in enumerate(stages):
        for block in range(options.blocks):
            layers.append(Block(channels, out, stride=2 if stage and not block else 1))
            channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


class Block(nn.Module):
    """Two layers whose result is added to their input, which is thinned out or widened to fit. At first it adds 0."""

    BY_IMAGE = True

    def __init__(self, channels: int, out: int, stride: int = 1):
        super().__init__()
        self.added = nn.Sequential(*_layer(channels, out, stride), nn.ReLU(inplace=True), *_layer(out, out))
        last = self.added[-1]
        assert isinstance(last, nn.BatchNorm2d)
        nn.init.zeros_(last.weight)
        same = channels == out and stride == 1
        self.kept = nn.Identity() if same else nn.Sequential(*_layer(channels, out, stride, size=1))

    def forward(self, images: Tensor) -> Tensor:
        """(N, channels, H, W) to (N, out, H / stride, W / stride), rounded up."""
        return (self.added(images) + self.kept(images)).relu()


def _layer(channels: int, out: int, stride: int = 1, size: int = 3) -> list[nn.Module]:
    return [nn.Conv2d(channels, out, size, stride, padding=size // 2, bias=False), nn.BatchNorm2d(out)]
