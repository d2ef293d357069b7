"""docs/collapse.md: a tiny version of the experiment, and that its sentences follow from the figures."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from costlab.costs import CostMatrix
from costlab.losses import LOSSES
from costlab.specs import Choice
from docs.collapse import (
    BAR,
    FAR,
    LOSSES_TRIED,
    PAGE,
    PURE,
    RUNS,
    Run,
    all_runs,
    collapsed,
    page,
    section,
    sentences,
    start,
    sure,
)

GOOD = Run(
    dataset="digits",
    loss="",
    seed=0,
    constant="4",
    share=0.1,
    right=0.1,
    unused=0,
    accuracy=0.9,
    argmax=0.3,
    least_expected_cost=0.25,
)


def runs_of(**changes: dict[str, float]) -> dict[str, list[Run]]:
    """Three seeds of every loss, all good but for the changes by place among the losses: `first`, `second`."""
    found = {}
    for place, loss in enumerate(LOSSES_TRIED):
        changed = changes.get({0: "bar", 1: "pure", 2: "added"}.get(place, ""), {})
        found[loss] = [replace(GOOD, loss=loss, seed=seed, **changed) for seed in range(3)]  # type: ignore[arg-type]
    return found


def test_a_tiny_version_runs_and_writes_its_page() -> None:
    runs = list(all_runs([Choice(name="digits")], range(2), epochs=1))
    assert [(run.loss, run.seed) for run in runs] == [(loss, seed) for loss in LOSSES_TRIED for seed in (0, 1)]
    assert all(
        0 <= run.share <= 1 and 0 <= run.unused < 10 and run.right == pytest.approx(0.1, abs=0.02) for run in runs
    )
    text = page(runs)
    for loss in LOSSES_TRIED:
        two = [run.accuracy for run in runs if run.loss == loss]
        assert f"| {loss} | {100 * sum(two) / 2:.1f} % ({100 * min(two):.1f} to {100 * max(two):.1f}) |" in text


def test_the_committed_page_is_the_one_that_its_runs_give() -> None:
    runs = [Run(**run) for run in json.loads(RUNS.read_text())]
    assert page(runs) == PAGE.read_text(), "Run: python -m docs.collapse"
    assert len({run.seed for run in runs}) >= 5
    for dataset in {run.dataset for run in runs}:
        for loss in LOSSES_TRIED:
            assert len([run for run in runs if (run.dataset, run.loss) == (dataset, loss)]) >= 5


def test_a_collapse_is_told_with_its_figures_and_only_what_does_not_collapse_is_a_cure() -> None:
    told = sentences(runs_of(pure={"share": 0.95, "argmax": 1.0, "unused": 8}, added={"unused": 1}))
    assert told[0] == (
        "Trained on expected cost alone, 3 of 3 models give at least 90 % of the test images one answer, '4', the "
        "cheapest to give to all; it is right for 10.0 % of them. These models pay 1.000 (1.000 to 1.000) of what not "
        "looking costs."
    )
    assert told[1].startswith("Cured by: from cross-entropy to expected cost; guess-averse logistic.")


def test_giving_up_some_classes_is_not_called_a_collapse() -> None:
    told = sentences(runs_of(pure={"unused": 4}))
    assert "none of 3 models gives all images one answer" in told[0]
    assert "4.0 (4 to 4) of them are never the answer" in told[0]


def test_where_nothing_collapses_no_cure_is_named() -> None:
    told = sentences(runs_of())
    assert told[0] == "Trained on expected cost alone, none of 3 models collapses here."
    assert not any("Cured" in one for one in told)


def test_seeds_are_compared_in_pairs() -> None:
    by_loss = runs_of(added={"least_expected_cost": 0.2})
    by_loss["cross-entropy + expected cost"][0] = replace(
        by_loss["cross-entropy + expected cost"][0], least_expected_cost=0.3
    )
    assert any(
        one.startswith("Cross-entropy + expected cost") and "cheaper with 2 of 3 seeds, dearer with 1." in one
        for one in sentences(by_loss)
    )


def test_the_committed_runs_show_a_collapse_that_every_cure_prevents() -> None:
    runs = [Run(**run) for run in json.loads(RUNS.read_text()) if run["dataset"] == "surface_defects"]
    for loss in LOSSES_TRIED:
        found = collapsed([run for run in runs if run.loss == loss])
        assert found >= 4 if loss == PURE else found == 0  # of 5
    assert "Cured by" in section(runs)


def test_the_pull_at_the_start_is_torchs_gradient_and_strongest_at_the_best_constant_decision() -> None:
    cost = CostMatrix([[0, 1, 9], [2, 0, 3], [20, 1, 0]], "abc")
    target = torch.tensor([0, 0, 0, 1, 2])
    shares = np.bincount(target) / 5
    logits = torch.zeros(5, 3, dtype=torch.float64, requires_grad=True)
    LOSSES["expected_cost"].make(cost=cost, counts=np.bincount(target))(logits, target).backward()
    assert logits.grad is not None
    np.testing.assert_allclose(start(cost, shares), -logits.grad.sum(0), atol=1e-7)
    assert start(cost, shares).argmax() == (shares @ cost.values).argmin()


def test_the_pull_on_a_sure_model_is_torchs_gradient() -> None:
    cost = CostMatrix([[0, 1, 9], [2, 0, 3], [20, 1, 0]], "abc")
    target = torch.tensor([0, 2])
    found = []
    for name in ("expected_cost", "cross_entropy"):
        logits = torch.tensor([[0.0, FAR, 0.0]] * 2, dtype=torch.float64, requires_grad=True)
        LOSSES[name].make(cost=cost, counts=np.array([1, 1, 1]))(logits, target).backward()
        assert logits.grad is not None
        found.append(-float(logits.grad[[0, 1], target].sum()))
    np.testing.assert_allclose(sure(cost, 1), found, rtol=1e-5)
    assert found[0] < 1e-3 < found[1]
    assert BAR in LOSSES_TRIED
