"""A stand-in for CUDA graphs on the CPU: it writes down what a step asks of torch, and asks for the same again.

As in a graph, tensors of the recording stay where they are, numbers that Python worked out are frozen, and what would
wait for the device is refused. Unlike a graph it must run the step to record it; so it puts back all that the step
changed.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

WAITS = {"_local_scalar_dense", "nonzero", "masked_select", "unique", "bincount", "_unique2", "equal", "item"}


class ReplayedCalls:
    """A `Recorder` of the calls of torch's operators."""

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def rehearse(self, work: Callable[[], None]) -> None:
        """Just do it."""
        work()

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """What makes the calls of `work` again. Raises RuntimeError where one of them waits for the device."""
        calls = _Calls()
        try:
            with calls:
                work()
        finally:
            calls.put_back()
        self.recorded += 1

        def replay() -> None:
            self.replayed += 1
            calls.replay()

        return replay


class _Calls(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, Any]] = []  # operator, arguments, named arguments, what it gave
        self.made: set[int] = set()  # memory that the step itself asked for
        self.before: dict[int, tuple[Tensor, Tensor]] = {}  # tensors from outside the step, and what they held

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func._schema.name.removeprefix("aten::") in WAITS:
            raise RuntimeError(f"{func._schema.name} waits for the device, so it cannot be captured.")
        for given in _tensors((args, kwargs)):
            if _memory(given) not in self.made and _memory(given) not in self.before:
                self.before[_memory(given)] = given, _bytes(given).clone()
        result = func(*args, **kwargs)
        known = {_memory(given) for given in _tensors((args, kwargs))}
        self.made |= {_memory(made) for made in _tensors(result)} - known
        self.calls.append((func, args, kwargs, result))
        return result

    def put_back(self) -> None:
        for tensor, held in self.before.values():
            _bytes(tensor).copy_(held)

    @torch.no_grad()
    def replay(self) -> None:
        for func, args, kwargs, first in self.calls:
            known = {_memory(given) for given in _tensors((args, kwargs))}
            for place, made in zip(_tensors(first), _tensors(func(*args, **kwargs)), strict=True):
                if _memory(place) not in known:  # neither a view nor what was changed in place
                    place.copy_(made)


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _bytes(tensor: Tensor) -> Tensor:
    """All of the tensor's memory, whatever part it shows."""
    return torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())
