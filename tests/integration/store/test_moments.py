"""Moments: one row each, numbered in the order of commits, so that nobody who reads on misses any."""

import threading

from doorwatch.domain.time import SECOND
from doorwatch.store import Database, moment_reading, moments
from doorwatch.store.engine.folding import fold


def health(building, number, at=None):
    building.write(
        moments.record_health,
        f"h{number}",
        f"Camera {number}",
        "gone",
        at=at or building.now + number,
        now=building.now,
        labels=("camera lost",),
        door_id=building.door,
        camera_ids=("cam",),
    )


def test_a_moment_names_its_door_cameras_and_labels(building):
    health(building, 1)
    [moment] = building.read(moment_reading.newest)
    assert (moment.moment_id, moment.kind, moment.door_name, moment.camera_ids) == (
        "health:h1",
        "health",
        "Lobby east",
        ("cam",),
    )
    assert moment.labels == ("health", "camera lost")


def test_the_newest_come_first_whatever_the_order_of_arrival(building):
    for number in (2, 3, 1):
        health(building, number)
    assert [m.title for m in building.read(moment_reading.newest, limit=2)] == ["Camera 3", "Camera 2"]


def test_reading_on_from_a_number_gives_what_came_or_changed_since(building):
    for number in (1, 2, 3):
        health(building, number)
    seen = building.read(moment_reading.last_sequence)
    health(building, 1)
    assert [m.title for m in building.read(moment_reading.since, seen)] == ["Camera 1"]
    assert building.read(moment_reading.since, building.read(moment_reading.last_sequence)) == []
    assert [m.sequence for m in building.read(moment_reading.since, 0)] == [2, 3, 4]


def test_every_account_counts_for_itself(building, stranger):
    health(building, 1)
    assert stranger.read(moment_reading.last_sequence) == 0
    health(stranger, 1)
    assert (building.read(moment_reading.last_sequence), stranger.read(moment_reading.last_sequence)) == (1, 1)


def test_a_commit_tells_whose_moments_changed(building, stranger):
    told = []
    building.db.on_change(told.append)
    health(stranger, 1)
    building.db.write_sync(lambda conn: None)
    assert told == [frozenset({stranger.account})]


def test_readers_that_follow_the_numbers_miss_nothing_that_replicas_write_at_once(building, database_address):
    """A smaller number must never appear after a larger one was read."""
    seen, stop = [], threading.Event()

    def follow():
        while True:
            finished = stop.is_set()
            found = building.read(moment_reading.since, seen[-1] if seen else 0)
            seen.extend(moment.sequence for moment in found)
            if finished and not found:
                return

    def write(replica):
        with Database.open(database_address, readers=1) as db:
            for n in range(15):
                events = [building.event(f"{replica}-{n}-{k}", building.now + n * SECOND) for k in range(3)]
                db.write_sync(lambda c, e=events: building_store(c, e))

    def building_store(conn, events):
        from doorwatch.store.access_events import store_events

        return store_events(conn, building.account, building.pacs, events, building.now)

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    reader = threading.Thread(target=follow)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert seen == list(range(1, 91))


def test_people_are_kept_once_and_remember_every_name_they_had(building):
    from sqlalchemy import select

    from doorwatch.store.schema.happenings import actors

    for number, name in enumerate([None, "J. Rivera", "J. Rivera", "Jo Rivera-Lee"]):
        building.store_events(building.event(f"e{number}", actor_id="7", actor_name=name))
    [person] = building.db.read_sync(lambda c: c.execute(select(actors)).all())
    assert (person.name, person.actor_id) == ("Jo Rivera-Lee", "7")
    assert " rivera" in person.folded
    assert " jo" in person.folded


def test_moments_can_be_asked_for_by_id(building):
    for number in (2, 1):
        health(building, number)
    found = building.read(moment_reading.get_many, ["health:h2", "nothing", "health:h1"])
    assert [m.moment_id for m in found] == ["health:h1", "health:h2"]


def test_folding_makes_spellings_equal():
    assert fold("  Zoë  O'Neill-LEE_2 ") == fold("ZOE o neill lee 2") == "zoe o neill lee 2"
    assert fold("...") == ""
    assert fold("Straße") == "strasse"
