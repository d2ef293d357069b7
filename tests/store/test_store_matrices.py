"""Saved cost matrices and their revisions."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from costlab.costs import CostMatrix
from costlab.errors import InvalidCosts, NotFound
from costlab.store import Store
from tests.store.examples import COST


def test_a_saved_matrix_comes_back_under_its_name(store: Store) -> None:
    saved = store.save_matrix("  Bridges ", COST, "agreed with Kim")
    assert (saved.name, saved.revision, saved.comment, saved.cost.name) == ("Bridges", 1, "agreed with Kim", "Bridges")
    assert store.matrix("Bridges") == saved
    assert store.matrices() == [saved]
    assert (saved.cost.values == COST.values).all()


def test_every_revision_is_kept_and_the_latest_is_listed(store: Store) -> None:
    for price in (1, 2, 3):
        store.save_matrix("b", COST.replaced(0, 1, price), f"price {price}")
    store.save_matrix("A", COST)
    assert [(saved.name, saved.revision) for saved in store.matrices()] == [("A", 1), ("b", 3)]
    history = store.matrix_history("b")
    assert [saved.cost.values[0, 1] for saved in history] == [3, 2, 1]
    assert [saved.comment for saved in history] == ["price 3", "price 2", "price 1"]
    assert history[0].saved >= history[1].saved >= history[2].saved


def test_saving_the_same_again_keeps_nothing_new(store: Store) -> None:
    first = store.save_matrix("a", COST, "why")
    assert store.save_matrix("a", COST) == first
    assert store.save_matrix("a", COST, "another reason").revision == 2


def test_saves_at_the_same_moment_each_get_a_revision_of_their_own(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(3)]
    gate, got = threading.Barrier(3), list[int]()

    def save(store: Store, first: int) -> None:
        gate.wait(10)
        for price in range(first, first + 10):
            got.append(store.save_matrix("a", COST.replaced(0, 1, price)).revision)

    threads = [threading.Thread(target=save, args=(store, 100 * i)) for i, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got) == list(range(1, 31))


def test_a_name_is_needed_and_has_up_to_80_characters(store: Store) -> None:
    for name in ("", "   ", "x" * 81):
        with pytest.raises(InvalidCosts, match="1 to 80 characters"):
            store.save_matrix(name, COST)
    assert store.save_matrix("x" * 80, COST).revision == 1


def test_a_deleted_matrix_is_gone_with_its_revisions(store: Store) -> None:
    store.save_matrix("a", COST)
    store.save_matrix("a", CostMatrix.zero_one("ab"))
    store.delete_matrix("a")
    assert store.matrices() == []
    for ask in (store.matrix, store.matrix_history, store.delete_matrix):
        with pytest.raises(NotFound, match="no saved matrix 'a'"):
            ask("a")


def test_a_matrix_that_can_no_longer_be_read_does_not_hide_the_others(store: Store) -> None:
    store.save_matrix("bad", COST)
    good = store.save_matrix("good", COST)
    with store.write() as connection:
        connection.execute(text("UPDATE matrices SET cost = '{' WHERE name = 'bad'"))
    assert store.matrices() == [good]
    assert store.save_matrix("bad", COST).revision == 2


def test_who_agreed_and_why_each_price_is_what_it_is_are_kept_with_every_revision(store: Store) -> None:
    first = store.save_matrix("a", COST, "talks", "Kim, Ada", {"1.0": " a recall ", "0.1": ""})
    assert (first.agreed_by, first.notes) == ("Kim, Ada", {"1.0": "a recall"})
    assert store.matrix("a") == first
    second = store.save_matrix("a", COST.replaced(1, 0, 200))
    assert (second.agreed_by, second.notes) == ("", {"1.0": "a recall"})  # the reason stays until it is changed
    assert store.save_matrix("a", second.cost, notes={"1.0": "two recalls"}).revision == 3
    assert store.save_matrix("a", second.cost, agreed_by="Kim").revision == 4
    assert store.save_matrix("a", second.cost, notes={}).revision == 5
    assert store.matrix("a", 3).notes == {"1.0": "two recalls"}
    assert store.matrix("a").notes == {}


def test_an_older_revision_is_had_by_its_number(store: Store) -> None:
    for price in (1, 2, 3):
        store.save_matrix("a", COST.replaced(0, 1, price))
    assert [store.matrix("a", number).cost.values[0, 1] for number in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(NotFound, match="'a' has no revision 4, only 1 to 3"):
        store.matrix("a", 4)


def test_notes_follow_their_cells_when_the_classes_change_their_order(store: Store) -> None:
    store.save_matrix("a", COST.with_referral(3, "ask"), notes={"1.0": "a recall", "0.2": "an hour"})
    turned = store.save_matrix("a", COST.with_referral(3, "ask").for_classes(["crack", "ok"]))
    assert turned.notes == {"0.1": "a recall", "1.2": "an hour"}


@pytest.mark.parametrize("notes", [{"2.0": "x"}, {"1": "x"}, {"1.0": 5}, {"1.0": "x" * 501}, ["x"]])
def test_a_note_must_be_a_text_at_a_cell(store: Store, notes: object) -> None:
    with pytest.raises(InvalidCosts, match=r"note"):
        store.save_matrix("a", COST, notes=notes)  # type: ignore[arg-type]
    assert store.matrices() == []
