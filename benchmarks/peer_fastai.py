"""The same training with fastai, as its own book writes it: tensors in `DataLoader`s, `fit_one_cycle`; no bar."""

from functools import partial

import numpy as np
import torch
from fastai.callback import progress, schedule  # noqa: F401  (they add `no_bar` and `fit_one_cycle` to `Learner`)
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
from fastai.metrics import AccumMetric
from fastai.optimizer import Adam
from sklearn.metrics import confusion_matrix

from benchmarks.textbook import parts_of, transformed
from costlab.datasets import ImageSet
from costlab.models import MODELS
from costlab.specs import RunSpec


def train(images: ImageSet, spec: RunSpec, parts=parts_of) -> np.ndarray:
    """The confusion matrix (K, K) of the test part."""
    torch.set_num_threads(spec.threads or 1)
    torch.manual_seed(spec.seed)
    data = parts(images, spec)
    train_data = DataLoader(data["train"], bs=spec.batch_size, shuffle=True, device=torch.device("cpu"))
    valid_data = DataLoader(data["valid"], bs=spec.batch_size, device=torch.device("cpu"))
    learner = Learner(
        DataLoaders(train_data, valid_data),
        MODELS["small_cnn"].make(shape=images.images.shape[1:], classes=len(images.classes)),
        loss_func=torch.nn.CrossEntropyLoss(),
        opt_func=partial(Adam, decouple_wd=True),
        wd=spec.weight_decay,
        metrics=AccumMetric(judged, dim_argmax=-1),
    )
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(spec.epochs, spec.learning_rate)
        logits, target = learner.get_preds(dl=DataLoader(data["test"], bs=spec.batch_size, device=torch.device("cpu")))
    return confusion_matrix(target, logits.argmax(dim=1))


def train_transformed(images: ImageSet, spec: RunSpec) -> np.ndarray:
    """As `train`, on images that a `Dataset` transforms one at a time."""
    return train(images, spec, transformed)


def judged(decided: torch.Tensor, target: torch.Tensor) -> float:
    """Accuracy, by the confusion matrix."""
    confusion = confusion_matrix(target, decided)
    return confusion.trace() / confusion.sum()
