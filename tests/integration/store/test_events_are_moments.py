"""An installation whose events were written twice goes on with all of them, each once."""

import json
import shutil
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.time import SECOND
from doorwatch.search import find, load_vocabulary, parse
from doorwatch.store import Database, access_events, doors, moment_reading
from doorwatch.store.access_events import store_events
from doorwatch.store.engine import engines, migrate
from doorwatch.store.engine.identity import door_id_for, hash_of

NOW = 1_800_000_000 * SECOND
DOOR = door_id_for("acc_old", "pacs_old", "D1")
LABELS = ("access granted", "vip")

EVENTS = [
    # id, seconds, type, meaning, side, id, name, mail of the person, labels, reader, source, outcome
    ("e1", 1, "AccessGranted", "grant", "in", "7", "Ana Rivera", "ana@example.com", ["vip"], "r1", "stream", "used"),
    ("e2", 2, "DoorOpen", "opened", None, None, None, None, [], None, None, None),
    ("e3", 3, "DoorTamper", None, None, None, None, "who@example.com", [], None, "report", None),
    ("e:4", 4, "AccessGranted", "grant", "in", None, "Bo", None, ["vip"], "r1", "", None),
]


def put(conn, table, **values):
    names = ", ".join(values)
    marks = ", ".join(
        f"CAST(:{name} AS JSONB)" if type(values[name]) is list and pg(conn) else f":{name}" for name in values
    )
    plain = {name: json.dumps(value) if type(value) is list else value for name, value in values.items()}
    conn.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), plain)


def pg(conn):
    return conn.dialect.name == "postgresql"


def fill(conn):
    """What an installation of the former version holds."""
    key = {"account_id": "acc_old"}
    put(conn, "accounts", **key, name="Old", created_at=1)
    put(conn, "accounts", account_id="acc_other", name="Other", created_at=2)
    put(conn, "sites", **key, site_id="s", name="S", time_zone="UTC")
    put(conn, "pacs", **key, pacs_id="pacs_old", site_id="s", name="P", created_at=1)
    put(
        conn, "doors", **key, door_id=DOOR, pacs_id="pacs_old", device_id="D1", name="Lobby", first_seen_at=1,
        access_points=[], suggested_cameras=[],
    )  # fmt: skip
    labels = hash_of("labels", *LABELS)
    put(conn, "member_sets", **key, set_id=labels, kind="labels", members=list(LABELS))
    for member in LABELS:
        put(conn, "set_members", **key, kind="labels", member=member, set_id=labels)
    people = {"e1": hash_of("actor", "pacs_old", "id:7"), "e:4": hash_of("actor", "pacs_old", "name:bo")}
    for event_id, name, actor_id, mail in (("e1", "Ana Rivera", "7", "ana@example.com"), ("e:4", "Bo", None, None)):
        put(
            conn, "actors", **key, actor_key=people[event_id], pacs_id="pacs_old", actor_id=actor_id, name=name,
            email=mail, folded=f" {name.lower()} ",
        )  # fmt: skip
    for number, row in enumerate(EVENTS, 1):
        event_id, after, event_type, meaning, side, actor_id, name, mail, further, reader, source, outcome = row
        at = NOW + after * SECOND
        put(
            conn, "access_events", **key, pacs_id="pacs_old", event_id=event_id, door_id=DOOR, at=at, arrived_at=NOW,
            event_type=event_type, meaning=meaning, side=side, actor_id=actor_id, actor_name=name, actor_email=mail,
            labels=further, access_point_id=reader, source=source, outcome=outcome,
        )  # fmt: skip
        put(
            conn, "moments", **key, moment_id=f"event:pacs_old:{event_id}", sequence=number, kind="access_event",
            at=at, arrived_at=NOW, door_id=DOOR, label_set=labels, actor_key=people.get(event_id), title="x",
            event_type=event_type, pacs_id="pacs_old", event_id=event_id, direction=side, outcome=outcome,
        )  # fmt: skip
    put(
        conn, "moments", **key, moment_id="crossing:c1", sequence=5, kind="crossing", at=NOW, arrived_at=NOW,
        door_id=DOOR, label_set=labels, title="Person in", crossing_id="c1", direction="in", track="t",
    )  # fmt: skip
    put(
        conn, "moments", **key, moment_id="health:h1", sequence=6, kind="health", at=NOW + 9 * SECOND, arrived_at=NOW,
        label_set=labels, title="Gone", detail="away", folded=" gone away ",
    )  # fmt: skip
    put(conn, "counters", **key, name="moments", value=6)


def make_old(address):
    """An installation of the former version, in an empty database."""
    engine = create_engine(engines.parse_address(address))
    with engine.begin() as conn:
        config = migrate.configuration()
        config.attributes["connection"] = conn
        command.upgrade(config, "0009")
        fill(conn)
    engine.dispose()


@pytest.fixture(scope="module")
def was_upgraded_on_sqlite(tmp_path_factory):
    path = tmp_path_factory.mktemp("old") / "old.db"
    make_old(f"sqlite:///{path}")
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="module")
def was_upgraded_on_postgresql(postgres_server):
    postgres_server.execute("CREATE DATABASE old")
    make_old(postgres_server.address("old"))
    Database.open(postgres_server.address("old")).close()
    yield "old"
    postgres_server.execute("DROP DATABASE old WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded(request, tmp_path):
    """A copy of what became of it: each test has its own, and the upgrade is done once for each kind."""
    source = request.getfixturevalue(f"was_upgraded_on_{request.param}")
    if request.param == "sqlite":
        with Database.open(str(shutil.copyfile(source, tmp_path / "doorwatch.db"))) as db:
            yield db
        return
    server = request.getfixturevalue("postgres_server")
    server.execute(f"CREATE DATABASE upgraded TEMPLATE {source}")
    with Database.open(server.address("upgraded")) as db:
        yield db
    server.execute("DROP DATABASE upgraded WITH (FORCE)")


def test_every_event_is_there_as_it_was(upgraded):
    found = upgraded.read_sync(lambda c: access_events.in_window(c, "acc_old", DOOR, NOW, NOW + 9 * SECOND))
    assert [one.event for one in found] == [
        AccessEvent(
            "e1", "D1", NOW + SECOND, "AccessGranted", Direction.IN, "7", "Ana Rivera", "ana@example.com", ("vip",),
            "r1", "stream",
        ),
        AccessEvent("e2", "D1", NOW + 2 * SECOND, "DoorOpen"),
        AccessEvent("e3", "D1", NOW + 3 * SECOND, "DoorTamper", actor_email="who@example.com", source="report"),
        AccessEvent(
            "e:4", "D1", NOW + 4 * SECOND, "AccessGranted", Direction.IN, None, "Bo", None, ("vip",), "r1", "",
        ),
    ]  # fmt: skip
    assert [one.outcome for one in found] == ["used", None, None, None]
    assert {one.pacs_id for one in found} == {"pacs_old"}
    [door] = upgraded.read_sync(lambda c: doors.list_doors(c, "acc_old"))
    assert door.last_event_type == "AccessGranted"


def test_moments_keep_their_ids_and_the_order_of_commits(upgraded):
    found = upgraded.read_sync(lambda c: moment_reading.since(c, "acc_old", 0))
    assert [(one.sequence, one.moment_id) for one in found] == [
        *enumerate((f"event:pacs_old:{event_id}" for event_id in ("e1", "e2", "e3", "e:4")), 1),
        (5, "crossing:c1"),
        (6, "health:h1"),
    ]
    assert found[0].title == "Access granted"
    assert (found[4].kind, found[4].track, found[5].detail, found[5].door_id) == ("crossing", "t", "away", None)
    assert upgraded.read_sync(lambda c: moment_reading.since(c, "acc_other", 0)) == []


def test_search_finds_what_was_there_and_what_comes(upgraded):
    more = [AccessEvent("e5", "D1", NOW + 5 * SECOND, "AccessGranted", Direction.IN, labels=("vip",))]
    upgraded.write_sync(lambda c: store_events(c, "acc_old", "pacs_old", more, NOW))

    def ids(sentence):
        def work(conn):
            query = parse(sentence, load_vocabulary(conn, "acc_old", sentence), NOW, ZoneInfo("UTC"))
            return {moment.event_id or moment.moment_id for moment in find(conn, "acc_old", query).moments}

        return upgraded.read_sync(work)

    assert ids("vip kind:access_event") == {"e1", "e2", "e3", "e:4", "e5"}
    assert ids("rivera") == {"e1"}
    assert ids("gone") == {"health:h1"}


def test_a_late_copy_of_an_old_event_is_the_same_event(upgraded):
    copies = [
        AccessEvent("e1", "D1", NOW + SECOND, "AccessGranted", Direction.IN, "7", labels=("vip",), source="stream"),
        AccessEvent("e2", "D1", NOW + 2 * SECOND, "DoorOpen", actor_name="Cy"),
    ]
    stored = upgraded.write_sync(lambda c: store_events(c, "acc_old", "pacs_old", copies, NOW))
    assert (stored.new, stored.updated, stored.duplicates) == ((), ("e2",), 1)
    assert upgraded.read_sync(lambda c: moment_reading.count(c, "acc_old")) == 6


def test_tables_that_hold_moments_are_not_taken_back(upgraded):
    def down(conn):
        config = migrate.configuration()
        config.attributes["connection"] = conn
        command.downgrade(config, "0009")

    with pytest.raises(RuntimeError, match="restore a backup"):
        upgraded.write_sync(down)
