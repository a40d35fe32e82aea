"""Access events in the store: once each, learning, with moments and dirty marks."""

from dataclasses import replace

import pytest

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.incident import GrantOutcome
from doorwatch.domain.time import HOUR, SECOND
from doorwatch.store import access_events, cameras, configuration, dirty, doors, moment_reading, outcomes, tenants
from doorwatch.store.access_events import store_events
from doorwatch.store.outcomes import Outcomes

NOW = 1_800_000_000 * SECOND


def grant(event_id="e1", at=NOW, **more):
    return AccessEvent(event_id, more.pop("device_id", "D1"), at, more.pop("event_type", "AccessGranted"), **more)


@pytest.fixture
def place(database):
    def make(conn):
        account, _, pacs = tenants.ensure_default(conn, NOW)
        return account.account_id, pacs.pacs_id

    return database.write_sync(make)


def watch_door(database, place):
    """Have a camera see the door, and nothing to be judged there."""
    account, pacs = place

    def fill(conn):
        door = doors.ensure_known(conn, account, pacs, ["D1"], NOW)["D1"]
        cameras.add_camera(conn, account, name="one", url="rtsp://h/1", now=NOW, camera_id="one")
        configuration.set_mapping(conn, account, door, ["one"], NOW, since=NOW - HOUR)
        for taken in dirty.take(conn, NOW, worker="w"):
            dirty.finish(conn, taken)

    database.write_sync(fill)


def test_an_event_is_new_once_however_often_it_comes(database, place):
    first = database.write_sync(lambda c: store_events(c, *place, [grant()], NOW))
    again = database.write_sync(lambda c: store_events(c, *place, [grant(), grant()], NOW + 1))
    assert first.new == ("e1",)
    assert (again.new, again.updated, again.duplicates) == ((), (), 2)
    assert database.read_sync(lambda c: moment_reading.count(c, place[0])) == 1


def test_copies_in_one_batch_are_one_event_with_all_that_they_know(database, place):
    batch = [grant(labels=("vip",)), grant(actor_name="J. Rivera", labels=("gate",))]
    stored = database.write_sync(lambda c: store_events(c, *place, batch, NOW))
    assert (stored.new, stored.duplicates) == (("e1",), 1)
    event = database.read_sync(lambda c: access_events.get_many(c, *place, ["e1"]))[0].event
    assert event == grant(actor_name="J. Rivera", labels=("vip", "gate"))


def test_a_later_copy_fills_in_what_was_missing_and_changes_nothing_else(database, place):
    database.write_sync(lambda c: store_events(c, *place, [grant(actor_id="7")], NOW))
    more = grant(at=NOW + 5, actor_id="8", actor_name="J. Rivera", side=Direction.IN, source="report")
    stored = database.write_sync(lambda c: store_events(c, *place, [more], NOW + 1))
    assert stored.updated == ("e1",)
    event = database.read_sync(lambda c: access_events.get_many(c, *place, ["e1"]))[0].event
    assert event == grant(actor_id="7", actor_name="J. Rivera", side=Direction.IN, source="report")


def test_learning_changes_the_moment_under_a_new_number_and_keeps_its_arrival(database, place):
    database.write_sync(lambda c: store_events(c, *place, [grant()], NOW))
    before = database.read_sync(lambda c: moment_reading.newest(c, place[0]))[0]
    database.write_sync(lambda c: store_events(c, *place, [grant(actor_name="J. Rivera")], NOW + HOUR))
    after = database.read_sync(lambda c: moment_reading.newest(c, place[0]))[0]
    assert after.sequence > before.sequence
    assert after == replace(
        before,
        sequence=after.sequence,
        actor_name="J. Rivera",
        labels=(*before.labels, "j. rivera", "j.", "rivera"),
    )


def test_a_moment_carries_labels_and_the_cameras_that_were_mapped_then(database, place):
    def fill(conn):
        account, pacs = place
        door = doors.ensure_known(conn, account, pacs, ["D1"], NOW)["D1"]
        for name in ("one", "two"):
            cameras.add_camera(conn, account, name=name, url="rtsp://x", now=NOW, camera_id=name)
        configuration.set_mapping(conn, account, door, ["one"], NOW, since=NOW - HOUR)
        configuration.set_mapping(conn, account, door, ["two"], NOW)
        store_events(
            conn, account, pacs, [grant("old", NOW - 1), grant("new", NOW), grant("first", NOW - 9 * HOUR)], NOW
        )

    database.write_sync(fill)
    found = {m.event_id: m for m in database.read_sync(lambda c: moment_reading.newest(c, place[0]))}
    assert {key: m.camera_ids for key, m in found.items()} == {"old": ("one",), "new": ("two",), "first": ("one",)}
    assert "access granted" in found["new"].labels
    assert found["new"].title == "Access granted"


def test_the_same_event_id_at_another_access_control_system_is_another_event(database, place):
    account, pacs = place

    def fill(conn):
        site = tenants.list_sites(conn, account)[0]
        other = tenants.create_pacs(conn, account, site.site_id, "Other", NOW).pacs_id
        return store_events(conn, account, pacs, [grant()], NOW), store_events(conn, account, other, [grant()], NOW)

    one, two = database.write_sync(fill)
    assert one.new == two.new == ("e1",)
    assert one.doors["D1"] != two.doors["D1"]


def test_no_account_sees_or_touches_the_events_of_another(database, place):
    def fill(conn):
        other = tenants.create_account(conn, "Other", NOW).account_id
        site = tenants.create_site(conn, other, "There")
        pacs = tenants.create_pacs(conn, other, site.site_id, "Other", NOW).pacs_id
        store_events(conn, *place, [grant(actor_name="Mine")], NOW)
        store_events(conn, other, pacs, [grant(actor_name="Theirs")], NOW)
        return other, pacs

    other, pacs = database.write_sync(fill)
    mine = database.read_sync(lambda c: moment_reading.newest(c, place[0]))
    theirs = database.read_sync(lambda c: moment_reading.newest(c, other))
    assert [m.actor_name for m in mine] == ["Mine"]
    assert [m.actor_name for m in theirs] == ["Theirs"]
    assert not database.read_sync(lambda c: access_events.get_many(c, place[0], pacs, ["e1"]))


def test_only_types_that_the_rule_reads_make_a_door_dirty(database, place):
    watch_door(database, place)
    stored = database.write_sync(lambda c: store_events(c, *place, [grant(event_type="DoorTamper")], NOW))
    assert stored.new
    assert database.read_sync(dirty.count) == 0
    batch = [grant("g1", NOW - 5), grant("g2", NOW + 3), grant("g3", NOW, event_type="Door_Tamper")]
    database.write_sync(lambda c: store_events(c, *place, batch, NOW))
    [door] = database.write_sync(lambda c: dirty.take(c, NOW, worker="w"))
    assert (door.changed_from, door.changed_to) == (NOW - 5, NOW + 3)


def test_a_duplicate_makes_no_door_dirty(database, place):
    watch_door(database, place)
    database.write_sync(lambda c: store_events(c, *place, [grant()], NOW))
    [door] = database.write_sync(lambda c: dirty.take(c, NOW, worker="w"))
    database.write_sync(lambda c: dirty.finish(c, door))
    database.write_sync(lambda c: store_events(c, *place, [grant()], NOW))
    assert database.read_sync(dirty.count) == 0


def test_a_grant_keeps_what_the_rule_made_of_it_and_shows_it(database, place):
    database.write_sync(lambda c: store_events(c, *place, [grant()], NOW))
    account, pacs = place
    found = Outcomes(grants=((pacs, "e1", GrantOutcome.NO_ENTRY),))
    database.write_sync(lambda c: outcomes.keep(c, account, [found]))
    assert database.read_sync(lambda c: moment_reading.newest(c, place[0]))[0].outcome == "granted, no entry"
    assert database.read_sync(lambda c: access_events.get_many(c, *place, ["e1"]))[0].outcome == "granted, no entry"


def test_a_grant_that_no_camera_saw_is_labelled_so_until_it_was_seen(database, place):
    account, pacs = place
    database.write_sync(lambda c: store_events(c, *place, [grant(actor_name=None)], NOW))

    def labels_after(outcome):
        found = Outcomes(grants=((pacs, "e1", outcome),))
        database.write_sync(lambda c: outcomes.keep(c, account, [found]))
        return database.read_sync(lambda c: moment_reading.newest(c, account))[0].labels

    assert "not observable" in labels_after(GrantOutcome.NOT_OBSERVABLE)
    assert "access granted" in labels_after(GrantOutcome.NOT_OBSERVABLE)
    database.write_sync(lambda c: store_events(c, *place, [grant(actor_name="Ana Rivera")], NOW))
    known = database.read_sync(lambda c: moment_reading.newest(c, account))[0]
    assert {"not observable", "ana rivera"} <= set(known.labels)
    assert "not observable" not in labels_after(GrantOutcome.NO_ENTRY)


def test_a_large_batch_with_repetitions_is_stored_whole(database, place):
    batch = [grant(f"e{n % 1500}", NOW + n % 1500, device_id=f"D{n % 7}") for n in range(3000)]
    stored = database.write_sync(lambda c: store_events(c, *place, batch, NOW))
    assert (len(stored.new), stored.duplicates) == (1500, 1500)
    assert database.read_sync(lambda c: moment_reading.count(c, place[0])) == 1500
    assert len(database.read_sync(lambda c: doors.list_doors(c, place[0]))) == 7


def test_an_empty_batch_stores_nothing(database, place):
    assert database.write_sync(lambda c: store_events(c, *place, [], NOW)).new == ()
