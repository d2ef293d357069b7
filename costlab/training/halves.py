"""The form of a single run on two CPU threads: each works on one half of every batch.

What `torch.nn.DataParallel` does on several GPUs: batch norm takes the statistics of a half, and gradients are added up
before the one step of the optimiser. The loss sees the whole batch. Halves are added in the same order whatever thread
is done first, so the same run gives the same bits again.
"""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from costlab.training.forms import Apart, Batch, autocast, learning
from costlab.training.lanes import in_two
from costlab.training.setup import Setup


class Halved(Apart):
    """One run; its model has a twin with the same weights and running statistics of its own for the other half."""

    def __init__(self, run: Setup):
        super().__init__([run])
        self.run, self.optimiser = run, self.optimisers[0]
        self.models = (run.model, _twin(run.model))
        twins = dict(zip(*(model.parameters() for model in self.models), strict=True))
        self.others = [twins[parameter] for parameter in self.optimiser.flat.parameters]
        self.statistics = [[own for own in model.buffers() if own.is_floating_point()] for model in self.models]

    def step(self, images: Batch, targets: Batch, share: Tensor) -> Tensor:
        """Both halves forward; the loss of the batch; both halves backward."""
        halves = images[0].chunk(2)

        def forward(half: int) -> Tensor:
            with autocast(self.run):
                logits: Tensor = learning(self.models[half])(halves[half])
            return logits

        made = in_two(forward)
        logits = torch.cat([half.detach() for half in made]).float().requires_grad_()
        loss = self.run.loss(logits, targets[0])
        loss.backward()
        assert logits.grad is not None
        gradients = logits.grad.to(made[0].dtype).split([len(half) for half in made])
        in_two(lambda half: made[half].backward(gradients[half]))
        self.optimiser.move(self._joined(), share * self.run.spec.learning_rate)
        return loss.detach().reshape(1)

    @torch.no_grad()
    def _joined(self) -> Tensor:
        """The sum of both halves' gradients; running statistics become their mean."""
        flat = self.optimiser.flat
        gradients = flat.gradients().add_(flat.gradients(self.others))
        mine, its = self.statistics
        if mine:
            torch._foreach_lerp_(mine, its, 0.5)
            torch._foreach_copy_(its, mine)
        return gradients

    def keep(self, places: Sequence[int]) -> Apart:
        """Itself, or nobody."""
        return self if places else Apart([])


def _twin(model: nn.Module) -> nn.Module:
    """A copy whose parameters lie in the same memory."""
    twin = deepcopy(model)
    for own, same in zip(model.parameters(), twin.parameters(), strict=True):
        same.data = own.data
    return twin
