"""Heartbeats and the catalogue."""

from sqlalchemy import text

from costlab.catalogue import Catalogue
from costlab.store import Slot, Store
from tests.store.examples import CATALOGUE


def test_a_worker_is_known_from_its_first_heartbeat_until_it_retires(store: Store) -> None:
    store.heartbeat("w1", "host", "/home", 42, [Slot(device="cpu", state="starting")])
    store.heartbeat("w1", "host", "/home", 42, [Slot(device="cpu", state="busy", runs=["a1"])])
    (worker,) = store.workers()
    assert (worker.id, worker.host, worker.pid) == ("w1", "host", 42)
    assert worker.slots == [Slot(device="cpu", state="busy", runs=["a1"])]
    assert worker.alive
    assert 0 <= worker.silent < 5
    store.retire("w1")
    assert store.workers() == []


def test_a_worker_that_falls_silent_counts_as_lost_after_ten_seconds(store: Store) -> None:
    store.heartbeat("w1", "host", "/home", 42, [])
    for ago, alive in ((9.0, True), (10.5, False)):
        with store.write() as connection:
            connection.execute(text("UPDATE workers SET heartbeat = started - :ago"), {"ago": ago})
        (worker,) = store.workers()
        assert worker.alive is alive
        assert ago <= worker.silent < ago + 5


def test_the_latest_catalogue_replaces_the_one_before(store: Store) -> None:
    assert store.catalogue() is None
    store.publish(Catalogue(losses=[], models=[], datasets=[], devices=[]))
    store.publish(CATALOGUE)
    assert store.catalogue() == CATALOGUE


def test_a_catalogue_that_can_no_longer_be_read_counts_as_none(store: Store) -> None:
    store.publish(CATALOGUE)
    with store.write() as connection:
        connection.execute(text("UPDATE catalogue SET body = '{}'"))
    assert store.catalogue() is None
