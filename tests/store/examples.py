"""Small records to put into a store."""

from math import inf

import numpy as np

from costlab.catalogue import Catalogue, DatasetEntry, DeviceEntry, Entry
from costlab.costs import CostMatrix
from costlab.records import ConstantResult, Epoch, Finished, Prepared, Progress, RuleResult, TestResult
from costlab.specs import RunSpec
from costlab.store import Store

COST = CostMatrix(np.array([[0, 1], [100, 0]]), ("ok", "crack"), unit="EUR")
SPEC = RunSpec(dataset="surface_defects", loss="expected_cost", cost=COST, seed=7)
RULE = RuleResult(accuracy=0.98, mean_cost=2.0, normalised_cost=inf, confusion=[[98, 0], [2, 0]])
FINISHED = Finished(
    seconds=1.5,
    test=TestResult(
        argmax=RULE, least_expected_cost=RULE, best_constant=ConstantResult(decision="crack", mean_cost=0.98)
    ),
)
CATALOGUE = Catalogue(
    losses=[Entry(name="cross_entropy", title="Cross-entropy", description="The baseline.", options={})],
    models=[],
    datasets=[
        DatasetEntry(
            name="cracks", title="Cracks", description="", options={}, classes=["ok", "crack"], shape=(1, 8, 8),
            cost=COST, missing="It was not downloaded yet.", train_images=10,
        )
    ],
    devices=[DeviceEntry(name="cpu", title="A processor")],
)  # fmt: skip


def prepared(spec: RunSpec = SPEC) -> Prepared:
    """What a run says when it begins."""
    return Prepared(
        spec=spec, device="cpu", device_name="A processor", torch="2", parameters=3, classes=["ok", "crack"],
        counts=[5, 5], sizes={"train": 10, "valid": 2, "test": 2},
    )  # fmt: skip


def epoch(number: int, valid_cost: float = 0.5, train_loss: float = 1.0) -> Epoch:
    """An epoch whose confusion matrix carries its number."""
    return Epoch(
        epoch=number, seconds=0.1, train_loss=train_loss, valid_loss=2.0, valid_accuracy=0.75, valid_cost=valid_cost,
        valid_least_expected_cost=0.25, valid_confusion=[[number, 0], [3, 70_000]],
    )  # fmt: skip


def running(store: Store, worker: str = "w1") -> tuple[str, int]:
    """The id and attempt of a fresh run that `worker` holds and has begun."""
    store.add(SPEC)
    claim = store.claim(worker)
    assert claim is not None
    assert store.record(claim.id, claim.attempt, [prepared(), Progress(fraction=0.0, seconds=0.0)])
    return claim.id, claim.attempt
