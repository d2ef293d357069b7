"""The same training with Lightning, as its own first steps write it; logger, checkpoints and progress bar are off."""

import logging
import warnings

import lightning
import numpy as np
import torch
from torch.nn import functional as F
from torchmetrics.classification import MulticlassConfusionMatrix

from benchmarks.textbook import loaders, parts_of, transformed
from costlab.datasets import ImageSet
from costlab.models import MODELS
from costlab.specs import RunSpec

warnings.filterwarnings("ignore", module="lightning")  # that loaders have no worker processes, which would be slower
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Classifier(lightning.LightningModule):
    """What is trained, how, and how it is judged."""

    def __init__(self, images: ImageSet, spec: RunSpec):
        super().__init__()
        self.model = MODELS["small_cnn"].make(shape=images.images.shape[1:], classes=len(images.classes))
        self.spec = spec
        self.confusion = MulticlassConfusionMatrix(len(images.classes))

    def training_step(self, batch, _):
        """The loss of a batch."""
        inputs, target = batch
        loss = F.cross_entropy(self.model(inputs), target)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        """Count a batch."""
        inputs, target = batch
        logits = self.model(inputs)
        self.log("valid_loss", F.cross_entropy(logits, target))
        self.confusion.update(logits, target)

    test_step = validation_step

    def on_validation_epoch_end(self):
        """The confusion matrix of the part."""
        self.judged = self.confusion.compute().numpy()
        self.confusion.reset()

    on_test_epoch_end = on_validation_epoch_end

    def configure_optimizers(self):
        """AdamW under a one-cycle schedule."""
        rate = self.spec.learning_rate
        optimiser = torch.optim.AdamW(self.parameters(), rate, betas=(0.9, 0.99), weight_decay=self.spec.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, rate, self.trainer.estimated_stepping_batches, pct_start=0.25, anneal_strategy="linear",
            cycle_momentum=False,
        )  # fmt: skip
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def train(images: ImageSet, spec: RunSpec, precision: str = "32-true", parts=parts_of) -> np.ndarray:
    """The confusion matrix (K, K) of the test part."""
    torch.set_num_threads(spec.threads or 1)
    lightning.seed_everything(spec.seed, verbose=False)
    data = loaders(parts(images, spec), spec)
    model = Classifier(images, spec)
    trainer = lightning.Trainer(
        accelerator="cpu", max_epochs=spec.epochs, precision=precision, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(model, data["train"], data["valid"])
    trainer.test(model, data["test"], verbose=False)
    return model.judged


def train_bfloat16(images: ImageSet, spec: RunSpec) -> np.ndarray:
    """As `train`, with Lightning's mixed precision."""
    return train(images, spec, "bf16-mixed")


def train_transformed(images: ImageSet, spec: RunSpec) -> np.ndarray:
    """As `train`, on images that a `Dataset` transforms one at a time, as in Lightning's tutorials."""
    return train(images, spec, parts=transformed)
