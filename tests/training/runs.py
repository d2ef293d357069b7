"""Short runs for the tests of training, and what to look at in them."""

import hashlib
from dataclasses import dataclass
from typing import Any

from costlab.records import Epoch, Prepared, Progress
from costlab.specs import RunSpec
from costlab.training import Outcome, train


@dataclass
class Trained:
    """All events of a run, sorted."""

    prepared: Prepared
    progress: list[Progress]
    history: list[Epoch]
    outcome: Outcome


def short_spec(**fields: Any) -> RunSpec:
    """Two epochs on 200 digits in float32, unless said otherwise; for "auto" measures anew in each test's home."""
    standard = {"dataset": {"name": "digits", "options": {"train_size": 200}}, "epochs": 2, "precision": "float32"}
    return RunSpec(**(standard | fields))


def trained(spec: RunSpec, **arguments: Any) -> Trained:
    """The run of `spec`; the order of its events is checked on the way."""
    prepared, *others, outcome = train(spec, **arguments)
    assert isinstance(prepared, Prepared)
    assert isinstance(outcome, Outcome)
    history = [event for event in others if isinstance(event, Epoch)]
    progress = [event for event in others if isinstance(event, Progress)]
    assert len(history) + len(progress) == len(others)
    return Trained(prepared, progress, history, outcome)


def fingerprint(run: Trained) -> str:
    """A hash of every bit that a run gave: weights, logits, history without its times, verdict."""
    digest = hashlib.sha256()
    for name, weight in run.outcome.weights.items():
        digest.update(name.encode() + weight.numpy().tobytes())
    digest.update(run.outcome.predictions.logits.tobytes())
    for epoch in run.history:
        digest.update(epoch.model_dump_json(exclude={"seconds"}).encode())
    digest.update(run.outcome.test.model_dump_json().encode())
    return digest.hexdigest()
