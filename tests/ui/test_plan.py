"""A plan is one run for each loss and seed; its time is the sum that a person would make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.catalogue import Catalogue, DatasetEntry, DeviceEntry
from costlab.costs import CostMatrix
from costlab.errors import InvalidSpec
from costlab.records import BY_HALVES, Prepared
from costlab.seeds import read_seeds
from costlab.sharing import HALVED
from costlab.specs import Choice, RunSpec
from costlab.store import Run
from costlab.ui.plan import MAX_RUNS, Plan, train_images

ENTRY = DatasetEntry(
    name="parts", title="Parts", description="", options={"properties": {"images": {"default": 1000}}},
    classes=["a", "b"], shape=(1, 8, 8), cost=CostMatrix.zero_one("ab"), train_images=600,
)  # fmt: skip
OFFERED = Catalogue(
    losses=[], models=[], datasets=[ENTRY], devices=[DeviceEntry(name="cpu", title="CPU")],
    seconds_per_image={"small_cnn on 1x8x8": 0.001},
)  # fmt: skip


def plan(losses: int = 2, seeds: int = 3, **how: object) -> Plan:
    chosen = [Choice(name=f"loss_{i}") for i in range(losses)]
    return Plan(Choice(name="parts"), Choice(name="small_cnn"), chosen, list(range(seeds)), None, how)


def ended(seconds: float, together: int = 1, form: str = "single", **fields: object) -> Run:
    spec = RunSpec(dataset="parts", epochs=5, **fields)
    prepared = Prepared(
        spec=spec, device="cpu", device_name="", torch="", parameters=1, classes=["a", "b"], counts=[1, 1],
        sizes={"train": 600, "valid": 1, "test": 1}, together=together,
        form=form,
    )  # fmt: skip
    return Run(id="r", spec=spec, state="succeeded", attempt=1, created=0, seconds=seconds, prepared=prepared)


def test_there_is_one_run_for_each_loss_and_seed() -> None:
    specs = plan(epochs=4).specs()
    assert [(spec.loss.name, spec.seed) for spec in specs] == [
        ("loss_0", 0), ("loss_1", 0), ("loss_0", 1), ("loss_1", 1), ("loss_0", 2), ("loss_1", 2)
    ]  # fmt: skip
    assert {spec.epochs for spec in specs} == {4}


@pytest.mark.parametrize(("slots", "seconds"), [(1, 36.0), (2, 18.0), (4, 12.0), (0, 36.0)])
def test_the_time_is_images_times_epochs_times_runs_over_slots(slots: int, seconds: float) -> None:
    assert plan().seconds(OFFERED, slots) == pytest.approx(seconds)  # 600 images, 10 epochs, 1 ms, 6 runs


def test_runs_that_ended_are_believed_more_than_the_workers_timing() -> None:
    assert plan(1, 1).seconds(OFFERED, 1, [ended(4.0)]) == pytest.approx(8.0)  # 5 epochs took 4 s, so 10 take 8
    assert plan(1, 1).seconds(OFFERED, 1, [ended(4.0, device="cpu")]) == pytest.approx(6.0)  # that was elsewhere


def test_one_run_alone_is_faster_where_two_threads_share_its_batches() -> None:
    halved = OFFERED.model_copy(update={"by_halves": ["small_cnn on 1x8x8"]})
    assert plan(1, 1).seconds(halved, 2) == pytest.approx(6.0 / HALVED)  # 600 images, 10 epochs, 1 ms
    assert plan(1, 2).seconds(halved, 2) == pytest.approx(6.0)  # side by side, each on one thread
    assert plan(1, 1, threads=1).seconds(halved, 2) == pytest.approx(6.0)
    by_halves = ended(4.0, form=BY_HALVES)
    assert plan(1, 1).seconds(halved, 2, [by_halves]) == pytest.approx(8.0)  # 5 epochs took 4 s
    assert plan(1, 2).seconds(halved, 2, [by_halves]) == pytest.approx(8.0 * HALVED)


def test_of_the_runs_that_ended_the_fastest_tells_the_time_because_the_others_shared_the_machine() -> None:
    assert plan(1, 1).seconds(OFFERED, 1, [ended(9.0), ended(2.0), ended(8.0)]) == pytest.approx(4.0)


def stacking(gain: float, limit: int = 100) -> Catalogue:
    """As offered, with the measured gain of a stack of 8."""
    kind = "small_cnn on 1x8x8"
    return OFFERED.model_copy(update={"stack_gain": {kind: gain}, "stack_limit": {kind: limit}})


@pytest.mark.parametrize(
    ("gain", "limit", "slots", "seconds"),
    [
        (4.0, 100, 1, 6 * (1 + 23 / 7)),  # 8 runs take 2 times as long as one: each further one a seventh
        (4.0, 100, 2, 6 * (1 + 11 / 7)),
        (4.0, 8, 1, 3 * 6 * 2.0),
        (4.0, 8, 2, 6 * 2.0 + 6 * (1 + 3 / 7)),  # 8 and 8, then 4 and 4
        (1.05, 100, 2, 6 * 12.0),  # it does not pay, so each place trains 12, one after another
    ],
)
def test_the_time_of_a_stack_follows_from_what_8_runs_gained(
    gain: float, limit: int, slots: int, seconds: float
) -> None:
    assert plan(8, 3).seconds(stacking(gain, limit), slots) == pytest.approx(seconds)


def test_a_run_that_was_trained_beside_others_tells_the_time_of_one_alone() -> None:
    runs = [ended(8.0, together=8)]  # with a gain of 4 a stack of 8 takes twice as long as one run
    assert plan(1, 1).seconds(stacking(4.0), 1, runs) == pytest.approx(8.0)
    assert plan(8, 1).seconds(stacking(4.0), 1, runs) == pytest.approx(16.0)


@pytest.mark.parametrize(
    ("catalogue", "slots", "said"),
    [
        (stacking(4.0), 2, "24 runs, trained side by side, 12 in each of 2 places: about 15 s of training"),
        (stacking(4.0), 1, "24 runs, trained side by side, all at once: about 26 s of training"),
        (stacking(4.0, 8), 1, "24 runs, trained side by side, 8 at a time: about 36 s of training"),
        (stacking(4.0, 7), 2, "24 runs, trained side by side, 7 in each of 2 places at a time: about 21 s of training"),
        (stacking(4.0), 5, "24 runs, trained side by side, up to 5 in each of 5 places: about 9 s of training"),
        (stacking(0.8), 2, "24 runs, one after another in 2 places, because training side by side does not pay for "
                           "this model: about 72 s of training"),
        (OFFERED, 1, "24 runs, one after another: about 2 min of training"),
        (stacking(4.0), 24, "24 runs, all at once: about 6 s of training"),
    ],
)  # fmt: skip
def test_the_sentence_says_how_the_runs_are_trained_and_why(catalogue: Catalogue, slots: int, said: str) -> None:
    assert plan(8, 3).sentence(catalogue, slots) == f"8 losses × 3 seeds = {said}"


def test_what_a_stack_gains_was_measured_where_auto_trains_and_holds_nowhere_else() -> None:
    assert plan(8, 3, device="cuda:0").rounds(stacking(4.0), 1) == [[1]] * 24
    assert plan(8, 3, device="cpu").rounds(stacking(4.0), 1) == [[24]]


def test_runs_of_other_models_or_data_say_nothing_about_the_time() -> None:
    other = [ended(3.0, model="linear"), ended(3.0).model_copy(update={"state": "failed"})]
    assert plan(1, 1).seconds(OFFERED, 1, other) == pytest.approx(6.0)


def test_a_time_that_is_not_known_is_said_so() -> None:
    unknown = OFFERED.model_copy(update={"seconds_per_image": {}})
    assert plan().seconds(unknown, 1) is None
    assert plan().sentence(unknown, 1).startswith("2 losses × 3 seeds = 6 runs; how long they take is not known")


def test_the_sentence_counts_and_says_about() -> None:
    assert plan().sentence(OFFERED, 1) == "2 losses × 3 seeds = 6 runs, one after another: about 36 s of training"
    assert plan(1, 1, epochs=1).sentence(OFFERED, 1) == "1 loss × 1 seed = 1 run, a second or two of training"


@pytest.mark.parametrize(
    ("options", "images"), [({}, 600), ({"train_size": 50}, 50), ({"train_size": 9000}, 600), ({"images": 500}, 300)]
)
def test_options_that_change_the_number_of_images_change_the_time(options: dict[str, int], images: int) -> None:
    assert train_images(ENTRY, options) == images


def test_too_many_runs_or_none_are_refused() -> None:
    assert plan(0, 1).problems() == ["Choose at least one loss."]
    assert plan(6, 10).problems() == []
    assert f"start up to {MAX_RUNS} at once" in plan(7, 9).problems()[0]


def test_a_plan_that_means_nothing_is_refused_when_it_is_made() -> None:
    with pytest.raises(InvalidSpec, match="epochs"):
        plan(epochs=0).specs()


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0", [0]), ("0-4", [0, 1, 2, 3, 4]), ("0 - 2, 7", [0, 1, 2, 7]), ("3;1 2", [3, 1, 2]), ("7,7", [7])],
)
def test_seeds_are_numbers_and_ranges(text: str, seeds: list[int]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize(
    "text", ["", " , ", "x", "5-2", "-1", "1.5", "1--2", "0-5000", "99999999999", "2147483648", "²"]
)
def test_what_is_not_a_seed_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InvalidSpec, match=r"\.$"):
        read_seeds(text)


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=20, unique=True))
def test_seeds_written_one_by_one_are_read_as_they_stand(seeds: list[int]) -> None:
    assert read_seeds(", ".join(map(str, seeds))) == seeds
