"""Many rows to a statement, and what the writing connection remembers: both must be as if they were not there."""

import asyncio
import threading

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from doorwatch.domain.access import AccessEvent
from doorwatch.store import Database, access_events, doors, moment_reading, tenants
from doorwatch.store.access_events import store_events
from doorwatch.store.engine import known
from doorwatch.store.engine.errors import ConflictError, StoreError
from doorwatch.store.engine.sql import Bulk, among, counted, json_text, keys_for, replacing
from doorwatch.store.schema.happenings import counters, member_sets
from doorwatch.store.schema.places import doors as door_rows

NOW = 1_800_000_000_000_000
COLUMNS = ("account_id", "name", "value")
NEW = Bulk(counters, COLUMNS, lambda statement: statement.on_conflict_do_nothing())
REPLACED = Bulk(counters, COLUMNS, lambda statement: replacing(statement, counters, COLUMNS))


def rows(count, value=1):
    return [("a", f"n{number:05}", value + number) for number in range(count)]


def stored(conn):
    query = select(counters.c.account_id, counters.c.name, counters.c.value).where(counters.c.account_id == "a")
    return [tuple(row) for row in conn.execute(query.order_by(counters.c.name))]


def event(name="e1", device="D1", **more):
    return AccessEvent(name, device, NOW, more.pop("event_type", "AccessGranted"), **more)


@pytest.fixture
def place(database):
    account, _, pacs = database.write_sync(lambda conn: tenants.ensure_default(conn, NOW))
    return account.account_id, pacs.pacs_id


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 127, 128, 129, 500])
def test_every_number_of_rows_is_inserted_whole_and_in_the_order_of_the_columns(database, count):
    assert database.write_sync(lambda conn: NEW.run(conn, rows(count))) == count
    assert database.read_sync(stored) == rows(count)


def test_rows_that_are_there_are_left_alone_or_replaced_as_the_statement_says(database):
    database.write_sync(lambda conn: NEW.run(conn, rows(40)))
    assert database.write_sync(lambda conn: NEW.run(conn, rows(50, value=7))) == 10
    assert database.read_sync(stored) == rows(40) + rows(50, value=7)[40:]
    assert database.write_sync(lambda conn: REPLACED.run(conn, rows(50, value=9))) == 50
    assert database.read_sync(stored) == rows(50, value=9)


def test_columns_in_another_order_than_the_tables_are_refused_before_they_can_mix_up_values():
    with pytest.raises(ValueError, match="counters must be named in the table's order"):
        Bulk(counters, ("name", "account_id", "value"), lambda statement: statement)


def test_structures_survive_as_they_were(database, place):
    labels = ("a", 'b"c', "ü%s?", "")
    database.write_sync(lambda conn: store_events(conn, *place, [event(labels=labels)], NOW))
    [found] = database.read_sync(lambda conn: access_events.get_many(conn, *place, ["e1"]))
    assert found.event.labels == labels
    assert json_text(labels) == '["a","b\\"c","ü%s?",""]'


@pytest.mark.parametrize("count", [0, 1, 3000])
def test_one_parameter_carries_any_number_of_keys(database, count):
    database.write_sync(lambda conn: NEW.run(conn, rows(count + 1)))
    names = [name for _, name, _ in rows(count)]

    def look(conn):
        query = select(counters.c.name).where(among(conn.dialect.name, counters.c.name))
        return sorted(conn.execute(query, {"keys": keys_for(conn, names)}).scalars())

    assert database.read_sync(look) == names


def test_keys_may_be_large_numbers(database):
    database.write_sync(lambda conn: NEW.run(conn, [("a", "x", 2**62 + 1)]))

    def look(conn):
        query = select(counters.c.name).where(among(conn.dialect.name, counters.c.value))
        return conn.execute(query, {"keys": keys_for(conn, [5, 2**62 + 1])}).scalars().all()

    assert database.read_sync(look) == ["x"]


def test_what_was_taken_back_is_not_believed_to_be_there(database, place):
    def fail(conn):
        store_events(conn, *place, [event(device="new", labels=("rare",))], NOW)
        raise ConflictError("no")

    with pytest.raises(ConflictError):
        database.write_sync(fail)
    database.write_sync(lambda conn: store_events(conn, *place, [event(device="new", labels=("rare",))], NOW))
    assert [door.device_id for door in database.read_sync(lambda conn: doors.list_doors(conn, place[0]))] == ["new"]
    [moment] = database.read_sync(lambda conn: moment_reading.newest(conn, place[0]))
    assert "rare" in moment.labels


async def test_what_a_savepoint_took_back_is_written_again_by_the_next_job_of_the_same_transaction(database, place):
    entered, go_on = threading.Event(), threading.Event()

    def hold(_conn):
        entered.set()
        assert go_on.wait(10)

    def half(conn):
        store_events(conn, *place, [event("half", labels=("rare",))], NOW)
        raise ConflictError("no")

    holding = asyncio.ensure_future(database.write(hold))
    await asyncio.to_thread(entered.wait, 10)
    first = asyncio.ensure_future(database.write(half))
    second = asyncio.ensure_future(
        database.write(lambda conn: store_events(conn, *place, [event("good", labels=("rare",))], NOW))
    )
    await asyncio.sleep(0)
    go_on.set()
    done = await asyncio.gather(holding, first, second, return_exceptions=True)
    assert isinstance(done[1], ConflictError)
    [moment] = await database.read(lambda conn: moment_reading.newest(conn, place[0]))
    assert (moment.event_id, "rare" in moment.labels) == ("good", True)


def test_known_rows_are_not_written_again_and_forgotten_ones_are(database, place):
    database.write_sync(lambda conn: store_events(conn, *place, [event()], NOW))

    def told(conn):
        door = conn.execute(select(door_rows.c.door_id)).scalar_one()
        sets = conn.execute(select(member_sets.c.set_id)).scalars().all()
        return [("door", place[0], door), *(("set", place[0], one) for one in sets)]

    things = database.read_sync(told)
    assert database.write_sync(lambda conn: known.unknown(conn, things)) == set()
    database.write_sync(known.forget)
    assert database.write_sync(lambda conn: known.unknown(conn, things)) == set(things)


def test_readers_and_other_databases_know_nothing(database, database_address, place):
    thing = ("door", place[0], "d")
    database.write_sync(lambda conn: known.learn(conn, [thing]))
    assert database.write_sync(lambda conn: known.unknown(conn, [thing])) == set()
    assert database.read_sync(lambda conn: known.unknown(conn, [thing])) == {thing}
    with Database.open(database_address) as other:
        assert other.write_sync(lambda conn: known.unknown(conn, [thing])) == {thing}


def test_memory_is_bounded(database, monkeypatch):
    monkeypatch.setattr(known, "MOST_KNOWN", 10)
    for number in range(30):
        database.write_sync(lambda conn, number=number: known.learn(conn, [("door", "a", number)]))
    unknown = database.write_sync(lambda conn: known.unknown(conn, [("door", "a", number) for number in range(30)]))
    assert 19 <= len(unknown) < 30


async def test_two_replicas_that_store_the_same_events_at_once_store_each_once(database, database_address, place):
    batches = [[event(f"e{n}", f"D{n % 5}") for n in range(start, start + 150)] for start in range(0, 600, 50)]
    with Database.open(database_address) as other:
        await asyncio.gather(
            *(
                replica.write(lambda conn, batch=batch: store_events(conn, *place, batch, NOW))
                for batch in batches
                for replica in (database, other)
            )
        )
    expected = len({one.event_id for batch in batches for one in batch})
    found = database.read_sync(lambda conn: moment_reading.since(conn, place[0], 0, 10_000))
    assert len(found) == len({moment.event_id for moment in found}) == expected


def test_a_prepared_statement_answers_the_same_in_a_transaction_and_outside_of_one(database):
    database.write_sync(lambda conn: NEW.run(conn, [("a", "n1", 41), ("b", "n1", 7)]))
    asked = counted("n1")
    assert database.write_sync(lambda conn: asked.number(conn, {"account": "a"})) == 41
    assert database.read_sync(lambda conn: asked.number(conn, {"account": "a"})) == 41
    assert database.write_sync(lambda conn: asked.number(conn, {"account": "nobody"})) is None


def test_what_the_driver_refuses_on_the_short_way_is_the_toolkits_error_and_leaves_nothing(database):
    broken = Bulk(counters, COLUMNS, lambda statement: statement)

    def twice(conn):
        broken.run(conn, [("a", "n1", 1), ("a", "n1", 2)])

    with pytest.raises(StoreError) as told:
        database.write_sync(twice)
    assert isinstance(told.value.__cause__, DBAPIError)
    assert database.read_sync(stored) == []
