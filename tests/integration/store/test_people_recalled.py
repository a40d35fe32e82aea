"""Who comes again and again is recalled, not asked for; and what is recalled of people is never out of date."""

import pytest
from sqlalchemy import select

from doorwatch.store import Database, access_events, actors
from doorwatch.store.schema.happenings import actors as people


def named(building):
    """The names that are stored."""
    return building.db.read_sync(lambda conn: sorted(conn.execute(select(people.c.name)).scalars()))


def visit(building, number, name, actor_id="7"):
    return building.event(f"e{number}", building.now + number, actor_id=actor_id, actor_name=name)


def test_a_new_name_of_somebody_who_is_recalled_is_learned(building):
    for number, name in enumerate(["Ana", "Ana", "Ana Rivera", None, "Ana Rivera"]):
        building.store_events(visit(building, number, name))
    assert named(building) == ["Ana Rivera"]


def test_a_person_whose_first_event_was_taken_back_is_written_with_the_next_one(building):
    building.store_events(visit(building, 0, "Bo", actor_id="8"))

    def store_and_fail(conn):
        access_events.store_events(conn, building.account, building.pacs, [visit(building, 1, "Ana")], building.now)
        raise ValueError("taken back")

    with pytest.raises(ValueError, match="taken back"):
        building.db.write_sync(store_and_fail)
    building.store_events(visit(building, 2, "Ana"))
    assert named(building) == ["Ana", "Bo"]


def test_what_another_process_learns_or_removes_is_seen(building, database_address):
    building.store_events(visit(building, 0, "Ana"))
    building.store_events(visit(building, 1, "Ana"))
    with Database.open(database_address, readers=1) as other:
        other.write_sync(lambda conn: conn.execute(people.update().values(name="Somebody")))
    building.store_events(visit(building, 2, "Ana"))
    assert named(building) == ["Ana"]
    with Database.open(database_address, readers=1) as other:
        other.write_sync(lambda conn: conn.execute(people.delete()))
    building.store_events(visit(building, 3, "Ana"))
    assert named(building) == ["Ana"]


def test_people_are_recalled_up_to_a_number(building, monkeypatch):
    monkeypatch.setattr(actors, "MOST_RECALLED", 2)
    for number in range(12):
        building.store_events(visit(building, number, f"P{number % 4}", actor_id=str(number % 4)))
    assert named(building) == ["P0", "P1", "P2", "P3"]
