"""The same spec gives the same bits, whatever went on before, beside or in another process."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from costlab.costs import CostMatrix
from costlab.datasets import ImageSet
from costlab.specs import RunSpec
from costlab.training.devices import precision
from tests.training.runs import fingerprint, short_spec, trained

IN_ANOTHER_PROCESS = """
import sys
from costlab.specs import read_spec
from tests.training.runs import fingerprint, trained
print(fingerprint(trained(read_spec(sys.argv[1]))))
print(sorted({"streamlit", "plotly", "sqlalchemy", "torch._dynamo"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def reference() -> str:
    return fingerprint(trained(short_spec()))


def test_the_same_spec_gives_the_same_bits_in_this_and_in_another_process(reference: str) -> None:
    assert fingerprint(trained(short_spec())) == reference
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, short_spec().model_dump_json()]
    there, modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert there == reference
    assert modules == "[]"  # training draws nothing, keeps nothing, and does not pay for importing the compiler


def test_the_resolved_spec_gives_the_same_bits_as_the_one_that_left_choices_open() -> None:
    left_open = trained(short_spec(precision="auto"))
    resolved = left_open.prepared.spec
    assert resolved.cost is not None
    assert resolved.batch_size == 64
    assert resolved.precision in ("float32", "bfloat16")
    assert resolved.device != "auto"
    assert fingerprint(trained(RunSpec.model_validate_json(resolved.model_dump_json()))) == fingerprint(left_open)


def test_another_seed_gives_another_model(reference: str) -> None:
    assert fingerprint(trained(short_spec(seed=1))) != reference


def test_the_global_random_state_is_neither_relied_on_nor_disturbed(reference: str) -> None:
    torch.manual_seed(12345)
    np.random.seed(12345)
    before, before_numpy = torch.get_rng_state(), np.random.get_state()[1].copy()
    assert fingerprint(trained(short_spec())) == reference
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], before_numpy)


def test_dropout_draws_from_the_run_and_not_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from costlab.models import linear

    plain = linear.make
    monkeypatch.setattr(linear, "make", lambda *a, **k: torch.nn.Sequential(torch.nn.Dropout(0.5), plain(*a, **k)))
    torch.manual_seed(1)
    first = fingerprint(trained(short_spec(model="linear")))
    torch.manual_seed(2)
    assert fingerprint(trained(short_spec(model="linear"))) == first


def test_the_number_of_threads_is_the_specs_while_training_and_the_callers_afterwards() -> None:
    from costlab.training import train

    before = torch.get_num_threads()
    events = train(short_spec(threads=before + 1))
    next(events)
    assert torch.get_num_threads() == before + 1
    events.close()
    assert torch.get_num_threads() == before


def test_bfloat16_trains_on_the_cpu_and_differs_from_float32(reference: str) -> None:
    run = trained(short_spec(precision="bfloat16", epochs=4))
    assert run.prepared.spec.precision == "bfloat16"
    assert run.outcome.predictions.logits.dtype == np.float32
    assert run.history[-1].valid_accuracy > 0.5
    assert fingerprint(run) != fingerprint(trained(short_spec(precision="float32", epochs=4)))


def test_larger_images_give_the_same_bits_in_the_precision_that_auto_takes() -> None:
    random = np.random.default_rng(0)
    split = np.repeat(["train", "valid", "test"], [150, 40, 40])
    classes = ("a", "b", "c")
    images = ImageSet(
        random.integers(0, 256, (230, 3, 32, 32), dtype=np.uint8),
        random.integers(0, 3, 230),
        split,
        np.arange(230),
        classes,
        CostMatrix.zero_one(classes),
    )
    first, second = (trained(RunSpec(epochs=2), images=images) for _ in range(2))
    assert first.prepared.spec.precision == precision("auto", torch.device(first.prepared.device), (3, 32, 32))
    assert first.prepared.spec.batch_size == 64  # few images: more steps an epoch
    assert fingerprint(first) == fingerprint(second)
