"""The whole job as a new user does it, in one go: price mistakes, train, watch, reload, cancel, read what it cost.

The real app with its real worker trains on real handwriting; nothing is prepared beforehand.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, expect
from safetensors.numpy import load_file

from costlab.home import run_folder
from costlab.store import Run, Store
from tests.browser.chart_driver import ZOOM, zoom_in
from tests.browser.grid_driver import paste_block, type_cost
from tests.browser.look import settle
from tests.browser.server import Server
from tests.worker.lab import until

LONG = 1000  # epochs: enough to be watched at one look a second and cancelled, on a quick machine too
SHORT = 12
NOISE = "0.5"  # share of wrong training labels: with it no two epochs decide alike, however long the run
MINUTE = 60_000  # milliseconds
PICTURE = "node => JSON.stringify(node._fullData[0].z.map((row) => [...row]))"


def edit_costs(page: Page, url: str) -> None:
    """Type one cost, paste a block, and go on to the Train page."""
    page.goto(f"{url}/costs?dataset=digits")
    expect(page.get_by_test_id("plot-costs-twin")).to_have_attribute("data-state", "ready", timeout=MINUTE)
    type_cost(page, 0, 1, "7")
    paste_block(page, 3, 7, [["1,5", "1/2"], ["2e1", ".5"]])
    twin = page.get_by_test_id("plot-costs-twin").element_handle()
    page.wait_for_function(
        "node => node.data?.[0]?.text?.[4]?.[7] === '20' && node.data[0].text[0][1] === '7'", arg=twin
    )
    page.get_by_role("link", name="Train with these costs").or_(
        page.get_by_role("button", name="Train with these costs")
    ).first.click()


def start_two_runs(page: Page, epochs: int) -> None:
    """Cross-entropy and one other loss, as the page offers them at first, on noisy labels; watch the first."""
    expander = page.get_by_text("Size, imbalance and noise")
    expect(expander).to_be_visible(timeout=MINUTE)  # a fresh worker first says what it can train
    expander.click()
    for label, text in (("Label noise", NOISE), ("Epochs", str(epochs))):
        field = page.get_by_label(label, exact=True)
        settle(page, 300)  # the page must not repaint between the typing and the Enter
        field.fill(text)
        field.press("Enter")
        settle(page, 300)
        expect(field).to_have_value(text)
    expect(page.locator(".st-key-train-plan")).to_contain_text("2 losses")
    page.get_by_role("button", name="Start 2 runs").click()
    page.get_by_role("link", name="Watch the first run").click()


def heat_map(page: Page) -> Locator:
    chart = page.get_by_test_id("plot-confusion")
    expect(chart).to_have_attribute("data-state", "ready", timeout=MINUTE)
    return chart


def watch_three_changes(page: Page, store: Store, id: str) -> None:
    """The same node, zoomed, shows at least three further confusion matrices while the run goes on."""
    chart = heat_map(page)
    chart.evaluate("node => { node.journey = 'the same' }")
    zoomed = zoom_in(page, chart)
    for _ in range(3):
        picture = chart.evaluate(PICTURE)
        page.wait_for_function(f"([node, old]) => ({PICTURE})(node) !== old", arg=[chart.element_handle(), picture])
    assert store.run(id).state == "running"
    assert chart.evaluate("node => node.journey") == "the same"
    assert chart.evaluate(ZOOM) == zoomed


def ended(page: Page, store: Store, id: str, seconds: int = 240) -> Run:
    """The run once it has ended; the page is left alone meanwhile."""
    for _ in range(seconds * 5):
        run = store.run(id)
        if not run.active:
            return run
        page.wait_for_timeout(200)
    raise AssertionError(f"The run did not end within {seconds} s: {run.state}, {run.fraction:.0%}")


def cancel_when_running(page: Page, url: str, store: Store, id: str) -> Run:
    page.goto(f"{url}/run?id={id}")
    heat_map(page)  # it has begun
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("This run was cancelled.")).to_be_visible()
    return ended(page, store, id, seconds=10)


def trained_again(run_json: Path, out: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """What `costlab train` makes of the same spec in a process of its own."""
    command = [sys.executable, "-m", "costlab", "train", "--spec", str(run_json), "--out", str(out)]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    return json.loads((out / "run.json").read_text()), dict(np.load(out / "predictions.npz"))


def test_a_new_user_does_the_whole_job(server: Server, page: Page, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("COSTLAB_HOME", str(server.home))
    store = Store()
    edit_costs(page, server.url)
    start_two_runs(page, LONG)
    second, first = store.runs()[:2]
    assert [first.spec.loss.name, second.spec.loss.name] == ["cross_entropy", "ce_plus_expected_cost"]
    assert first.spec.dataset.options == {"label_noise": float(NOISE)}
    assert first.spec.epochs == LONG
    assert first.spec.cost is not None
    assert first.spec.cost.values[0, 1] == 7
    assert first.spec.cost.values[3:5, 7:9].tolist() == [[1.5, 0.5], [20, 0.5]]

    watch_three_changes(page, store, first.id)
    page.reload()
    heat_map(page)
    assert f"id={first.id}" in page.url
    reported = [epoch.epoch for epoch in store.history(first.id)]  # where epochs are short, not each is
    assert reported[0] == 1
    assert reported == sorted(set(reported))
    assert cancel_when_running(page, server.url, store, second.id).state == "cancelled"
    until(lambda: store.history(first.id)[-1].epoch > reported[-1])  # both ran; the other goes on
    assert cancel_when_running(page, server.url, store, first.id).state == "cancelled"

    edit_costs(page, server.url)
    start_two_runs(page, SHORT)
    first = store.runs()[1]
    assert (first.spec.loss.name, first.spec.epochs) == ("cross_entropy", SHORT)
    assert (first.spec.dataset, first.spec.cost) == (second.spec.dataset, second.spec.cost)
    done = ended(page, store, first.id)
    assert done.state == "succeeded"
    assert done.test is not None
    expect(page.get_by_test_id("stMetric")).to_have_count(3, timeout=MINUTE)
    assert store.history(first.id)[-1].epoch == SHORT

    folder = run_folder(first.id)
    here, predicted = json.loads((folder / "run.json").read_text()), dict(np.load(folder / "predictions.npz"))
    there, repeated = trained_again(folder / "run.json", tmp_path / "again")
    assert here["test"] == there["test"] == json.loads(done.test.model_dump_json())
    for name, array in predicted.items():
        assert array.tobytes() == repeated[name].tobytes(), f"{name} differs between the app and the command line"
    weights, again = (load_file(where / "model.safetensors") for where in (folder, tmp_path / "again"))
    assert {name: array.tobytes() for name, array in weights.items()} == {n: a.tobytes() for n, a in again.items()}
    told, again = ({epoch["epoch"]: epoch for epoch in numbers["history"]} for numbers in (here, there))
    shared = told.keys() & again.keys()  # in a long run the clock says which epochs are told, never what they hold
    assert {1, SHORT} <= shared
    for number in shared:
        assert told[number] | {"seconds": 0} == again[number] | {"seconds": 0}

    page.goto(f"{server.url}/runs")
    expect(page.get_by_test_id("runs")).to_be_visible(timeout=MINUTE)
    page.goto(f"{server.url}/run?id={first.id}")
    shown = page.get_by_test_id("stMetric")
    expect(shown).to_have_count(3, timeout=MINUTE)
    paid = [done.test.best_constant.mean_cost, done.test.argmax.mean_cost, done.test.least_expected_cost.mean_cost]
    for metric, cost in zip(shown.all(), paid, strict=True):
        expect(metric).to_contain_text(f"{cost:.3g} EUR")
