"""M models of the same layers as one program: grouped convolutions, batch norm over all channels, batched products.

Images are (N, M * C, H, W), channels last, each model's channels together; after flattening (M, N, F). Before the
first layer with weights there may be fewer than M blocks: models that see the same images share them. Parameters of all
models lie one after another along the first axis, so a model's own are a view.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.adamw import adamw

from costlab.models.small_cnn import Flatten
from costlab.training.copies import copied
from costlab.training.forms import Batch, autocast, judging, learning, streams_of
from costlab.training.optimiser import BETAS, is_kernel, muon
from costlab.training.setup import Setup


class Convolution(nn.Conv2d):
    """M convolutions; the number of groups is that of the blocks of channels that come."""

    def __init__(self, like: nn.Conv2d, m: int):
        device, dtype = torch.device("meta"), like.weight.dtype
        super().__init__(
            like.in_channels, m * like.out_channels, like.kernel_size, like.stride, like.padding, like.dilation,  # type: ignore[arg-type]
            bias=like.bias is not None, device=device, dtype=dtype,
        )  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        """(N, B * C, H, W) to (N, M * C', H', W'), B blocks of images dividing M."""
        groups = images.shape[1] // self.in_channels
        return F.conv2d(images, self.weight, self.bias, self.stride, self.padding, self.dilation, groups)


class Linear(nn.Module):
    """M linear layers. weight: (M, out, in). bias: (M * out,)."""

    def __init__(self, like: nn.Linear, m: int):
        super().__init__()
        self.m = m
        self.weight = nn.Parameter(torch.empty(m, like.out_features, like.in_features, device="meta"))
        self.bias = nn.Parameter(torch.empty(m * like.out_features, device="meta")) if like.bias is not None else None

    def forward(self, features: Tensor) -> Tensor:
        """(B, N, in) to (M, N, out), B blocks dividing M."""
        if len(features) != self.m:
            features = features.repeat_interleave(self.m // len(features), dim=0)
        products = self.weight.transpose(1, 2)
        if self.bias is None:
            return torch.bmm(features, products)
        return torch.baddbmm(self.bias.view(self.m, 1, -1), features, products)


class Flattened(nn.Module):
    """(N, B * C, H, W) to (B, N, F), in the order of `like`: rows first with all channels of a pixel, or channels."""

    def __init__(self, like: nn.Module, m: int):
        super().__init__()
        self.channels_last = isinstance(like, Flatten)
        self.channels = 0  # of one block, told by the layer before

    def forward(self, images: Tensor) -> Tensor:
        """Each block by itself."""
        blocks = images.unflatten(1, (-1, self.channels))  # (N, B, C, H, W)
        order = (1, 0, 3, 4, 2) if self.channels_last else (1, 0, 2, 3, 4)
        return blocks.permute(order).flatten(2)


def _norm(like: nn.BatchNorm2d, m: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(
        m * like.num_features, like.eps, like.momentum, like.affine, like.track_running_stats, device="meta"
    )


def _same(like: nn.Module, m: int) -> nn.Module:
    return like


LAYERS: dict[type[nn.Module], Callable[[Any, int], nn.Module]] = {
    nn.Conv2d: Convolution,
    nn.BatchNorm2d: _norm,
    nn.Linear: Linear,
    nn.Flatten: Flattened,
    Flatten: Flattened,
    nn.MaxPool2d: _same,
    nn.AvgPool2d: _same,
    nn.ReLU: _same,
    nn.Identity: _same,
}


def leaves(model: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The layers of (nested) `nn.Sequential`s in order, by name; whatever else comes is a layer itself."""
    if type(model) is not nn.Sequential:
        yield name, model
        return
    for child, layer in model.named_children():
        yield from leaves(layer, f"{name}.{child}" if name else child)


def why_not(model: nn.Module) -> str:
    """Why such models cannot be stacked, in a sentence; empty when they can.

    >>> why_not(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    ''
    >>> why_not(nn.Sequential(nn.Dropout(0.5)))
    'A layer of this model (Dropout) has no form for several models side by side.'
    """
    for _, layer in leaves(model):
        plain = not isinstance(layer, nn.Conv2d) or (layer.groups == 1 and layer.padding_mode == "zeros")
        flat = not isinstance(layer, nn.Flatten) or (layer.start_dim, layer.end_dim) == (1, -1)
        if type(layer) not in LAYERS or not plain or not flat:
            return f"A layer of this model ({type(layer).__name__}) has no form for several models side by side."
        if any(hook for hook in (layer._forward_hooks, layer._forward_pre_hooks)):
            return f"A layer of this model ({type(layer).__name__}) does more than its kind says."
    return "" if all(p.requires_grad for p in model.parameters()) else "Some of this model's weights are not trained."


class Stacked(nn.Module):
    """M equal models as one: images of B blocks (N, B * C, H, W), B dividing M, to logits (M, N, K)."""

    def __init__(self, models: Sequence[nn.Module], channels: int):
        super().__init__()
        self.m = len(models)
        self.names = [name for name, _ in leaves(models[0])]
        self.layers = nn.ModuleList(LAYERS[type(layer)](layer, self.m) for _, layer in leaves(models[0]))
        device = next(models[0].parameters()).device
        self.to_empty(device=device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for place, model in enumerate(models):
            own = self.own(place)
            for name, plain in model.state_dict().items():
                own[name].copy_(plain)
        self._tell_channels(models[0], channels)

    def forward(self, images: Tensor) -> Tensor:
        """(M, N, K)."""
        for layer in self.layers:
            images = layer(images)
        return images

    @torch.no_grad()
    def own(self, place: int) -> dict[str, Tensor]:
        """The state of one model by its plain names, as views; counters are everyone's."""
        return {self._plain(name): self.view(tensor)[place] for name, tensor in self.state_dict().items()}

    def view(self, tensor: Tensor) -> Tensor:
        """(M, ...): a parameter, or anything of its shape, model by model, as a view."""
        if tensor.ndim == 0:
            return tensor.expand(self.m)
        return tensor if tensor.ndim == 3 else tensor.unflatten(0, (self.m, -1))

    def _plain(self, name: str) -> str:
        _, layer, parameter = name.split(".")
        return f"{self.names[int(layer)]}.{parameter}" if self.names[int(layer)] else parameter

    def _tell_channels(self, model: nn.Module, channels: int) -> None:
        for (_, plain), layer in zip(leaves(model), self.layers, strict=True):
            if isinstance(layer, Flattened):
                layer.channels = channels
            channels = getattr(plain, "out_channels", channels)


class StackedOptimiser:
    """`AdamW` or `Muon` of each model with a rate and decay of its own; neighbours that share both are moved as one."""

    def __init__(self, stacked: Stacked, rates: Sequence[tuple[float, float]], name: str):
        self.stacked, self.rates, self.name = stacked, list(rates), name  # (peak rate, decay) a model
        self.parameters: list[Tensor] = list(stacked.parameters())
        self.means = [torch.zeros_like(p) for p in self.parameters]  # Muon's momenta, too
        self.squares = [torch.zeros_like(p) for p in self.parameters]
        self.taken = 0  # steps before the groups were made
        self._make_groups()

    def _make_groups(self) -> None:
        device = self.parameters[0].device
        edges = [i for i in range(self.stacked.m + 1) if i in (0, self.stacked.m) or self.rates[i] != self.rates[i - 1]]
        kernels = {i for i, p in enumerate(self.parameters) if self.name == "muon" and is_kernel(p)}
        self._groups, self._kernels = [], []
        for start, stop in pairwise(edges):
            rate, decay = self.rates[start]
            cut = partial(self._cut, start=start, stop=stop)
            for matrices in (True, False):
                chosen = [i for i, p in enumerate(self.parameters) if (p.ndim > 1) == matrices and i not in kernels]
                steps = [torch.full((), float(self.taken), device=device) for _ in chosen]
                state = [[cut(tensors[i]) for i in chosen] for tensors in (self.parameters, self.means, self.squares)]
                if chosen:
                    self._groups.append((chosen, cut, state, steps, rate, decay if matrices else 0.0))
            for i in kernels:
                kernel, momentum = (_as_kernel(cut(tensors[i])) for tensors in (self.parameters, self.means))
                self._kernels.append((i, cut, kernel, momentum, rate, decay, stop - start))

    def _cut(self, tensor: Tensor, start: int, stop: int) -> Tensor:
        whole = stop - start == self.stacked.m
        return tensor.detach() if whole else self.stacked.view(tensor.detach())[start:stop]

    @torch.no_grad()
    def step(self, share: Tensor) -> None:
        """Move all parameters against their gradients by `share` of each one's rate, and forget the gradients."""
        for chosen, cut, (parameters, means, squares), steps, rate, decay in self._groups:
            adamw(
                parameters, [cut(self._gradient(i)) for i in chosen], means, squares, [], steps,
                fused=True, amsgrad=False, maximize=False,
                beta1=BETAS[0], beta2=BETAS[1], lr=share * rate, weight_decay=decay, eps=1e-8,
            )  # fmt: skip
        for i, cut, kernel, momentum, rate, decay, models in self._kernels:
            muon([kernel], [_as_kernel(cut(self._gradient(i)))], [momentum], share * rate, decay, models)
        for parameter in self.parameters:
            parameter.grad = None

    def _gradient(self, i: int) -> Tensor:
        gradient = self.parameters[i].grad
        return torch.zeros_like(self.parameters[i]) if gradient is None else gradient

    def keep(self, stacked: Stacked, places: Sequence[int]) -> "StackedOptimiser":
        """The state of the models at `places`, for `stacked`, which holds them alone."""
        kept = StackedOptimiser(stacked, [self.rates[place] for place in places], self.name)
        kept.taken = int(self._groups[0][3][0])  # as the device counts: a replayed step passes by this code
        for ours, theirs in ((kept.means, self.means), (kept.squares, self.squares)):
            for mine, old in zip(ours, theirs, strict=True):
                stacked.view(mine).copy_(self.stacked.view(old)[list(places)])
        kept._make_groups()
        return kept


def _as_kernel(tensor: Tensor) -> Tensor:
    """(m * out, in, height, width), as a view."""
    return tensor if tensor.ndim == 4 else tensor.flatten(0, 1)


class Together:
    """A form in which equal models of several runs are one program."""

    def __init__(self, runs: Sequence[Setup]):
        self.runs, self.like = list(runs), runs[0]
        self.streams = streams_of(runs)
        self.stacked = Stacked([run.model for run in runs], self.like.parts["train"].images.shape[1])
        rates = [(run.spec.learning_rate, run.spec.weight_decay) for run in runs]
        self.optimiser = StackedOptimiser(self.stacked, rates, self.like.spec.optimiser)

    def arranged(self, streams: Sequence[Tensor]) -> Batch:
        """(N, B * C, H, W): of models that see the same images, neighbours share a block where that comes out even."""
        blocks = self.streams if len(streams) > 1 else [0]
        size = len(blocks) // len(set(blocks))
        even = [stream for stream in dict.fromkeys(blocks) for _ in range(size)] == blocks
        wanted = [streams[stream] for stream in (dict.fromkeys(blocks) if even else blocks)]
        if len(wanted) == 1:
            return (wanted[0],)
        return (torch.stack(wanted, dim=1).flatten(1, 2).contiguous(memory_format=torch.channels_last),)

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """One forward pass, each run's own loss on its own logits, one backward pass for the sum."""
        with autocast(self.like):
            logits = learning(self.stacked)(images[0])
        losses = [
            run.loss(own, targets[stream])
            for run, own, stream in zip(self.runs, logits.float().unbind(), self.streams, strict=True)
        ]
        torch.autograd.backward(losses)
        self.optimiser.step(share)
        return torch.stack([loss.detach() for loss in losses])

    def logits(self, images: Batch) -> list[Tensor]:
        """(N, K) of each run."""
        return list(judging(self.stacked)(images[0]).float().unbind())

    def keep(self, places: Sequence[int]) -> "Together":
        """The others in a smaller program, with what their optimiser knows."""
        for place in places:
            self.runs[place].model.load_state_dict(self.stacked.own(place))
        kept = Together([self.runs[place] for place in places])
        kept.optimiser = self.optimiser.keep(kept.stacked, places)
        return kept

    def weights(self, place: int) -> dict[str, Tensor]:
        """Copies, contiguous."""
        return copied(self.stacked.own(place))

    def drawing(self) -> AbstractContextManager[None]:
        """These layers draw no random numbers."""
        return nullcontext()


def keep_memory() -> None:
    """Have glibc keep what a step frees: stacks took 1.25 times as long with its pages cleared anew in each step."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        trim_threshold, top_pad, mmap_threshold = -1, -2, -3  # mallopt(3)
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, (1 << 31) - 1)
        libc.mallopt(top_pad, 1 << 26)
