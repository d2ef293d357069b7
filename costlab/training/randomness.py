"""Random numbers of one run's own: the global ones are neither relied on nor disturbed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Randomness:
    """A run's random numbers.

    `order` is a generator on the CPU for the order of images and their augmentation, so that they are the same on every
    device. Inside `active()`, torch's global generators give this run's numbers (initial weights, dropout).
    """

    def __init__(self, seed: int, device: torch.device):
        self.order = torch.Generator().manual_seed(seed)
        self._seed = seed
        self._accelerator = None if device.type == "cpu" else torch.get_device_module(device.type)
        self._device_type = "cuda" if device.type == "cpu" else device.type
        self._devices = [] if device.type == "cpu" else [device.index or 0]
        self._state: tuple[torch.Tensor, ...] | None = None

    @contextmanager
    def active(self) -> Iterator[None]:
        """The global generators are this run's inside, and what they were outside."""
        with torch.random.fork_rng(self._devices, device_type=self._device_type):
            self._restore()
            yield
            self._state = self._current()

    def _restore(self) -> None:
        if self._state is None:
            torch.default_generator.manual_seed(self._seed)
            if self._accelerator:
                self._accelerator.manual_seed(self._seed)
            return
        torch.set_rng_state(self._state[0])
        if self._accelerator:
            self._accelerator.set_rng_state(self._state[1], *self._devices)

    def _current(self) -> tuple[torch.Tensor, ...]:
        states = [torch.get_rng_state()]
        if self._accelerator:
            states.append(self._accelerator.get_rng_state(*self._devices))
        return tuple(states)
