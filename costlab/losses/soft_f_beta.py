"""One minus the F-beta score of the batch, counted with probabilities instead of decisions.

F-beta weighs two wishes: find every image of a class (recall), and be right when naming it (precision). Beta above 1
favours recall, below 1 precision. Counting with probabilities makes the score smooth, so that it can be learned from;
with a model that is always sure it is scikit-learn's score exactly. Classes that the batch does not hold are left out,
so large batches do better.
"""

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from costlab import registry
from costlab.costs import CostMatrix
from costlab.losses import BatchLoss, at_least_float32
from costlab.losses._mixed import Share, mixed

TITLE = "Soft F-beta"
FORMULA = (
    r"\ell = 1 - \sum_k w_k \frac{(1 + \beta^2)\, S_{k,k}}{\beta^2 \sum_j S_{k,j} + \sum_t S_{t,k}}, "
    r"\qquad S_{t,j} = \sum_{n:\, y_n = t} p_{n,j}"
)
SOURCE = "van Rijsbergen 1979, Information retrieval; soft counts: Jansche 2005, Maximum expected F-measure training"


class Options(registry.Options):
    """Which F-beta, and how much cross-entropy to mix in."""

    beta: float = Field(
        1.0,
        ge=0.1,
        le=10,
        title="Beta",
        description="Above 1 finding every image of a class matters more, below 1 being right when naming it.",
    )
    average: Literal["macro", "weighted"] = Field(
        "macro",
        title="Average",
        description="Macro: each class of the batch counts the same. Weighted: each counts by its images.",
    )
    cross_entropy_share: Share = 0.0


class SoftFBeta(BatchLoss):
    """`1 - F-beta` of logits (N, K) from the soft confusion matrix of the batch, mixed with cross-entropy.

    >>> loss = SoftFBeta(classes=2)
    >>> loss(torch.zeros(2, 2), torch.tensor([0, 0]))  # half found, all named right: F1 = 2/3
    tensor(0.3333)
    """

    one_hot: Tensor

    def __init__(self, classes: int, beta: float = 1.0, average: str = "macro", cross_entropy_share: float = 0.0):
        super().__init__()
        self.register_buffer("one_hot", torch.eye(classes))
        self.beta = beta
        self.by_images = average == "weighted"
        self.share = cross_entropy_share

    def of_batch(self, logits: Tensor, target: Tensor) -> Tensor:
        """Scalar loss of the batch, without a matrix product, which autocast would take to half precision."""
        logits = at_least_float32(logits)
        probs, truth = logits.softmax(-1), F.embedding(target, self.one_hot.to(logits.dtype))
        images, named, found = truth.sum(-2), probs.sum(-2), (probs * truth).sum(-2)
        weights = images if self.by_images else images.clamp(max=1)  # 0 where the batch does not hold the class
        # At least one image: nothing is divided by 0, and where there are images nothing changes.
        scores = (1 + self.beta**2) * found / (self.beta**2 * images.clamp(min=1) + named)
        return mixed(1 - (weights / weights.sum(-1, keepdim=True) * scores).sum(-1), logits, target, self.share)


def make(options: Options, cost: CostMatrix, counts: np.ndarray) -> SoftFBeta:
    """The loss; of the costs it needs only how many classes there are."""
    return SoftFBeta(len(cost.classes), options.beta, options.average, options.cross_entropy_share)
