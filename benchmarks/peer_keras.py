"""The same training with Keras 3, as its own guides write it: a `Sequential` of the same layers, `fit`; silent.

The backend is what `KERAS_BACKEND` says. Pooling comes before batch norm, as in `small_cnn`.
"""

import math

import keras
import numpy as np
from keras import layers
from sklearn.metrics import confusion_matrix

from costlab.datasets import ImageSet
from costlab.models import small_cnn
from costlab.specs import RunSpec
from costlab.training.augmentation import SCALE, SHIFT, TURN


def train(images: ImageSet, spec: RunSpec) -> np.ndarray:
    """The confusion matrix (K, K) of the test part."""
    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(spec.threads or 1)
    keras.utils.set_random_seed(spec.seed)
    parts = {split: standardised(images, split) for split in ("train", "valid", "test")}
    inputs, target = parts["train"]
    steps = spec.epochs * -(-len(target) // spec.batch_size)
    model = network(inputs.shape[1:], len(images.classes), spec.augment)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - steps // 4, warmup_target=spec.learning_rate, warmup_steps=steps // 4
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, beta_2=0.99, weight_decay=spec.weight_decay),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    judge = Judge(*parts["valid"], spec.batch_size)
    model.fit(inputs, target, spec.batch_size, spec.epochs, verbose=0, callbacks=[judge])
    decided = model.predict(parts["test"][0], spec.batch_size, verbose=0).argmax(axis=1)
    return confusion_matrix(parts["test"][1], decided)


def standardised(images: ImageSet, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W, C) float32 and labels (N,) of a part, by the training part's mean and deviation."""
    train, rows = images.images[images.split == "train"], images.split == split
    mean, std = (of(axis=(0, 2, 3), keepdims=True) for of in (train.mean, train.std))
    return ((images.images[rows] - mean) / std).astype(np.float32).transpose(0, 2, 3, 1), images.target[rows]


def network(shape: tuple[int, int, int], classes: int, augment: bool) -> keras.Model:
    """`small_cnn` for images of `shape` (H, W, C); Keras varies images in layers of the model."""
    varied = [
        layers.RandomTranslation(SHIFT, SHIFT, "nearest"),
        layers.RandomRotation(TURN / (2 * math.pi), "nearest"),
        layers.RandomZoom(SCALE, fill_mode="nearest"),
    ]
    large = min(shape[:2]) >= small_cnn.LARGE
    first, second, third = small_cnn.CHANNELS
    return keras.Sequential(
        [
            keras.Input(shape),
            *(varied if augment else []),
            *layer(first, size=5 if large else 3, stride=2 if large else 1),
            *layer(second, pool=True),
            *(layer(third, pool=True) if large else layer(third, stride=2)),
            layers.Flatten(),
            layers.Dense(classes),
        ]
    )


def layer(channels: int, size: int = 3, stride: int = 1, pool: bool = False) -> list[keras.Layer]:
    """A layer as in `small_cnn`."""
    return [
        layers.Conv2D(channels, size, strides=stride, padding="same", use_bias=False),
        *([layers.MaxPooling2D(2)] if pool else []),
        layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        layers.ReLU(),
    ]


class Judge(keras.callbacks.Callback):
    """The confusion matrix of the validation part after each epoch."""

    def __init__(self, inputs: np.ndarray, target: np.ndarray, batch_size: int):
        super().__init__()
        self.inputs, self.target, self.batch_size = inputs, target, batch_size

    def on_epoch_end(self, epoch, logs=None):
        """As Keras calls it."""
        decided = self.model.predict(self.inputs, self.batch_size, verbose=0).argmax(axis=1)
        confusion_matrix(self.target, decided)
