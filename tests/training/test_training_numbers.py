"""What a run reports is what its logits say, counted again by other programs."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from costlab.datasets import DATASETS
from costlab.models import MODELS
from costlab.predictions import Predictions
from costlab.specs import RunSpec
from costlab.training.artifacts import save
from tests.training.runs import Trained, short_spec, trained


@pytest.fixture(scope="module")
def run() -> Trained:
    return trained(RunSpec(dataset="digits", epochs=10, seed=0))


@pytest.fixture(scope="module")
def folder(run: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "new" / "folder"
    save(path, run.prepared, run.history, run.outcome)
    return path


def counted_again(folder: Path) -> dict[str, dict]:
    """The verdict by plain loops over the two files, without costlab."""
    report = json.loads((folder / "run.json").read_text())
    costs = report["spec"]["cost"]["values"]
    file = np.load(folder / "predictions.npz", allow_pickle=False)
    confusion = {rule: [[0] * len(costs[0]) for _ in costs] for rule in ("argmax", "least_expected_cost")}
    for logits, target, split in zip(file["logits"].tolist(), file["target"].tolist(), file["split"], strict=True):
        if split != "test":
            continue
        top = max(logits)
        weights = [math.exp(z - top) for z in logits]
        expected = [sum(w * row[d] for w, row in zip(weights, costs, strict=True)) for d in range(len(costs[0]))]
        confusion["argmax"][target][logits.index(top)] += 1
        confusion["least_expected_cost"][target][expected.index(min(expected))] += 1
    numbers = {}
    for rule, counts in confusion.items():
        number = sum(map(sum, counts))
        paid = sum(n * c for row, prices in zip(counts, costs, strict=True) for n, c in zip(row, prices, strict=True))
        constants = [
            sum(sum(row) * prices[d] for row, prices in zip(counts, costs, strict=True)) for d in range(len(costs[0]))
        ]
        numbers[rule] = {
            "accuracy": sum(counts[k][k] for k in range(len(counts))) / number,
            "mean_cost": paid / number,
            "normalised_cost": paid / min(constants),
            "confusion": counts,
        }
    decision = report["spec"]["cost"]["decisions"][constants.index(min(constants))]
    numbers["best_constant"] = {"decision": decision, "mean_cost": min(constants) / number}
    return numbers


def assert_same_verdict(folder: Path) -> None:
    written = json.loads((folder / "run.json").read_text())["test"]
    for rule, numbers in counted_again(folder).items():
        assert set(written[rule]) == set(numbers)
        for name, value in numbers.items():
            assert written[rule][name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)


def test_the_written_verdict_is_what_plain_loops_count_in_the_written_logits(folder: Path) -> None:
    assert_same_verdict(folder)


def test_an_extra_decision_is_counted_in_a_column_of_its_own(tmp_path: Path) -> None:
    cost = DATASETS["digits"].module.cost().with_referral(0.05)
    run = trained(short_spec(cost=cost))
    assert np.array(run.history[-1].valid_confusion).shape == (10, 11)
    assert np.array(run.history[-1].valid_confusion)[:, 10].sum() == 0  # argmax never refers
    assert np.array(run.outcome.test.least_expected_cost.confusion)[:, 10].sum() > 0
    save(tmp_path, run.prepared, run.history, run.outcome)
    assert_same_verdict(tmp_path)


def test_confusions_are_those_of_scikit_learn_on_the_predictions(run: Trained) -> None:
    for split, confusion in (
        ("valid", run.history[-1].valid_confusion),
        ("test", run.outcome.test.argmax.confusion),
    ):
        part = run.outcome.predictions.part(split)
        assert np.array_equal(confusion, confusion_matrix(part.target, part.logits.argmax(axis=1)))


def test_the_last_epoch_says_what_the_validation_logits_say(run: Trained) -> None:
    last, part = run.history[-1], run.outcome.predictions.part("valid")
    decided, cost = part.logits.argmax(axis=1), run.prepared.spec.cost
    assert last.valid_accuracy == accuracy_score(part.target, decided)
    assert last.valid_cost == pytest.approx(
        np.mean([abs(int(t) - int(d)) for t, d in zip(part.target, decided, strict=True)])
    )
    assert last.valid_loss == pytest.approx(log_loss(part.target, part.probs()), rel=1e-5)
    cheapest = cost.expected(part.probs()).argmin(axis=1)
    assert last.valid_least_expected_cost == pytest.approx(cost.paid(part.target, cheapest).mean())


def test_every_epoch_is_reported_once_and_judged_on_the_whole_validation_part(run: Trained) -> None:
    assert [epoch.epoch for epoch in run.history] == list(range(1, 11))
    counts = np.bincount(run.outcome.predictions.part("valid").target)
    for epoch in run.history:
        assert np.array_equal(np.sum(epoch.valid_confusion, axis=1), counts)
    assert sum(epoch.seconds for epoch in run.history) <= run.outcome.seconds


def test_progress_grows_and_is_sent_at_most_five_times_a_second(run: Trained) -> None:
    fractions = [progress.fraction for progress in run.progress]
    assert fractions == sorted(fractions)
    assert len(fractions) <= 5 * run.outcome.seconds + 1


def test_predictions_name_images_by_their_place_in_the_full_data_set(run: Trained) -> None:
    images, found = DATASETS["digits"].make(), run.outcome.predictions
    place = {index: row for row, index in enumerate(images.index.tolist())}
    rows = [place[index] for index in found.index.tolist()]
    assert np.array_equal(images.target[rows], found.target)
    assert np.array_equal(images.split[rows], found.split)
    assert len(found.target) == run.prepared.sizes["valid"] + run.prepared.sizes["test"]


def test_the_written_weights_and_standardisation_give_the_written_logits(folder: Path, run: Trained) -> None:
    with safe_open(folder / "model.safetensors", "pt") as file:
        about = json.loads(file.metadata()["costlab"])
    assert about["classes"] == run.prepared.classes
    spec = RunSpec.model_validate(about["spec"])
    images, written = DATASETS[spec.dataset.name].make(), Predictions.load(folder / "predictions.npz").part("test")
    model = MODELS[spec.model.name].make(shape=images.images.shape[1:], classes=10, **spec.model.options)
    model.load_state_dict(load_file(folder / "model.safetensors"))
    rows = np.flatnonzero(images.split == "test")
    mean, std = (np.array(about[name])[:, None, None] for name in ("mean", "std"))
    pixels = torch.tensor((images.images[rows] / 255 - mean) / std, dtype=torch.float32)
    with torch.no_grad():
        logits = model.eval()(pixels).numpy()
    assert np.array_equal(images.index[rows], written.index)
    assert np.abs(logits - written.logits).max() < 1e-3


def test_ten_epochs_read_more_than_98_5_percent_of_the_digits(run: Trained) -> None:
    assert run.outcome.test.argmax.accuracy >= 0.985


def test_five_seeds_read_99_percent_of_the_digits_on_average(run: Trained) -> None:
    others = [trained(RunSpec(dataset="digits", epochs=10, seed=seed)) for seed in range(1, 5)]
    reached = [run.outcome.test.argmax.accuracy for run in [run, *others]]
    assert np.mean(reached) >= 0.99
