"""AdamW and Muon with a one-cycle rate; decay on matrices only."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw  # the public function: the class would import torch._dynamo first, 1 to 8 s

from costlab.errors import InvalidSpec
from costlab.specs import RunSpec

PEAK = 0.25  # of all steps
BETAS = (0.9, 0.99)
MOMENTUM = 0.6  # Muon's
TIMES = 15  # AdamW's rate: Muon's
QUINTICS = ((6.7525, -18.3513, 13.2636), (2.5379, -1.8747, 0.4413))


def one_cycle(step: int, steps: int) -> float:
    """The rate at `step` (0 to steps - 1) as a share of its peak: up to 1 at a quarter of the way, then down to 0.

    >>> [round(one_cycle(step, 8), 2) for step in range(8)]
    [0.33, 0.67, 1.0, 0.83, 0.67, 0.5, 0.33, 0.17]
    """
    top = PEAK * steps
    return min((step + 1) / (top + 1), (steps - step) / (steps - top))


class Flat:
    """Parameters of one number format, moved into one tensor, `values` (n,): what is done to all is done at once.

    Each keeps its shape and its strides. They lie in the order given. Raises InvalidSpec where formats differ.
    """

    def __init__(self, parameters: Sequence[Tensor]):
        formats = sorted({str(p.dtype).removeprefix("torch.") for p in parameters})
        if len(formats) != 1:
            have = " and ".join(formats) or "none to train"
            raise InvalidSpec(f"A model's weights have to be of one number format; this one has {have}.")
        self.parameters = list(parameters)
        self._orders = [_order(p) for p in parameters]
        self.values = torch.cat([_row(p.detach(), order) for p, order in zip(parameters, self._orders, strict=True)])
        starts = accumulate((p.numel() for p in parameters), initial=0)
        strides = [torch.empty_like(p, device="meta").stride() for p in parameters]
        self._places = [
            (p.shape, *place) for p, place in zip(parameters, zip(strides, starts, strict=False), strict=True)
        ]
        for parameter, own in zip(self.parameters, self.views(self.values), strict=True):
            parameter.data = own

    def views(self, row: Tensor, number: int | None = None) -> list[Tensor]:
        """`row` (n,) as tensors of the parameters' shapes and strides: of the first `number`, or of all."""
        return [row.as_strided(*place) for place in self._places[:number]]

    def gradients(self, parameters: Sequence[Tensor] | None = None) -> Tensor:
        """(n,): of the parameters, or of others of the same shapes, which forget theirs; zeros where one has none."""
        rows = []
        for parameter, order in zip(parameters or self.parameters, self._orders, strict=True):
            rows.append(_row(torch.zeros_like(parameter) if parameter.grad is None else parameter.grad, order))
            parameter.grad = None
        return torch.cat(rows)


def _order(parameter: Tensor) -> list[int]:
    """The dimensions from the slowest in memory to the fastest."""
    return sorted(range(parameter.ndim), key=parameter.stride().__getitem__, reverse=True)


def _row(tensor: Tensor, order: list[int]) -> Tensor:
    return tensor if len(order) == 1 else tensor.permute(order).reshape(-1)


class Optimiser(Protocol):
    """What moves a model's parameters."""

    flat: Flat

    def step(self, rate: float | Tensor) -> None:
        """Move the parameters against their gradients, and forget the gradients."""

    def move(self, gradients: Tensor, rate: float | Tensor) -> None:
        """Move the parameters against `gradients` (n,), in the order of `flat`."""


def optimiser_of(spec: RunSpec, model: nn.Module) -> Optimiser:
    """The one that `spec` names, for all parameters of `model` that are trained."""
    return (Muon if spec.optimiser == "muon" else AdamW)(model, spec.weight_decay)


class AdamW:
    """Loshchilov & Hutter 2019, Decoupled weight decay regularization; fused, the state lives on the model's device."""

    def __init__(self, model: nn.Module, weight_decay: float, first: Callable[[Tensor], bool] = lambda p: False):
        """`first`: which parameters lie first in `flat`, and are left alone."""
        trained = [p for p in model.parameters() if p.requires_grad]
        self.flat = Flat(sorted(trained, key=lambda p: (not first(p), p.ndim <= 1)))  # matrices before vectors
        start = sum(p.numel() for p in trained if first(p))
        matrices = sum(p.numel() for p in trained if p.ndim > 1)
        self._own = slice(start, None)
        self._values, self._matrices = self.flat.values[start:], self.flat.values[start:matrices]
        self._decay = weight_decay if matrices > start else 0.0
        self._mean, self._square = torch.zeros_like(self._values), torch.zeros_like(self._values)
        self._steps = torch.zeros((), device=self._values.device)

    def step(self, rate: float | Tensor) -> None:
        """As `Optimiser`."""
        self.move(self.flat.gradients(), rate)

    @torch.no_grad()
    def move(self, gradients: Tensor, rate: float | Tensor) -> None:
        """As `Optimiser`."""
        if self._decay:
            self._matrices.mul_(1 - rate * self._decay)
        adamw(
            [self._values], [gradients[self._own]], [self._mean], [self._square], [], [self._steps],
            fused=True, amsgrad=False, maximize=False,
            beta1=BETAS[0], beta2=BETAS[1], lr=rate, weight_decay=0.0, eps=1e-8,
        )  # fmt: skip


class Muon:
    """Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks; here for convolutions.

    Each kernel moves along the orthogonal matrix nearest to its momentum, so in all directions alike, at `TIMES` the
    rate; linear layers, biases and batch norm by `AdamW`.
    """

    def __init__(self, model: nn.Module, weight_decay: float):
        self._others = AdamW(model, weight_decay, first=is_kernel)
        self.flat = self._others.flat
        self._kernels = [p for p in self.flat.parameters if is_kernel(p)]
        self._momenta = [torch.zeros_like(p) for p in self._kernels]
        self._decay = weight_decay

    def step(self, rate: float | Tensor) -> None:
        """As `Optimiser`."""
        self.move(self.flat.gradients(), rate)

    @torch.no_grad()
    def move(self, gradients: Tensor, rate: float | Tensor) -> None:
        """As `Optimiser`."""
        self._others.move(gradients, rate)
        muon(self._kernels, self.flat.views(gradients, len(self._kernels)), self._momenta, rate, self._decay)


def is_kernel(parameter: Tensor) -> bool:
    """Whether Muon moves it: a convolution's weight (out, in, height, width)."""
    return parameter.ndim == 4


def muon(
    kernels: list[Tensor], gradients: list[Tensor], momenta: list[Tensor], rate: float | Tensor, decay: float,
    models: int = 1,
) -> None:  # fmt: skip
    """One step of Muon, in place. Each kernel (models * out, in, height, width) is that of so many models."""
    if not kernels:
        return
    torch._foreach_mul_(momenta, MOMENTUM)
    torch._foreach_add_(momenta, gradients)
    aheads = torch._foreach_add(gradients, momenta, alpha=MOMENTUM)  # Nesterov's
    far, kept = TIMES * rate, 1 - TIMES * rate * decay
    for kernel, ahead in zip(kernels, aheads, strict=True):
        last = ahead.movedim(1, -1)  # channels last, as they lie
        direction = orthogonal(last.flatten(1).unflatten(0, (models, -1)))
        if decay:
            kernel.mul_(kept)
        kernel.sub_(direction.reshape(last.shape).movedim(-1, 1) * far)


def orthogonal(matrices: Tensor) -> Tensor:
    """(..., rows, columns): the matrices of the same singular vectors whose singular values are about 1, 0.8 to 1.2.

    By Newton-Schulz iteration; directions in which a matrix has less than a 20th of its norm stay smaller than that.

    >>> orthogonal(torch.tensor([[0.0, 7.0], [-7.0, 0.0]])).round().tolist()
    [[0.0, 1.0], [-1.0, 0.0]]
    """
    wide = matrices.shape[-2] <= matrices.shape[-1]
    x = (matrices if wide else matrices.mT).reshape(-1, *sorted(matrices.shape[-2:]))
    x = x / (torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True) + 1e-7)
    alone = len(x) == 1
    x, times = (x[0], torch.addmm) if alone else (x, torch.baddbmm)  # a batch of one takes 1.5 times as long
    for first, third, fifth in QUINTICS:
        squares = x @ x.mT
        x = times(x, times(squares, squares, squares, beta=third, alpha=fifth), x, beta=first)
    return (x if wide else x.mT).reshape(matrices.shape)
