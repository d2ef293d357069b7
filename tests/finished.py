"""Finished runs in a store, for tests of the pages that look back: trained for real, or made of given predictions."""

from pathlib import Path

import numpy as np

from costlab.costs import CostMatrix
from costlab.metrics import judge
from costlab.predictions import Predictions
from costlab.records import Epoch, Finished, Prepared
from costlab.specs import RunSpec
from costlab.store import Store
from costlab.training import Outcome, artifacts, train


def store_of(home: Path) -> Store:
    """The store of an app whose `COSTLAB_HOME` is `home`."""
    return Store(f"sqlite:///{home / 'costlab.db'}")


def trained_run(home: Path, spec: RunSpec) -> str:
    """Train `spec` here and now, and keep the run under `home` as a worker would; its id."""
    prepared, *others, outcome = train(spec)
    assert isinstance(prepared, Prepared)
    assert isinstance(outcome, Outcome)
    history = [event for event in others if isinstance(event, Epoch)]
    store = store_of(home)
    id, attempt = _claimed(store, spec)
    artifacts.save(home / "runs" / id, prepared, history, outcome)
    assert store.record(id, attempt, [prepared, *history])
    assert store.finish(id, attempt, Finished(seconds=outcome.seconds, test=outcome.test))
    return id


def given_run(home: Path, predictions: Predictions, cost: CostMatrix, spec: RunSpec | None = None) -> str:
    """A run of which only `predictions` are kept, judged by `cost`; its id."""
    spec = (spec or RunSpec(dataset="surface_defects")).model_copy(update={"cost": cost})
    store = store_of(home)
    id, attempt = _claimed(store, spec)
    sizes = {part: int((predictions.split == part).sum()) for part in ("train", "valid", "test")}
    prepared = Prepared(
        spec=spec, device="cpu", device_name="A processor", torch="2", parameters=3, classes=list(cost.classes),
        counts=[10] * len(cost.classes), sizes=sizes,
    )  # fmt: skip
    folder = home / "runs" / id
    folder.mkdir(parents=True)
    predictions.save(folder / "predictions.npz")
    test = predictions.part("test")
    assert store.record(id, attempt, [prepared])
    assert store.finish(id, attempt, Finished(seconds=1.0, test=judge(test.probs(), test.target, cost)))
    return id


def made_up(n: int, classes: tuple[str, ...], seed: int = 0, sure: float = 3.0) -> Predictions:
    """Predictions for n test images and as many to validate, of a model that is somewhat too sure of itself."""
    rng = np.random.default_rng(seed)
    target = rng.integers(len(classes), size=2 * n)
    logits = rng.normal(size=(2 * n, len(classes)))
    logits[np.arange(2 * n), target] += sure
    split = np.repeat(["valid", "test"], n)
    return Predictions((1.5 * logits).astype(np.float32), target, classes, split, np.arange(2 * n))


def _claimed(store: Store, spec: RunSpec) -> tuple[str, int]:
    store.add(spec)
    while claim := store.claim("a worker of the test"):
        if claim.spec == spec:
            return claim.id, claim.attempt
        store.requeue(claim.id, claim.attempt)
    raise AssertionError("Somebody else took the run.")
