"""`submit`, `runs`, `show` and `cancel`."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from costlab.__main__ import app
from costlab.commands.submit import _watch
from costlab.errors import InvalidSpec, NotFound, UnknownName
from costlab.specs import RunSpec, make_spec, stack_key
from costlab.store import Slot, Store
from tests.store.examples import FINISHED, SPEC, epoch, prepared
from tests.worker.lab import until, working


def say(*words: str) -> str:
    """What `costlab words` prints to standard output."""
    result = CliRunner().invoke(app, list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def read_json(text: str) -> Any:
    """As a strict reader reads it: NaN and Infinity are no JSON."""
    return json.loads(text, parse_constant=pytest.fail)


def finished(store: Store) -> str:
    """A run that went well."""
    id = store.add(SPEC)
    claim = store.claim("w1")
    assert claim is not None
    store.record(id, claim.attempt, [prepared(), epoch(1), epoch(2)])
    store.finish(id, claim.attempt, FINISHED)
    return id


def test_submit_queues_what_its_options_say_and_prints_the_id(tmp_path: Path) -> None:
    (tmp_path / "costs.json").write_text(SPEC.cost.to_json() if SPEC.cost else "")
    words = ["--dataset", "surface_defects", "--loss", "soft_f_beta", "--set", "loss.beta=2", "--epochs", "3"]
    id = say("submit", *words, "--seed", "5", "--cost", str(tmp_path / "costs.json")).strip()
    spec = Store().run(id).spec
    assert spec == make_spec(
        dataset="surface_defects",
        loss={"name": "soft_f_beta", "options": {"beta": 2}},
        epochs=3,
        seed=5,
        cost=SPEC.cost,
    )


def test_submit_queues_a_run_for_each_loss_and_seed_that_may_train_side_by_side() -> None:
    ids = say("submit", "--loss", "focal", "--loss", "expected_cost", "--seed", "0-1", "--epochs", "3").split()
    runs = [Store().run(id) for id in ids]
    assert [(run.spec.loss.name, run.spec.seed) for run in runs] == [
        ("focal", 0), ("expected_cost", 0), ("focal", 1), ("expected_cost", 1)
    ]  # fmt: skip
    assert len({run.group for run in runs}) == 1
    assert len({stack_key(run.spec) for run in runs}) == 1


def test_an_option_of_one_loss_is_refused_beside_another() -> None:
    with pytest.raises(InvalidSpec, match="several losses"):
        say("submit", "--loss", "focal", "--loss", "expected_cost", "--set", "loss.gamma=3")
    assert Store().runs() == []


def test_submit_takes_a_spec_from_a_file(tmp_path: Path) -> None:
    spec = RunSpec(loss="expected_cost", seed=9, epochs=4)
    (tmp_path / "spec.json").write_text(spec.model_dump_json())
    assert Store().run(say("submit", "--spec", str(tmp_path / "spec.json")).strip()).spec == spec


def test_submit_tells_when_nobody_will_train_the_run() -> None:
    runner = CliRunner()
    assert "No worker is running yet" in runner.invoke(app, ["submit"]).stderr
    Store().heartbeat("w1", "host", "/home", 1, [Slot(device="cpu", state="idle")])
    assert "No worker" not in runner.invoke(app, ["submit"]).stderr


def test_submit_refuses_a_mistyped_name_before_anything_is_queued() -> None:
    with pytest.raises(UnknownName, match="did you mean 'cross_entropy'"):
        say("submit", "--loss", "crossentropy")
    assert Store().runs() == []


def test_runs_lists_the_newest_first_with_what_both_rules_paid() -> None:
    assert "no runs yet" in say("runs")
    store = Store()
    done, waiting = finished(store), store.add(SPEC)
    lines = say("runs").splitlines()
    assert lines[0].endswith("cost, most probable  cost, least expected")
    assert lines[1].startswith(f"{waiting}  queued     expected_cost on surface_defects, seed 7")
    assert lines[2].startswith(f"{done}  succeeded")
    assert lines[2].endswith("2 EUR                2 EUR")
    assert len(say("runs", "--limit", "1").splitlines()) == 2


def test_runs_speaks_json_to_programs() -> None:
    store = Store()
    id = finished(store)
    (run,) = read_json(say("runs", "--json"))
    assert (run["id"], run["state"], run["spec"]["loss"]["name"]) == (id, "succeeded", "expected_cost")


def test_show_says_how_a_run_went() -> None:
    store = Store()
    told = say("show", finished(store))
    for words in (
        "expected_cost on surface_defects, seed 7",
        "succeeded after 1.5 s",
        "always 'crack'",
        "epoch 2 of 10",
    ):
        assert words in told


def test_show_says_why_a_run_failed() -> None:
    store = Store()
    id = store.add(SPEC)
    claim = store.claim("w1")
    assert claim is not None
    store.fail(id, claim.attempt, "The disk is full.", "line before\nlast line\n")
    told = say("show", id)
    assert "failed: The disk is full." in told
    assert "last line" in told


def test_show_gives_the_whole_history_as_json() -> None:
    store = Store()
    run = read_json(say("show", finished(store), "--json"))
    assert [entry["epoch"] for entry in run["history"]] == [1, 2]
    assert run["test"]["argmax"]["normalised_cost"] == "Infinity"


def test_cancel_ends_a_waiting_run_asks_a_held_one_and_leaves_an_ended_one() -> None:
    store = Store()
    done, held = finished(store), store.add(SPEC)
    store.claim("w1")
    waiting = store.add(SPEC)
    told = say("cancel", waiting, held, done).splitlines()
    assert told == [f"{waiting} is cancelled.", f"{held} was asked to stop.", f"{done} had already ended: succeeded."]
    assert [store.run(id).state for id in (waiting, held, done)] == ["cancelled", "starting", "succeeded"]
    assert store.run(held).cancel_requested


@pytest.mark.parametrize("words", [["show", "nobody"], ["cancel", "nobody"]])
def test_an_unknown_run_is_refused(words: list[str]) -> None:
    with pytest.raises(NotFound, match="no run 'nobody'"):
        say(*words)


@pytest.mark.process
def test_waiting_for_a_run_shows_its_epochs_and_ends_as_the_run_does(
    costlab_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with working(costlab_home) as lab:
        assert _watch(lab.store, lab.submit("quick", epochs=3)) == 0
        shown = capsys.readouterr()
        assert "epoch 3 of 3" in shown.err
        assert "succeeded" in shown.out
        assert _watch(lab.store, lab.submit("refuse")) == 1
        assert "failed: The data set is on holiday." in capsys.readouterr().out
        run = lab.in_training("endless")
        threading.Timer(0.3, lab.store.cancel, (run.id,)).start()
        assert _watch(lab.store, run.id) == 130
        until(lab.idle)
