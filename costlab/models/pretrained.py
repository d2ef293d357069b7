"""A ResNet-18 that has seen a million photographs already and is only tuned to yours: for images of 64 pixels and more.

Its weights, learnt on ImageNet, are downloaded on first use (45 MB). Without a network it starts from random weights,
and the run says so. Grey images are shown to it as they are in colour; small ones are enlarged, for it halves them five
times.
"""

import sys
from contextlib import redirect_stdout
from http.client import HTTPException
from typing import Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from costlab.datasets._torchvision import PATIENCE, patience
from costlab.registry import Options as Base

TITLE = "ResNet-18, fine-tuned"
SOURCE = "He et al. 2016, Deep residual learning for image recognition; weights: torchvision, learnt on ImageNet"
SMALLEST = 64  # pixels a side that the backbone is shown at least


class Options(Base):
    """What it starts from."""

    weights: Literal["imagenet", "random"] = Field(
        "imagenet",
        title="Start from",
        description="Weights learnt on ImageNet photographs, which suit a rate of 0.001 or less, or random ones.",
    )


def suits(shape: tuple[int, int, int]) -> bool:
    """Whether it is made for images of `shape` (C, H, W); it takes any."""
    return min(shape[1:]) >= SMALLEST


def make(options: Options, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """The network for images of `shape` (C, H, W), random until `prepare`: (N, C, H, W) to logits (N, classes).

    >>> sum(p.numel() for p in make(Options(weights="random"), (3, 64, 64), 2).parameters())  # the backbone's, 2 x 513
    11177538
    """
    return Pretrained(options.weights == "imagenet", shape, classes)


class Pretrained(nn.Module):
    """The backbone behind what fits the images to it."""

    def __init__(self, imagenet: bool, shape: tuple[int, int, int], classes: int):
        super().__init__()
        from torchvision.models import resnet18  # takes a second; the worker lists its models without it

        self.imagenet, self.learnt = imagenet, False
        self.enlarge = max(1, -(-SMALLEST // min(shape[1:])))
        self.colours = nn.Identity() if shape[0] in (1, 3) else nn.Conv2d(shape[0], 3, 1)
        self.backbone = resnet18(num_classes=classes)

    def prepare(self, images: Tensor) -> str:
        """Load the weights learnt on ImageNet, whatever the training `images`; why it could not be, in a sentence."""
        if not self.imagenet:
            return ""
        from torchvision.models import ResNet18_Weights

        try:
            with (
                redirect_stdout(sys.stderr),
                patience(PATIENCE),
            ):  # torch tells of its download there; ours is for messages
                learnt = ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
        except (OSError, RuntimeError, EOFError, HTTPException) as error:
            return (
                "The weights learnt on ImageNet are not on this machine and could not be downloaded "
                f"({type(error).__name__}); the model started from random weights instead."
            )
        last = {name: weight for name, weight in self.backbone.state_dict().items() if name.startswith("fc.")}
        self.backbone.load_state_dict({**learnt, **last})  # the last layer is for classes of our own
        self.learnt = True
        return ""

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to logits (N, classes)."""
        coloured = self.colours(images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images)
        if self.enlarge > 1:
            coloured = F.interpolate(coloured, scale_factor=self.enlarge, mode="nearest")
        logits: Tensor = self.backbone(coloured)
        return logits
