"""AdamW and Muon with a one-cycle rate; decay on matrices only."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw  # the public function: the class would import torch._dynamo first, 1 to 8 s

from costlab.specs import RunSpec

PEAK = 0.25  # of all steps
BETAS = (0.9, 0.99)
MOMENTUM = 0.6  # Muon's
TIMES = 15  # AdamW's rate: Muon's
ITERATIONS = 3  # of Newton-Schulz: on digits and MNIST-5k as good as five
QUINTIC = (3.4445, -4.7750, 2.0315)


def one_cycle(step: int, steps: int) -> float:
    """The rate at `step` (0 to steps - 1) as a share of its peak: up to 1 at a quarter of the way, then down to 0.

    >>> [round(one_cycle(step, 8), 2) for step in range(8)]
    [0.33, 0.67, 1.0, 0.83, 0.67, 0.5, 0.33, 0.17]
    """
    top = PEAK * steps
    return min((step + 1) / (top + 1), (steps - step) / (steps - top))


class Optimiser(Protocol):
    """What moves a model's parameters."""

    def step(self, rate: float | Tensor) -> None:
        """Move the parameters against their gradients, and forget the gradients."""


def optimiser_of(spec: RunSpec, model: nn.Module) -> Optimiser:
    """The one that `spec` names, for all parameters of `model` that are trained."""
    return (Muon if spec.optimiser == "muon" else AdamW)(model, spec.weight_decay)


class AdamW:
    """Loshchilov & Hutter 2019, Decoupled weight decay regularization; fused, the state lives on the model's device."""

    def __init__(self, model: nn.Module, weight_decay: float):
        self._groups = _groups([p for p in model.parameters() if p.requires_grad], weight_decay)

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """As `Optimiser`."""
        for group in self._groups:
            group.step(rate)


class Muon:
    """Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks; here for convolutions.

    Each kernel moves along the orthogonal matrix nearest to its momentum, so in all directions alike, at `TIMES` the
    rate; linear layers, biases and batch norm by `AdamW`.
    """

    def __init__(self, model: nn.Module, weight_decay: float):
        trained = [p for p in model.parameters() if p.requires_grad]
        self._kernels: list[Tensor] = [p for p in trained if is_kernel(p)]
        self._groups = _groups([p for p in trained if not is_kernel(p)], weight_decay)
        self._momenta = [torch.zeros_like(p) for p in self._kernels]
        self._decay = weight_decay

    @torch.no_grad()
    def step(self, rate: float | Tensor) -> None:
        """As `Optimiser`."""
        for group in self._groups:
            group.step(rate)
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self._kernels]
        muon(self._kernels, gradients, self._momenta, rate, self._decay)
        for kernel in self._kernels:
            kernel.grad = None


def is_kernel(parameter: Tensor) -> bool:
    """Whether Muon moves it: a convolution's weight (out, in, height, width)."""
    return parameter.ndim == 4


def muon(
    kernels: Sequence[Tensor], gradients: Sequence[Tensor], momenta: Sequence[Tensor], rate: float | Tensor,
    decay: float, models: int = 1,
) -> None:  # fmt: skip
    """One step of Muon, in place. Each kernel (models * out, in, height, width) is that of so many models."""
    for kernel, gradient, momentum in zip(kernels, gradients, momenta, strict=True):
        momentum.mul_(MOMENTUM).add_(gradient)
        ahead = gradient.add(momentum, alpha=MOMENTUM).movedim(1, -1)  # Nesterov's; channels last, as they lie
        direction = orthogonal(ahead.flatten(1).unflatten(0, (models, -1)))
        if decay:
            kernel.mul_(1 - TIMES * rate * decay)
        kernel.sub_(direction.reshape(ahead.shape).movedim(-1, 1) * (TIMES * rate))


def orthogonal(matrices: Tensor) -> Tensor:
    """(..., rows, columns): the matrices of the same singular vectors whose singular values are about 1, 0.5 to 1.2.

    By Newton-Schulz iteration; directions in which a matrix is nearly 0 stay smaller than that.

    >>> orthogonal(torch.tensor([[0.0, 7.0], [-7.0, 0.0]])).round().tolist()
    [[0.0, 1.0], [-1.0, 0.0]]
    """
    wide = matrices.shape[-2] <= matrices.shape[-1]
    x = matrices if wide else matrices.mT
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    first, third, fifth = QUINTIC
    for _ in range(ITERATIONS):
        squares = x @ x.mT
        x = first * x + (third * squares + fifth * squares @ squares) @ x
    return x if wide else x.mT


def _groups(parameters: Sequence[Tensor], decay: float) -> list["_Group"]:
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    return [_Group(own, share) for own, share in ((matrices, decay), (vectors, 0.0)) if own]


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
