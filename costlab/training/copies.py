"""Copies between the host and a device; neither waits for those of single tensors, where that can be had."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """`values`, made on the host, on `device`; a CUDA GPU fetches them from pinned memory while the host goes on."""
    if device.type != "cuda":
        return values.to(device)  # Apple's GPUs share the host's memory; torch offers them no pinned memory
    pinned = torch.empty(values.shape, dtype=values.dtype, pin_memory=True).copy_(values)
    return pinned.to(device, non_blocking=True)


def to_host(values: Tensor) -> Callable[[], np.ndarray]:
    """Begin to copy `values` to the host; what it gives waits for them and hands them over.

    >>> arriving = to_host(torch.tensor([1.0, 2.0]))
    >>> arriving()
    array([1., 2.], dtype=float32)
    """
    values = values.detach()
    if values.device.type != "cuda":
        return values.cpu().numpy
    host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    host.copy_(values, non_blocking=True)
    copied = torch.cuda.Event()
    copied.record(torch.cuda.current_stream(values.device))

    def arrived() -> np.ndarray:
        copied.synchronize()
        return host.numpy()

    return arrived


def copied(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of `state` on the host, each contiguous and in memory of its own."""
    return {name: w.detach().cpu().clone(memory_format=torch.contiguous_format) for name, w in state.items()}
