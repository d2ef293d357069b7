"""Random numbers of one run's own: the global ones are neither relied on nor disturbed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


class Randomness:
    """A run's random numbers.

    `order` is a generator on the CPU for the order of images and their augmentation, so that they are the same on every
    device. Inside `active()`, torch's global generators give this run's numbers (initial weights, dropout).
    """

    def __init__(self, seed: int, device: torch.device):
        self.order = torch.Generator().manual_seed(seed)
        self._sources: list[tuple[Any, list[int]]] = [(torch, [])]  # where global states are got and set
        devices = [torch.device("cpu")]
        if device.type != "cpu":
            module = torch.get_device_module(device.type)
            self._sources.append((module, [device.index or 0] if device.type == "cuda" else []))
            devices.append(device)
        self._inside = [torch.Generator(device=place).manual_seed(seed).get_state() for place in devices]

    @contextmanager
    def active(self) -> Iterator[None]:
        """The global generators are this run's inside, and what they were outside."""
        outside = self._states()
        self._set(self._inside)
        try:
            yield
        finally:
            self._inside = self._states()
            self._set(outside)

    def _states(self) -> list[Tensor]:
        return [module.get_rng_state(*index) for module, index in self._sources]

    def _set(self, states: list[Tensor]) -> None:
        for (module, index), state in zip(self._sources, states, strict=True):
            module.set_rng_state(state, *index)
