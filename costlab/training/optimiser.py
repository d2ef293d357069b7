"""AdamW with a one-cycle rate: fused, decay on matrices only."""

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw  # the public function: the class would import torch._dynamo first, 1 to 8 s

PEAK = 0.25  # of all steps
BETAS = (0.9, 0.99)


def one_cycle(step: int, steps: int) -> float:
    """The rate at `step` (0 to steps - 1) as a share of its peak: up to 1 at a quarter of the way, then down to 0.

    >>> [round(one_cycle(step, 8), 2) for step in range(8)]
    [0.33, 0.67, 1.0, 0.83, 0.67, 0.5, 0.33, 0.17]
    """
    top = PEAK * steps
    return min((step + 1) / (top + 1), (steps - step) / (steps - top))


class AdamW:
    """Loshchilov & Hutter 2019, Decoupled weight decay regularization; the state lives on the model's device."""

    def __init__(self, model: nn.Module, weight_decay: float):
        trained = [p for p in model.parameters() if p.requires_grad]
        matrices: list[Tensor] = [p for p in trained if p.ndim > 1]
        vectors: list[Tensor] = [p for p in trained if p.ndim <= 1]
        self._groups = [_Group(matrices, weight_decay), _Group(vectors, 0.0)]

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """Move the parameters against their gradients, and forget the gradients."""
        for group in self._groups:
            group.step(rate)


class _Group:
    def __init__(self, parameters: list[Tensor], decay: float):
        self.parameters = parameters
        self.decay = decay
        self.means = [torch.zeros_like(p) for p in parameters]
        self.squares = [torch.zeros_like(p) for p in parameters]
        self.steps = [torch.zeros((), device=p.device) for p in parameters]

    def step(self, rate: float | Tensor) -> None:
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        adamw(
            self.parameters, gradients, self.means, self.squares, [], self.steps,
            fused=True, amsgrad=False, maximize=False,
            beta1=BETAS[0], beta2=BETAS[1], lr=rate, weight_decay=self.decay, eps=1e-8,
        )  # fmt: skip
        for parameter in self.parameters:
            parameter.grad = None
