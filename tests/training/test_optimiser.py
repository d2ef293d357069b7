"""All parameters are moved as one tensor: each as PyTorch's AdamW would, whatever its gradient's memory looks like."""

import pytest
import torch
from torch import nn

from costlab.errors import InvalidSpec
from costlab.training.copies import copied
from costlab.training.optimiser import AdamW, Flat


def model_of(layout: torch.memory_format) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Conv2d(3, 4, 2), nn.Flatten(), nn.Linear(4, 2)]
    return nn.Sequential(*layers).to(memory_format=layout)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("gradients", [torch.channels_last, torch.contiguous_format])
def test_each_moves_as_by_torch_whatever_the_layouts(
    layout: torch.memory_format, gradients: torch.memory_format
) -> None:
    ours, theirs = model_of(layout), model_of(layout)
    for model in (ours, theirs):
        model[2].weight.requires_grad_(False)
    frozen, strides = theirs[2].weight.clone(), [p.stride() for p in ours.parameters()]
    optimiser = AdamW(ours, weight_decay=0.1)
    assert [p.stride() for p in ours.parameters()] == strides
    trained = [p for p in theirs.parameters() if p.requires_grad]
    groups = [{"params": [p], "weight_decay": 0.1 * (p.ndim > 1)} for p in trained]
    reference = torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.99))
    for step in range(3):
        for own, its in zip(ours.parameters(), theirs.parameters(), strict=True):
            if its.requires_grad and (step != 1 or its.ndim > 1):  # one that is missing counts as zeros
                drawn = torch.randn(its.shape)
                its.grad = drawn.clone()
                own.grad = drawn.contiguous(memory_format=gradients) if drawn.ndim == 4 else drawn.clone()
            elif its.requires_grad:
                its.grad = torch.zeros_like(its)
        optimiser.step(0.01)
        reference.step()
    for own, its in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(own, its, atol=1e-6)
        assert own.grad is None
    assert torch.equal(ours[2].weight, frozen)


def test_parameters_share_one_memory_in_the_order_given_and_another_models_gradients_fit() -> None:
    model, twin = model_of(torch.channels_last), model_of(torch.contiguous_format)
    flat = Flat(list(model.parameters()))
    assert flat.values.numel() == sum(p.numel() for p in model.parameters())
    for parameter, view in zip(model.parameters(), flat.views(flat.values), strict=True):
        assert view.data_ptr() == parameter.data_ptr()
        assert torch.equal(view, parameter)
    for own, its in zip(model.parameters(), twin.parameters(), strict=True):
        own.grad = torch.randn_like(own)
        its.grad = own.grad.contiguous()
    assert torch.equal(flat.gradients(list(twin.parameters())), flat.gradients())
    assert flat.gradients().count_nonzero() == 0
    assert len(flat.views(flat.values, 2)) == 2


def test_weights_that_are_handed_out_do_not_move_with_the_model() -> None:
    model = model_of(torch.channels_last)
    optimiser = AdamW(model, weight_decay=0.1)
    state = copied(model.state_dict())
    before = {name: weight.clone() for name, weight in state.items()}
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step(0.1)
    assert all(torch.equal(state[name], weight) and weight.is_contiguous() for name, weight in before.items())
    assert not torch.equal(model.state_dict()["0.weight"], state["0.weight"])
    assert len({weight.untyped_storage().data_ptr() for weight in state.values()}) == len(state)


@pytest.mark.parametrize(
    ("layers", "said"),
    [([nn.Linear(2, 3), nn.Linear(3, 2).double()], "float32 and float64"), ([nn.Flatten()], "none to train")],
)
def test_weights_of_different_formats_or_none_are_refused_and_left_as_they_are(
    layers: list[nn.Module], said: str
) -> None:
    model = nn.Sequential(*layers)
    before = [p.dtype for p in model.parameters()]
    with pytest.raises(InvalidSpec, match=f"of one number format; this one has {said}"):
        AdamW(model, weight_decay=0.1)
    assert [p.dtype for p in model.parameters()] == before
