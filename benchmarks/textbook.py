"""The training loop of the textbooks, as the tutorials write it: what costlab's trainer is compared with.

A `DataLoader`, `.item()` after each batch, scikit-learn's confusion matrix after each epoch. Images come from a
`Dataset` that transforms one at a time (`train_textbook`) or from tensors standardised before
(`train_textbook_tensors`). Model, data, epochs, batch size, optimiser, schedule and augmentation are costlab's, but for
`train_tutorial`, which has the optimiser of the tutorials: Adam at PyTorch's own rate, the same in every step.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from sklearn.metrics import confusion_matrix
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from costlab.datasets import ImageSet
from costlab.models import MODELS
from costlab.specs import RunSpec
from costlab.training.augmentation import SCALE, SHIFT, TURN

Loaders = dict[str, DataLoader]
Parts = dict[str, Dataset]
Seen = Callable[[np.ndarray], None]
Recipe = Callable[[nn.Module, RunSpec, int], tuple[Optimizer, LRScheduler]]  # the last: batches an epoch


class Images(Dataset):
    """One part of an image set, transformed image by image when it is asked for."""

    def __init__(self, images: ImageSet, split: str, transform: transforms.Compose):
        rows = images.split == split
        self.images = images.images[rows].transpose(0, 2, 3, 1)  # as PIL wants them
        self.target = images.target[rows]
        self.transform = transform

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return self.transform(self.images[row]), int(self.target[row])


def train_textbook(images: ImageSet, spec: RunSpec, seen: Seen | None = None) -> np.ndarray:
    """The confusion matrix (K, K) of the test part after training as `spec` says, by cross-entropy.

    `seen` is told the confusion matrix of the validation part after each epoch.
    """
    return fit(loaders(transformed(images, spec), spec), images, spec, seen=seen)


def train_tutorial(images: ImageSet, spec: RunSpec, seen: Seen | None = None) -> np.ndarray:
    """As `train_textbook`, but by Adam at a constant rate of 0.001 and without decay, whatever `spec` says of them."""
    return fit(loaders(transformed(images, spec), spec), images, spec, constant_adam, seen)


def train_textbook_tensors(images: ImageSet, spec: RunSpec) -> np.ndarray:
    """As `train_textbook`, but the images are standardised once, in the beginning; without augmentation."""
    return fit(loaders(from_tensors(images), spec), images, spec)


def transformed(images: ImageSet, spec: RunSpec) -> Parts:
    """Every part, transformed one image at a time, as torchvision's data sets are; training images varied if asked."""
    pixels = images.images[images.split == "train"] / 255
    normalise = [transforms.ToTensor(), transforms.Normalize(pixels.mean((0, 2, 3)), pixels.std((0, 2, 3)))]
    bilinear = transforms.InterpolationMode.BILINEAR
    affine = transforms.RandomAffine(math.degrees(TURN), (SHIFT, SHIFT), (1 - SCALE, 1 + SCALE), interpolation=bilinear)
    given = [transforms.ToPILImage()]  # what torchvision's own data sets hand to their transforms
    varied = [*given, affine] if spec.augment else given
    chosen = {"train": varied, "valid": given, "test": given}
    return {split: Images(images, split, transforms.Compose(first + normalise)) for split, first in chosen.items()}


def from_tensors(images: ImageSet) -> Parts:
    """Every part as tensors, standardised beforehand."""
    return {split: TensorDataset(*standardised(images, split)) for split in ("train", "valid", "test")}


def standardised(images: ImageSet, split: str) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) float32 and labels (N,) of a part, by the training part's mean and deviation."""
    train, rows = images.images[images.split == "train"] / 255, images.split == split
    mean, std = (of(axis=(0, 2, 3), keepdims=True) for of in (train.mean, train.std))
    pixels = (images.images[rows] / 255 - mean) / std
    return torch.tensor(pixels, dtype=torch.float32), torch.tensor(images.target[rows])


def parts_of(images: ImageSet, spec: RunSpec) -> Parts:
    """Every part: tensors, or where images are to be varied, transformed one at a time."""
    return transformed(images, spec) if spec.augment else from_tensors(images)


def loaders(parts: Parts, spec: RunSpec) -> Loaders:
    """What hands out batches of each part."""
    return {split: DataLoader(part, spec.batch_size, shuffle=split == "train") for split, part in parts.items()}


def one_cycle(model: nn.Module, spec: RunSpec, batches: int) -> tuple[Optimizer, LRScheduler]:
    """costlab's own, as PyTorch writes it."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=spec.learning_rate, betas=(0.9, 0.99))
    return optimiser, torch.optim.lr_scheduler.OneCycleLR(
        optimiser, spec.learning_rate, epochs=spec.epochs, steps_per_epoch=batches, pct_start=0.25,
        anneal_strategy="linear", cycle_momentum=False,
    )  # fmt: skip


def constant_adam(model: nn.Module, spec: RunSpec, batches: int) -> tuple[Optimizer, LRScheduler]:
    """Adam as PyTorch has it when nothing is said."""
    optimiser = torch.optim.Adam(model.parameters())
    return optimiser, torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1.0)


def fit(
    data: Loaders, images: ImageSet, spec: RunSpec, recipe: Recipe = one_cycle, seen: Seen | None = None
) -> np.ndarray:
    """Train on `data`; the confusion matrix (K, K) of the test part."""
    torch.set_num_threads(spec.threads or 1)
    torch.manual_seed(spec.seed)
    model = MODELS["small_cnn"].make(shape=images.images.shape[1:], classes=len(images.classes))
    criterion = nn.CrossEntropyLoss()
    optimiser, schedule = recipe(model, spec, len(data["train"]))
    for _ in range(spec.epochs):
        model.train()
        running_loss, correct = 0.0, 0
        for inputs, target in data["train"]:
            optimiser.zero_grad()
            logits = model(inputs)
            loss = criterion(logits, target)
            loss.backward()
            optimiser.step()
            schedule.step()
            running_loss += loss.item()
            correct += (logits.argmax(dim=1) == target).sum().item()
        judged = evaluate(model, data["valid"], criterion)
        if seen is not None:
            seen(judged)
    return evaluate(model, data["test"], criterion)


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, criterion: nn.Module) -> np.ndarray:
    """The confusion matrix (K, K) of what `loader` gives."""
    model.eval()
    decided, targets, running_loss = [], [], 0.0
    for inputs, target in loader:
        logits = model(inputs)
        running_loss += criterion(logits, target).item()
        decided.extend(logits.argmax(dim=1).tolist())
        targets.extend(target.tolist())
    return confusion_matrix(targets, decided)
