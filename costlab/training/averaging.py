"""The mean of the weights over the last part of a run, in the place of the last weights."""

from collections.abc import Sequence

import torch
from torch import Tensor

from costlab.training.forms import Around, Batch, Form
from costlab.training.setup import Setup


class Averaged(Around):
    """Izmailov et al. 2018, Averaging weights leads to wider optima: a form whose models end with their mean weights.

    The mean is over what the weights are after each of the last `averaging` of all steps, the statistics of batch norm
    like all others; it is kept on the device, and nobody waits for it. `form` must train the runs' own models.
    """

    def __init__(self, form: Form, runs: Sequence[Setup], steps: int):
        super().__init__(form)
        self.runs, self.steps = list(runs), steps
        self.first = steps - max(1, round(runs[0].spec.averaging * steps))  # the step before the first that counts
        self.taken = 0
        self.means = [[torch.zeros_like(tensor) for tensor in _state(run)] for run in runs]

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """As of the form within; after the last step the models have their means."""
        losses = self.form.step(images, targets, share)
        self.taken += 1
        if self.taken > self.first:
            self._add(1 / (self.taken - self.first))
        return losses

    @torch.no_grad()
    def _add(self, weight: float) -> None:
        for run, means in zip(self.runs, self.means, strict=True):
            for mean, tensor in zip(means, _state(run), strict=True):
                mean.lerp_(tensor, weight)
                if self.taken == self.steps:
                    tensor.copy_(mean)

    def keep(self, places: Sequence[int]) -> "Averaged":
        """With the means so far."""
        kept = Averaged(self.form.keep(places), [self.runs[place] for place in places], self.steps)
        kept.taken, kept.means = self.taken, [self.means[place] for place in places]
        return kept


def _state(run: Setup) -> list[Tensor]:
    return [tensor for tensor in run.model.state_dict().values() if tensor.is_floating_point()]
