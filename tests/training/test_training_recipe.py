"""What a run may be told beyond the usual recipe: averaged weights, several views of what is judged."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from costlab.datasets import DATASETS
from costlab.models import MODELS
from costlab.records import Prepared, RunReport
from costlab.specs import RunSpec, read_spec
from costlab.training import Outcome, loop, train_stack
from costlab.training.artifacts import save
from tests.training.runs import fingerprint, short_spec, trained

BEFORE = """{"dataset": {"name": "digits", "options": {}}, "epochs": 3, "batch_size": 64, "learning_rate": 0.01,
"weight_decay": 0.01, "augment": true, "seed": 4, "device": "cpu", "precision": "float32", "threads": 1}"""


def test_a_spec_from_before_these_options_means_what_it_meant() -> None:
    spec = read_spec(BEFORE)
    assert (spec.averaging, spec.views, spec.weight_decay) == (0.0, 1, 0.01)


def test_a_report_from_before_forms_were_recorded_is_read(tmp_path: Path) -> None:
    run = trained(short_spec(epochs=1))
    save(tmp_path, run.prepared, run.history, run.outcome)
    written = json.loads((tmp_path / "run.json").read_text())
    assert written.pop("form") == "single"
    assert RunReport.model_validate(written).form == "single"


def test_averaged_weights_are_the_mean_after_each_of_the_last_steps(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    states: list[dict[str, np.ndarray]] = []

    class Watched(loop.Averaged):
        """Notes the weights after each step of the form within, before anything is put in their place."""

        def __init__(self, form, runs, steps):  # type: ignore[no-untyped-def]
            super().__init__(form, runs, steps)
            plain = form.step

            def step(*arguments):  # type: ignore[no-untyped-def]
                losses = plain(*arguments)
                states.append({name: w.double().numpy().copy() for name, w in runs[0].model.state_dict().items()})
                return losses

            form.step = step

    monkeypatch.setattr(loop, "Averaged", Watched)
    run = trained(short_spec(averaging=0.3, batch_size=32, epochs=3))  # 21 steps
    assert len(states) == 21
    for name, weight in run.outcome.weights.items():
        if not weight.is_floating_point():
            continue
        total = np.zeros(weight.shape)
        for state in states[15:]:  # the last 6: 30 % of 21 is 6.3
            total += state[name]
        assert np.allclose(weight.numpy(), total / 6, rtol=1e-5, atol=1e-6)


def test_averaging_changes_the_end_of_a_run_and_not_its_course() -> None:
    plain, averaged = trained(short_spec(epochs=3)), trained(short_spec(epochs=3, averaging=0.3))
    assert [epoch.train_loss for epoch in plain.history] == [epoch.train_loss for epoch in averaged.history]
    assert plain.history[1].valid_loss == averaged.history[1].valid_loss
    assert plain.history[2].valid_loss != averaged.history[2].valid_loss
    assert fingerprint(averaged) == fingerprint(trained(short_spec(epochs=3, averaging=0.3)))


def test_averaged_runs_side_by_side_are_what_they_are_alone_and_are_not_one_program() -> None:
    specs = [short_spec(seed=seed, averaging=0.5) for seed in (0, 1)]
    events = list(train_stack(specs))
    forms = {event.form for _, event in events if isinstance(event, Prepared)}
    outcomes = {place: event for place, event in events if isinstance(event, Outcome)}
    assert forms == {"in turn, 2"}
    for place, spec in enumerate(specs):
        alone = trained(spec).outcome
        assert np.array_equal(outcomes[place].predictions.logits, alone.predictions.logits)
        assert all(torch.equal(outcomes[place].weights[name], own) for name, own in alone.weights.items())


def test_five_views_give_the_mean_logits_of_an_image_and_its_four_shifts(tmp_path: Path) -> None:
    plain, run = trained(short_spec()), trained(short_spec(views=5))
    assert all(torch.equal(run.outcome.weights[name], own) for name, own in plain.outcome.weights.items())
    save(tmp_path, run.prepared, run.history, run.outcome)
    model = MODELS["small_cnn"].make(shape=(1, 8, 8), classes=10)
    model.load_state_dict(load_file(tmp_path / "model.safetensors"))
    images, found = DATASETS["digits"].make(train_size=200), run.outcome.predictions.part("test")
    place = {index: row for row, index in enumerate(images.index.tolist())}
    pixels = images.images[[place[index] for index in found.index.tolist()]] / 255
    pixels = (pixels - run.outcome.mean[:, None, None]) / run.outcome.std[:, None, None]
    edged = np.pad(pixels, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    moved = [edged[:, :, top : top + 8, left : left + 8] for top, left in ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))]
    with torch.no_grad():
        logits = [model.eval()(torch.tensor(view, dtype=torch.float32)).numpy() for view in moved]
    assert np.abs(np.mean(logits, axis=0) - found.logits).max() < 1e-3


def test_how_steps_were_taken_is_recorded() -> None:
    events = list(train_stack([short_spec(seed=seed, epochs=1, model="linear") for seed in (0, 1)]))
    told = [event for _, event in events if isinstance(event, Prepared)]
    assert all(event.form in ("stacked in 2", "in turn, 2") for event in told)
    assert trained(RunSpec(dataset=short_spec().dataset, epochs=1)).prepared.form == "single"
