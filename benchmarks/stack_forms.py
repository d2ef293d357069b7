"""Two forms of a stack's step that costlab does not train with, to compare with those that it does."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

Step = Callable[[], object]


def by_vmap(models: Sequence[nn.Module], pixels: Tensor, target: Tensor) -> Step:
    """Forward and backward by `torch.func.vmap`, batch norm with the batch's statistics."""
    weights, buffers = stack_module_state(models)
    weights = {name: weight.detach().requires_grad_() for name, weight in weights.items()}
    for module in models[0].modules():
        if isinstance(module, nn.BatchNorm2d):
            module.track_running_stats, module.running_mean, module.running_var = False, None, None
    buffers = {name: value for name, value in buffers.items() if "running" not in name and "tracked" not in name}

    def logits(weights, buffers):
        return functional_call(models[0], (weights, buffers), (pixels,))

    def step() -> None:
        losses = vmap(lambda w, b: F.cross_entropy(logits(w, b), target), randomness="different")(weights, buffers)
        torch.autograd.grad(losses.sum(), list(weights.values()))

    models[0].train()
    return step


def unfolded(models: Sequence[nn.Module], pixels: Tensor, target: Tensor) -> Step:
    """Forward and backward with each convolution as patches and one batched product; for `small_cnn` only."""
    members, device = len(models), pixels.device
    layers = [module for module in models[0].modules() if not list(module.children())]
    weights = {
        place: nn.Parameter(0.05 * torch.randn(members, layer.weight[0].numel(), len(layer.weight), device=device))
        for place, layer in enumerate(layers)
        if isinstance(layer, nn.Conv2d | nn.Linear)
    }

    def step() -> None:
        images = pixels.expand(members, *pixels.shape)
        for place, layer in enumerate(layers):
            if isinstance(layer, nn.Conv2d):
                patches = F.unfold(images.flatten(0, 1), layer.kernel_size, padding=layer.padding, stride=layer.stride)
                height = -(-images.shape[3] // layer.stride[0])
                product = torch.bmm(patches.unflatten(0, (members, -1)).movedim(2, 3).flatten(1, 2), weights[place])
                images = product.view(members, len(pixels), height, -1, product.shape[2]).permute(0, 1, 4, 2, 3)
            elif isinstance(layer, nn.Linear):
                images = torch.bmm(images, weights[place])
            elif isinstance(layer, nn.BatchNorm2d):
                images = F.batch_norm(images.movedim(0, 1).flatten(1, 2), None, None, training=True)
                images = images.unflatten(1, (members, -1)).movedim(0, 1)
            elif isinstance(layer, nn.MaxPool2d | nn.ReLU):
                images = layer(images.flatten(0, 1)).unflatten(0, (members, -1))
            else:
                images = images.flatten(2)
        losses = F.cross_entropy(images.flatten(0, 1), target.repeat(members))
        torch.autograd.grad(losses, list(weights.values()))

    return step
