"""Images that live on the device: uint8 once, standardised (and augmented) floats a few batches at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from costlab.datasets import ImageSet
from costlab.training.augmentation import augmented, maps
from costlab.training.lanes import in_two
from costlab.training.mirroring import mirrored

BATCHES = 8  # prepared at once at most: between them is the time to report
FLOATS = 1 << 22  # prepared at once at most, 16 MB, but always one batch
SAMPLE = 10_000  # training images that mean and deviation are taken from


@dataclass(frozen=True)
class Part:
    """One part of a data set on a device.

    images: (N, C, H, W) uint8. target: (N,) int64. index: (N,) the images' places in the full data set, on the host.
    mean, std: (1, C, 1, 1) float32, of pixels from 0 to 255.
    """

    images: Tensor
    target: Tensor
    index: np.ndarray
    mean: Tensor
    std: Tensor

    def __len__(self) -> int:
        return len(self.index)

    def standardised(self, rows: Tensor | slice) -> Tensor:
        """(n, C, H, W) float32: the images of `rows`, less the training mean, in training standard deviations."""
        return (self.images[rows].float() - self.mean) / self.std

    def chunks(self, order: Tensor, batch_size: int) -> Iterator[list[Tensor]]:
        """`order` cut into batches of at most `batch_size` that differ by at most one, several of them at a time."""
        batches = order.tensor_split(-(-len(order) // batch_size))
        number = max(1, min(BATCHES, FLOATS // (batch_size * self.images[0].numel())))
        for first in range(0, len(batches), number):
            yield list(batches[first : first + number])

    def prepared(
        self, rows: list[Tensor], turns: torch.Generator | None, flips: Tensor | None = None, by_halves: bool = False
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches (images, target) of `rows`, made at once; augmented with random numbers from `turns` if given.

        flips: (N,) bool, of the whole part, which images are mirrored; none if left out. by_halves: two threads make
        half of the batches each.
        """
        drawn = None if turns is None else maps(sum(map(len, rows)), turns)
        if not by_halves or len(rows) < 2:
            return iter(self._made(rows, drawn, flips))
        middle = len(rows) // 2
        place = sum(map(len, rows[:middle]))
        halves = [
            (rows[:middle], None if drawn is None else drawn[:place]),
            (rows[middle:], None if drawn is None else drawn[place:]),
        ]
        first, second = in_two(lambda half: self._made(*halves[half], flips))
        return iter(first + second)

    def _made(self, rows: list[Tensor], drawn: Tensor | None, flips: Tensor | None) -> list[tuple[Tensor, Tensor]]:
        together = torch.cat(rows)
        images = self.standardised(together)
        if flips is not None:
            images = mirrored(images, flips[together])
        if drawn is not None:
            images = augmented(images, drawn)
        images = images.contiguous(memory_format=torch.channels_last)
        target = self.target[together]
        sizes = [len(part) for part in rows]
        return list(zip(images.split(sizes), target.split(sizes), strict=True))


def parts(images: ImageSet, device: torch.device) -> dict[str, Part]:
    """The train, valid and test parts of a data set on `device`."""
    sample = images.images[np.flatnonzero(images.split == "train")[:SAMPLE]]
    mean = sample.mean(axis=(0, 2, 3), dtype=np.float64)
    std = np.maximum(sample.std(axis=(0, 2, 3), dtype=np.float64), 1.0)  # a flat channel stays as it is

    def channel(values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device).view(1, -1, 1, 1)

    def part(split: str) -> Part:
        rows = images.split == split
        return Part(
            torch.from_numpy(images.images[rows]).to(device),
            torch.from_numpy(images.target[rows]).to(device),
            images.index[rows],
            channel(mean),
            channel(std),
        )

    return {split: part(split) for split in ("train", "valid", "test")}
