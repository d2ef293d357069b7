"""The page of a run, live: the test is the worker, so every update happens when it says so."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from scipy.special import softmax

from costlab.costs import CostMatrix
from costlab.metrics import judge
from costlab.predictions import Predictions
from costlab.records import Epoch, Finished, Prepared, Progress
from costlab.specs import RunSpec
from costlab.store import Claim, Store
from tests.browser.chart_driver import ZOOM, zoom_in
from tests.browser.look import OPENED
from tests.browser.server import Server

COST = CostMatrix([[0, 1, 2], [100, 0, 5], [20, 3, 0]], ["ok", "crack", "<b>stain</b>"], unit="EUR", name="parts")
expect.set_options(timeout=20_000)


@dataclass
class Work:
    """One run in the hands of the test."""

    store: Store
    claim: Claim
    epochs: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def epoch(self, total: int = 10) -> np.ndarray:
        """Report one more epoch, with a confusion matrix of its own; returns it."""
        number = next(self.epochs)
        counts = np.array([[50 + number, 3, 0], [number, 10, 1], [0, 2, 9]])
        paid = float((counts * COST.values).sum() / counts.sum())
        event = Epoch(
            epoch=number,
            seconds=0.1,
            train_loss=1 / number,
            valid_loss=1.2 / number,
            valid_accuracy=0.9,
            valid_cost=paid,
            valid_least_expected_cost=paid / 2,
            valid_confusion=counts.tolist(),
        )
        self.store.record(self.claim.id, self.claim.attempt, [event, Progress(fraction=number / total, seconds=number)])
        return counts

    def finish(self, home: Path | None = None, noise: float = 0.0) -> Predictions:
        """The run ends well, on 200 test images; with `home`, its predictions lie there. noise: how bad it is."""
        rng = np.random.default_rng(5)
        probs = rng.dirichlet([1, 1, 1], 480)
        target = np.array([rng.choice(3, p=row) for row in probs])
        logits = np.log(probs) + noise * rng.normal(size=probs.shape)
        split = np.repeat(["valid", "test"], [280, 200])
        predictions = Predictions(logits.astype(np.float32), target, COST.classes, split, np.arange(480))
        if home is not None:
            folder = home / "runs" / self.claim.id
            folder.mkdir(parents=True)
            predictions.save(folder / "predictions.npz")
        test = predictions.part("test")
        finished = Finished(seconds=2.5, test=judge(test.probs(), test.target, COST))
        self.store.finish(self.claim.id, self.claim.attempt, finished)
        return predictions


@pytest.fixture
def store(alone: Server) -> Store:
    return Store(f"sqlite:///{alone.home / 'costlab.db'}")


@pytest.fixture
def work(store: Store) -> Work:
    return begin(store)


def begin(store: Store, seed: int = 0, epochs: int = 10, loss: str = "cross_entropy") -> Work:
    """A run that has just started, held by the test."""
    store.add(RunSpec(dataset="surface_defects", loss=loss, cost=COST, epochs=epochs, seed=seed))
    return take(store)


def take(store: Store) -> Work:
    """The run that is next in the queue, started."""
    claim = store.claim("test")
    assert claim is not None
    spec = claim.spec
    prepared = Prepared(
        spec=spec,
        device="cpu",
        device_name="Test CPU",
        torch="2",
        parameters=1,
        classes=list(COST.classes),
        counts=[1, 1, 1],
        sizes={"train": 3, "valid": 80, "test": 200},
    )
    store.record(claim.id, claim.attempt, [prepared])
    return Work(store, claim)


def watch(page: Page, server: Server, work: Work, query: str = "") -> Locator:
    page.goto(f"{server.url}/run?id={work.claim.id}{query}")
    chart = page.get_by_test_id("plot-confusion")
    expect(chart).to_have_attribute("data-state", "ready")
    return chart


def shows(page: Page, chart: Locator, counts: np.ndarray) -> None:
    """Wait until the heat map holds these numbers."""
    page.wait_for_function(
        "([node, wanted]) => JSON.stringify(node._fullData[0].z.map((row) => [...row])) === wanted",
        arg=[chart.element_handle(), str(counts.tolist()).replace(" ", "")],
    )


def cell(page: Page, chart: Locator, truth: int, decision: int) -> None:
    """Click the middle of a cell, worked out from the drawing area alone."""
    area = chart.locator(".nsewdrag").bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + area["width"] * (decision + 0.5) / 3, area["y"] + area["height"] * (truth + 0.5) / 3)


def test_the_heat_map_lives_through_updates_and_the_end_with_its_zoom(alone: Server, work: Work, page: Page):
    shown = work.epoch()
    chart = watch(page, alone, work)
    shows(page, chart, shown)
    chart.evaluate("node => { node.mark = 1; document.querySelector('[data-testid=plot-curves]').mark = 1 }")
    zoomed = zoom_in(page, chart)
    for _ in range(4):
        shows(page, chart, work.epoch())
    work.finish()
    expect(page.get_by_test_id("stMetric")).to_have_count(3)
    expect(page.get_by_text("2 s of training on Test CPU")).to_be_visible()
    assert chart.evaluate("node => node.mark") == 1
    assert page.get_by_test_id("plot-curves").evaluate("node => node.mark") == 1
    assert chart.evaluate(ZOOM) == zoomed


def test_a_reload_in_the_middle_loses_nothing(alone: Server, work: Work, page: Page):
    work.epoch()
    shown = work.epoch()
    chart = watch(page, alone, work)
    shows(page, chart, shown)
    page.reload()
    chart = page.get_by_test_id("plot-confusion")
    expect(chart).to_have_attribute("data-state", "ready")
    shows(page, chart, shown)
    expect(page.get_by_text("2 of 10 epochs done")).to_have_count(0)  # no worker is alive, and the page says so
    expect(page.get_by_text("The worker has gone silent")).to_be_visible()


def test_the_five_modes_stand_in_the_address_and_show_their_shares(alone: Server, work: Work, page: Page):
    counts = work.epoch()
    chart = watch(page, alone, work)
    shares = {
        "Row %": ("row", counts / counts.sum(axis=1, keepdims=True)),
        "Column %": ("column", counts / counts.sum(axis=0, keepdims=True)),
        "Total %": ("total", counts / counts.sum()),
        "Cost share": ("cost", counts * COST.values / (counts * COST.values).sum()),
    }
    for label, (name, share) in shares.items():
        page.get_by_role("radio", name=label).or_(page.get_by_role("button", name=label)).first.click()
        page.wait_for_function(f"() => new URL(location).searchParams.get('mode') === '{name}'")
        page.wait_for_function(
            "([node, cell]) => Math.abs(node._fullData[0].z[1][0] - cell) < 1e-12",
            arg=[chart.element_handle(), float(share[1, 0])],
        )
        drawn = chart.evaluate("node => node._fullData[0].z.map((row) => [...row])")
        np.testing.assert_allclose(drawn, share, atol=1e-12)
    page.reload()
    expect(page.get_by_test_id("plot-confusion")).to_have_attribute("aria-label", re.compile("of what all"))


def test_a_click_on_a_cell_says_what_it_cost(alone: Server, work: Work, page: Page):
    counts = work.epoch()
    chart = watch(page, alone, work)
    shows(page, chart, counts)
    cell(page, chart, 1, 0)  # one crack was called ok, at 100
    share = 100 / (counts * COST.values).sum()
    expect(
        page.get_by_text(f"1 image of 'crack' was called 'ok': it cost 100 EUR, {100 * share:.0f} % of the total.")
    ).to_be_visible()
    assert chart.evaluate("node => node.layout.shapes.length") == 1
    cell(page, chart, 0, 2)
    expect(page.get_by_text("No image of 'ok' was called '<b>stain</b>'.")).to_be_visible()
    shows(page, chart, work.epoch())  # the sentence stays with the cell
    expect(page.get_by_text("No image of 'ok' was called '<b>stain</b>'.")).to_be_visible()


def test_replay_goes_back_to_an_epoch_and_forth_to_the_live_one(alone: Server, work: Work, page: Page):
    seen = [work.epoch() for _ in range(4)]
    chart = watch(page, alone, work)
    shows(page, chart, seen[3])
    page.get_by_role("slider", name="Epoch").focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    shows(page, chart, seen[1])
    page.wait_for_function("() => new URL(location).searchParams.get('epoch') === '2'")
    work.epoch()  # a newer epoch does not pull the reader away
    expect(page.get_by_test_id("plot-curves")).to_have_attribute("aria-label", re.compile("At epoch 5"))
    shows(page, chart, seen[1])
    page.get_by_role("button", name="Follow live").click()
    newest = work.epoch()
    shows(page, chart, newest)
    page.wait_for_function("() => !new URL(location).searchParams.has('epoch')")


def looked_at(page: Page, work: Work, times: int) -> list[np.ndarray]:
    """Report epochs, four a second, until the page has come to show the newest curves so many times more."""
    curves, seen = page.get_by_test_id("plot-curves"), list[np.ndarray]()
    wanted = int(curves.get_attribute("data-updates") or 0) + times
    while int(curves.get_attribute("data-updates") or 0) < wanted:
        assert len(seen) < 30
        seen.append(work.epoch(100))
        page.wait_for_timeout(250)
    return seen


def test_the_slider_follows_by_itself_and_stays_where_the_reader_puts_it(alone: Server, store: Store, page: Page):
    """Epochs come faster than the page looks; nothing but the reader's hand may leave the newest or come back to it."""
    work = begin(store, epochs=100)
    seen = [work.epoch(100) for _ in range(3)]
    chart = watch(page, alone, work)
    slider = page.get_by_role("slider", name="Epoch")
    seen += looked_at(page, work, 2)
    shows(page, chart, seen[-1])
    expect(slider).to_have_value(str(len(seen)))
    assert "epoch=" not in page.url
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        seen.append(work.epoch(100))
        page.wait_for_timeout(150)
    shows(page, chart, seen[4])
    seen += looked_at(page, work, 2)
    expect(page.get_by_text("Epoch 5 of 100")).to_be_visible()
    shows(page, chart, seen[4])
    expect(slider).to_have_value("5")
    page.reload()
    expect(chart).to_have_attribute("data-state", "ready")
    shows(page, chart, seen[4])
    slider.focus()
    page.keyboard.press("End")  # beyond what is there: the newest
    shows(page, chart, seen[-1])
    page.wait_for_function("() => !new URL(location).searchParams.has('epoch')")


def test_the_result_names_all_three_costs_and_the_test_matrices(alone: Server, work: Work, page: Page):
    work.epoch()
    work.finish()
    test = work.store.run(work.claim.id).test
    assert test is not None
    chart = watch(page, alone, work)
    values = page.get_by_test_id("stMetricValue")
    for number, mean in enumerate(
        [test.best_constant.mean_cost, test.argmax.mean_cost, test.least_expected_cost.mean_cost]
    ):
        expect(values.nth(number)).to_have_text(f"{mean:.3g} EUR")
    expect(page.get_by_text("on 200 test images")).to_be_visible()
    page.goto(f"{alone.url}/run?id={work.claim.id}&part=test-cost")
    expect(chart).to_have_attribute("data-state", "ready")
    shows(page, chart, np.array(test.least_expected_cost.confusion))


def test_every_rule_stands_beside_the_bar_with_its_interval(alone: Server, work: Work, page: Page):
    work.epoch()
    predictions = work.finish(alone.home, noise=0.5)
    test, (probs, target) = work.store.run(work.claim.id).test, probs_and_target(predictions)
    assert test is not None
    watch(page, alone, work)
    paid = [COST.values[target, d] for d in (probs.argmax(axis=1), (probs @ COST.values).argmin(axis=1))]
    saved = paid_interval(paid[0] - paid[1])
    assert saved[0] > 0
    expect(page.get_by_text("That is more than chance: ")).to_be_visible()
    assert page.get_by_text("cross-entropy is not known yet").count() == 0  # this run is cross-entropy
    page.get_by_text("Every decision rule, against the bar").click()
    rows = {row.get_by_role("cell").first.inner_text(): row for row in page.get_by_role("row").all()[1:]}
    for title, mean in (("Most probable class (argmax)", paid[0].mean()), ("Least expected cost", paid[1].mean())):
        expect(rows[title].get_by_role("cell").nth(1)).to_have_text(f"{mean:.3g}")
    expect(rows["Temperature, then least expected cost"]).to_contain_text("the bar")
    expect(rows["Most probable class (argmax)"]).to_contain_text("EUR more (")
    expect(rows[f"Always '{test.best_constant.decision}'"]).to_contain_text(f"{test.best_constant.mean_cost:.3g}")
    expect(page.get_by_text("Rules that learn were fitted on 280 validation images")).to_be_visible()


def probs_and_target(predictions: Predictions) -> tuple[np.ndarray, np.ndarray]:
    tested = predictions.split == "test"
    return softmax(predictions.logits[tested].astype(float), axis=1), predictions.target[tested]


def paid_interval(saved: np.ndarray) -> tuple[float, float]:
    """The textbook's interval, for a difference that is clear of 0 by any."""
    half = 2 * saved.std() / len(saved) ** 0.5
    return saved.mean() - half, saved.mean() + half


def test_predictions_on_another_machine_leave_the_figures_and_say_so(alone: Server, work: Work, page: Page):
    work.epoch()
    work.finish()
    watch(page, alone, work)
    expect(page.get_by_text("the predictions are not on this machine")).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(3)
    expect(page.get_by_text("Every decision rule, against the bar")).to_have_count(0)


def test_one_click_trains_cross_entropy_and_the_comparison_appears_by_itself(alone: Server, store: Store, page: Page):
    work = begin(store, seed=77, loss="expected_cost")
    work.epoch()
    work.finish(alone.home, noise=3.0)
    watch(page, alone, work)
    expect(page.get_by_text("Whether this loss beats plain cross-entropy is not known yet.")).to_be_visible()
    page.get_by_role("button", name="Train cross-entropy with the same data and seed").click()
    expect(page.get_by_text("waits in the queue; the comparison appears here")).to_be_visible()
    other = take(store)
    assert other.claim.spec == work.claim.spec.model_copy(update={"loss": other.claim.spec.loss})
    assert other.claim.spec.loss.name == "cross_entropy"
    other.epoch()
    expect(page.get_by_text("is being trained, 10 % done; the comparison appears here")).to_be_visible()
    other.finish(alone.home)
    expect(page.get_by_text("Plain cross-entropy, with the same data and seed, costs")).to_contain_text(
        re.compile(r"this run costs [\d.]+ to [\d.]+ EUR more")
    )
    page.get_by_role("button", name="See that run").click()
    page.wait_for_function(f"() => new URL(location).searchParams.get('id') === '{other.claim.id}'")
    expect(page.get_by_text("not known yet")).to_have_count(0)


def test_cancel_asks_once_and_the_page_ends_in_words(alone: Server, work: Work, page: Page):
    work.epoch()
    watch(page, alone, work)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancelling…")).to_be_disabled()
    assert work.store.run(work.claim.id).cancel_requested
    work.store.cancelled(work.claim.id, work.claim.attempt)
    expect(page.get_by_text("This run was cancelled.")).to_be_visible()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("No worker is running, so this run waits.")).to_be_visible()
    again = page.evaluate("() => new URL(location).searchParams.get('id')")
    assert again != work.claim.id
    assert work.store.run(again).spec == work.store.run(work.claim.id).spec
    work.store.cancel(again)


def test_a_failure_is_told_with_its_reason_and_last_lines(alone: Server, work: Work, page: Page):
    work.epoch()
    chart = watch(page, alone, work)
    work.store.fail(
        work.claim.id, work.claim.attempt, "The *machine* ran out of memory.", "line 1\n<script>line 2</script>"
    )
    expect(page.get_by_text("The *machine* ran out of memory.")).to_be_visible()
    page.get_by_text("The last lines it wrote").click()
    expect(page.get_by_text("<script>line 2</script>")).to_be_visible()
    expect(chart).to_be_visible()


def test_a_run_that_was_deleted_leaves_a_note(alone: Server, work: Work, page: Page):
    work.epoch()
    watch(page, alone, work)
    work.store.cancelled(work.claim.id, work.claim.attempt)
    expect(page.get_by_text("This run was cancelled.")).to_be_visible()
    work.store.delete(work.claim.id)
    page.wait_for_timeout(1000)  # a snapshot of the run serves all visitors for 0.9 s
    page.reload()
    expect(page.get_by_text("This run is not here")).to_be_visible()


def test_once_the_run_has_ended_the_page_asks_for_it_no_more(alone: Server, work: Work, page: Page):
    """The sidebar goes on asking for the worker every two seconds; the run's own timer must be gone."""
    work.epoch()
    work.finish()
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    watch(page, alone, work)
    page.wait_for_function(OPENED)  # what was on its way has arrived
    frames.clear()
    page.wait_for_timeout(4500)
    assert sum(frames) < 8000  # one update of the charts alone is more than that


@pytest.mark.parametrize("query", ["&epoch=abc&mode=nonsense&part=x", "&epoch=99999999", "&epoch=-1&mode=", "&epoch=0"])
def test_nonsense_in_the_address_is_passed_over(alone: Server, work: Work, page: Page, query: str):
    shown = [work.epoch(), work.epoch()][-1]
    shows(page, watch(page, alone, work, query), shown)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_without_an_id_the_run_that_is_under_way_is_shown(alone: Server, work: Work, page: Page):
    work.epoch()
    page.wait_for_timeout(1000)  # a snapshot of the runs serves all visitors for 0.9 s
    page.goto(f"{alone.url}/run")
    expect(page.get_by_test_id("plot-confusion")).to_have_attribute("data-state", "ready")
    newest = next(run for run in work.store.runs() if run.active)
    page.wait_for_function(f"() => new URL(location).searchParams.get('id') === '{newest.id}'")


def test_the_files_of_a_run_and_its_costs_can_be_had(alone: Server, work: Work, page: Page):
    work.epoch()
    work.finish()
    folder = alone.home / "runs" / work.claim.id
    folder.mkdir(parents=True)
    contents = {"run.json": b"{}", "predictions.npz": b"PK\x00\xff", "model.safetensors": bytes(range(256))}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    watch(page, alone, work)
    page.get_by_text("Details and downloads").click()
    for label, name in [
        ("Run (JSON)", "run.json"),
        ("Predictions (NPZ)", "predictions.npz"),
        ("Model", "model.safetensors"),
    ]:
        with page.expect_download(timeout=60_000) as started:
            page.get_by_role("button", name=label).click()
        stem, _, kind = name.partition(".")
        assert started.value.suggested_filename == f"{stem}-{work.claim.id}.{kind}"
        assert started.value.path().read_bytes() == contents[name]
    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name="Costs (CSV)").click()
    read = CostMatrix.from_csv(started.value.path().read_bytes())
    assert (read.values == COST.values).all()
    assert (read.classes, read.unit) == (COST.classes, COST.unit)
    expect(page.get_by_role("cell", name="100")).to_be_visible()  # the small table beside
