"""The same training with skorch, as its own tutorial writes it, with a fixed validation part; nothing is printed."""

import numpy as np
import torch
from sklearn.metrics import confusion_matrix
from skorch import NeuralNetClassifier
from skorch.callbacks import EpochScoring, LRScheduler
from skorch.helper import predefined_split

from benchmarks.textbook import parts_of
from costlab.datasets import ImageSet
from costlab.models import MODELS
from costlab.specs import RunSpec


def train(images: ImageSet, spec: RunSpec) -> np.ndarray:
    """The confusion matrix (K, K) of the test part."""
    torch.set_num_threads(spec.threads or 1)
    torch.manual_seed(spec.seed)
    data = parts_of(images, spec)
    steps = spec.epochs * -(-len(data["train"]) // spec.batch_size)
    schedule = LRScheduler(
        torch.optim.lr_scheduler.OneCycleLR, max_lr=spec.learning_rate, total_steps=steps, pct_start=0.25,
        anneal_strategy="linear", cycle_momentum=False, step_every="batch",
    )  # fmt: skip
    net = NeuralNetClassifier(
        MODELS["small_cnn"].make(shape=images.images.shape[1:], classes=len(images.classes)),
        criterion=torch.nn.CrossEntropyLoss, optimizer=torch.optim.AdamW, optimizer__betas=(0.9, 0.99),
        optimizer__weight_decay=spec.weight_decay, lr=spec.learning_rate, max_epochs=spec.epochs,
        batch_size=spec.batch_size, iterator_train__shuffle=True, train_split=predefined_split(data["valid"]),
        callbacks=[schedule], callbacks__valid_acc=EpochScoring(judged, name="valid_acc", lower_is_better=False),
        verbose=0,
    )  # fmt: skip
    net.fit(data["train"], None)
    return confusion_matrix(images.target[images.split == "test"], net.predict(data["test"]))


def judged(net: NeuralNetClassifier, inputs, target) -> float:
    """Accuracy, by the confusion matrix; skorch keeps the predictions that it has made for the validation loss."""
    confusion = confusion_matrix(np.asarray(target), net.predict(inputs))
    return confusion.trace() / confusion.sum()
