"""The Train page without a browser: what it offers, what it refuses, and what it puts into the queue."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from costlab.catalogue import Catalogue, DatasetEntry, DeviceEntry, entry
from costlab.costs import CostMatrix
from costlab.datasets import DATASETS
from costlab.losses import LOSSES
from costlab.models import MODELS
from costlab.passports import passports
from costlab.passports import sentences as told_of
from costlab.store import Slot, Store
from costlab.ui import session
from costlab.ui.loss_form import BASELINE, grouped


def main() -> None:
    """The app with this page first, as links between pages need all of them."""
    import streamlit as st

    from costlab.ui.places import COSTS, RUN, RUNS, TRAIN

    st.navigation([st.Page(path) for path in (TRAIN, COSTS, RUN, RUNS)], position="hidden").run()


AWAY = "It has to be fetched first."


@cache
def offered() -> Catalogue:
    """What a worker would publish, with a speed that makes sums easy."""
    datasets = [
        DatasetEntry(
            **entry(plugin).model_dump(), classes=list(plugin.module.CLASSES), shape=plugin.module.SHAPE,
            cost=plugin.module.cost(), train_images=1000, missing="" if name == "digits" else AWAY,
        )
        for name, plugin in ((name, DATASETS[name]) for name in ("digits", "surface_defects"))
    ]  # fmt: skip
    return Catalogue(
        losses=[entry(plugin) for plugin in LOSSES.values()],
        models=[entry(plugin) for plugin in MODELS.values()],
        datasets=datasets,
        devices=[DeviceEntry(name="cpu", title="A processor")],
        seconds_per_image={"small_cnn on 1x8x8": 0.001},
    )


@pytest.fixture(autouse=True)
def store() -> Store:
    """A store in this test's own home, with a catalogue and one living worker."""
    session.get_store.clear()
    session.forget_snapshots()
    fresh = session.get_store()
    fresh.publish(offered())
    fresh.heartbeat("w", "here", "home", 1, [Slot(device="cpu", state="idle")])
    return fresh


def page(session_state: dict[str, Any] | None = None, **address: str) -> AppTest:
    app = AppTest.from_function(main, default_timeout=60)
    for key, value in (session_state or {}).items():
        app.session_state[key] = value
    for key, value in address.items():
        app.query_params[key] = value
    return app.run()


def sentences(app: AppTest) -> str:
    shown = [*app.warning, *app.error, *app.subheader, *app.caption, *app.markdown]
    return "\n".join(element.value.replace("\\", "").replace("\u2060", "") for element in shown)


def test_a_first_visit_offers_the_baseline_and_its_rival_on_the_digits() -> None:
    app = page()
    assert not app.exception
    assert app.selectbox(key="train-dataset").value == "digits"
    assert app.multiselect(key="train-losses").value == ["cross_entropy", "ce_plus_expected_cost"]
    assert "2 losses × 1 seed = 2 runs, one after another: about 20 s of training" in sentences(app)
    assert not app.button(key="train-start").disabled


def test_every_loss_can_be_opened_with_its_options() -> None:
    app = page()
    app.multiselect(key="train-losses").set_value(list(LOSSES)).run()
    assert not app.exception
    for name, plugin in LOSSES.items():
        for option in plugin.options.model_json_schema().get("properties", {}):
            assert f"loss-{name}-{option}" in app.session_state


def test_each_chosen_loss_shows_its_passport_in_words() -> None:
    app = page()
    app.multiselect(key="train-losses").set_value(list(LOSSES)).run()
    shown = sentences(app)
    for name in LOSSES:
        for sentence in told_of(passports()[name]):
            assert sentence in shown


def test_losses_are_offered_in_groups_by_what_they_look_at() -> None:
    groups = grouped(offered().losses)
    assert sorted(one.name for members in groups.values() for one in members) == list(LOSSES)
    names = {title: [one.name for one in members] for title, members in groups.items()}
    assert "expected_cost" in names["They look at the costs"]
    assert "weighted_cross_entropy" in names["They look at how common each class is"]
    assert "cross_entropy" in names["They look at the images alone"]
    assert "soft_f_beta" in names["They score a batch of images as a whole"]
    unmeasured = [one.model_copy(update={"passport": None}) for one in offered().losses]
    assert list(grouped(unmeasured)) == ["Not measured yet"]


def test_a_loss_without_a_passport_can_be_trained_with(store: Store) -> None:
    catalogue = offered()
    unmeasured = [one.model_copy(update={"passport": None}) for one in catalogue.losses]
    store.publish(catalogue.model_copy(update={"losses": unmeasured}))
    app = page(dataset="digits")
    assert not app.exception
    assert "made-up problems" not in sentences(app)
    app.button(key="browse-losses").click().run()
    assert not app.exception


def test_losses_ticked_in_the_list_are_chosen_when_it_closes() -> None:
    app = page()
    app.button(key="browse-losses").click().run()
    app.checkbox(key="browse-expected_cost").check().run()
    app.run()
    assert app.multiselect(key="train-losses").value == [*BASELINE, "expected_cost"]


def test_start_queues_one_run_for_each_loss_and_seed_with_what_was_asked(store: Store) -> None:
    app = page(dataset="digits")
    app.multiselect(key="train-losses").set_value(["cross_entropy", "soft_f_beta"])
    app.text_input(key="train-seeds").set_value("0-1")
    app.number_input(key="train-epochs").set_value(3)
    app.number_input(key="how-learning_rate").set_value(0.005).run()
    app.number_input(key="loss-soft_f_beta-beta").set_value(2.0)
    app.number_input(key="data-digits-train_size").set_value(200).run()
    app.button(key="train-start").click().run()
    specs = [run.spec for run in store.runs()]
    assert sorted((spec.loss.name, spec.seed) for spec in specs) == [
        ("cross_entropy", 0), ("cross_entropy", 1), ("soft_f_beta", 0), ("soft_f_beta", 1)
    ]  # fmt: skip
    assert {(spec.epochs, spec.learning_rate, spec.dataset.options["train_size"]) for spec in specs} == {
        (3, 0.005, 200)
    }
    assert {str(spec.loss.options) for spec in specs if spec.loss.name == "soft_f_beta"} == {"{'beta': 2.0}"}
    assert {spec.cost for spec in specs} == {None}
    assert "0 of 4 runs ended" in sentences(app)
    assert app.query_params["group"] == store.runs()[0].group


def test_runs_are_cancelled_one_by_one_and_all_at_once(store: Store) -> None:
    app = page(dataset="digits")
    app.text_input(key="train-seeds").set_value("0-2").run()
    app.button(key="train-start").click().run()
    first = store.runs()[0].id
    app.button(key=f"cancel-{first}").click().run()
    assert store.run(first).state == "cancelled"
    app.button(key="cancel-all").click().run()
    assert {run.state for run in store.runs()} == {"cancelled"}


def test_a_saved_matrix_of_the_address_is_trained_with(store: Store) -> None:
    store.save_matrix("mine", DATASETS["digits"].module.cost().replaced(0, 1, 50.0))
    store.save_matrix("others", CostMatrix.zero_one("ab"))
    app = page(dataset="digits", matrix="mine")
    assert app.selectbox(key="train-cost").value == "saved:mine"
    assert "saved:others" not in app.selectbox(key="train-cost").options
    app.button(key="train-start").click().run()
    assert store.runs()[0].spec.cost == store.matrix("mine").cost
    assert app.query_params["matrix"] == "mine"


def test_a_draft_of_the_costs_page_is_offered_first(store: Store) -> None:
    draft = DATASETS["digits"].module.cost().replaced(0, 1, 7.0)
    app = page({"drafts": {"digits": draft}})
    assert app.selectbox(key="train-cost").value == "draft"
    app.button(key="train-start").click().run()
    assert store.runs()[0].spec.cost == draft


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ({"dataset": "digts"}, "no data set named 'digts'"),
        ({"dataset": "digits", "matrix": "gone"}, "There is no saved matrix 'gone'"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_in_one_sentence(address: dict[str, str], sentence: str) -> None:
    app = page(**address)
    assert not app.exception
    assert sentence in sentences(app)


@pytest.mark.parametrize(
    ("seeds", "sentence"), [("x", "Seeds are whole numbers"), ("0-99", "These are 200 runs; start up to 60")]
)
def test_a_plan_that_cannot_be_started_says_why_and_has_no_start(seeds: str, sentence: str) -> None:
    app = page(dataset="digits")
    app.text_input(key="train-seeds").set_value(seeds).run()
    assert sentence in sentences(app)
    assert app.button(key="train-start").disabled


def test_a_data_set_that_is_not_here_says_so_and_offers_one_that_is() -> None:
    app = page(dataset="surface_defects")
    assert AWAY in sentences(app)
    app.button(key="take-digits").click().run()
    assert app.selectbox(key="train-dataset").value == "digits"


def test_without_a_worker_runs_can_wait_and_the_page_says_what_to_do(store: Store) -> None:
    store.retire("w")
    session.forget_snapshots()
    app = page(dataset="digits")
    assert "No worker is running, so runs wait." in sentences(app)
    assert not app.button(key="train-start").disabled


def test_before_the_first_catalogue_the_page_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COSTLAB_HOME", str(tmp_path))
    session.get_store.clear()
    session.forget_snapshots()
    app = page()
    assert not app.exception
    assert "No worker has started yet" in sentences(app)
    session.get_store().heartbeat("w", "here", "home", 1, [Slot(device="auto", state="starting")])
    session.forget_snapshots()
    assert "The worker is warming up." in sentences(app.run())
    session.get_store().publish(offered())
    assert "2 losses × 1 seed = 2 runs" in sentences(app.run())
