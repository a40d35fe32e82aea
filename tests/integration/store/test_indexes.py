"""Queries that are asked all day find their rows by an index, also where the index holds only some rows."""

import re

import pytest
from sqlalchemy import event, inspect, select

from doorwatch.store import coverage, doors, retention, verdicts, windows
from doorwatch.store.alerting import deliveries
from doorwatch.store.schema.happenings import moments


def plan(conn, query, values):
    """What SQLite does for a query, one line a step."""
    said = []

    def listen(_conn, _cursor, statement, parameters, _context, _many):
        said.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", listen)
    conn.execute(query, values).all()
    event.remove(conn, "before_cursor_execute", listen)
    statement, parameters = said[-1]  # a snapshot is begun before it
    return "\n".join(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))


on_sqlite = pytest.mark.parametrize("shared_database", ["sqlite"], indirect=True)
"""PostgreSQL reads tables this small whole, whatever indexes they have."""


@pytest.fixture
def planned(building):
    return lambda query, **values: building.db.read_sync(lambda conn: plan(conn, query, values))


@on_sqlite
@pytest.mark.parametrize(
    ("query", "probe"),
    [
        (windows._events_query, "SEARCH moments .*door_id=. AND kind=. AND at>. AND at<."),
        (windows._crossings_query, "SEARCH crossings .*account_id=. AND door_id=. AND at>. AND at<."),
        (windows._last_states_query, "SEARCH moments .*door_id=. AND kind=. AND at=."),
        (verdicts._known_query, "SEARCH incidents .*account_id=. AND door_id=. AND start>. AND start<."),
        (coverage._camera_spans_query, "SEARCH camera_coverage .*account_id=. AND camera_id=. AND start<."),
    ],
    ids=["events", "crossings", "states", "incidents", "coverage"],
)
def test_what_windows_of_many_doors_hold_is_found_one_by_one(building, planned, query, probe):
    steps = planned(query("sqlite"), account=building.account, asked="[]")
    assert re.search(probe, steps)
    assert not re.search("SCAN (moments|crossings|incidents|camera_coverage)", steps)


@on_sqlite
def test_the_newest_event_of_a_door_is_found_by_probes_of_one_index(building, planned):
    steps = planned(doors._ONE, account=building.account, door=building.door)
    assert steps.count("kind=?") == 9
    assert "SCAN moments" not in steps


@on_sqlite
def test_the_oldest_recording_of_each_camera_is_found_by_a_probe(building, planned):
    steps = planned(retention._oldest_query(building.account))
    assert (
        steps.count("SEARCH segments USING COVERING INDEX ix_segments_age (account_id=? AND camera_id=? AND eventful=?")
        == 2
    )
    assert "SCAN segments" not in steps


@on_sqlite
@pytest.mark.parametrize(
    ("index", "conditions"),
    [
        ("ix_moments_actor", (moments.c.account == 1, moments.c.actor_key.in_([1, 2]))),
        ("ix_moments_label", (moments.c.account == 1, moments.c.label_set == 7, moments.c.at > 5)),
        ("ix_moments_camera", (moments.c.camera_set == 7, moments.c.door_id.is_(None), moments.c.at > 5)),
    ],
    ids=["person", "label", "camera without a door"],
)
def test_moments_of_a_person_a_label_or_a_camera_are_found_by_an_index_of_those_that_have_one(
    planned, index, conditions
):
    assert index in planned(select(moments.c.number).where(*conditions))


def test_the_sparse_indexes_are_sparse_on_both_databases(building):
    def known(conn):
        return {index["name"]: index["dialect_options"] for index in inspect(conn).get_indexes("moments")}

    found = building.db.write_sync(known)
    for name in ("ix_moments_camera", "ix_moments_actor"):
        [where] = [value for option, value in found[name].items() if option.endswith("_where")]
        assert "IS NOT NULL" in str(where).upper()
    assert not any(option.endswith("_where") for option in found["ix_moments_at"])


@on_sqlite
def test_what_is_before_a_message_in_its_thread_is_found_by_an_index_of_what_waits(planned):
    wanted = {"of_channel": "email", "now": 1, "most": 16, "full": ["a@example.com"]}
    steps = planned(deliveries._due(leaving_out=True), **wanted)
    assert "SEARCH before USING INDEX ix_outbox_waiting_thread (account_id=? AND thread=? AND created_at<?)" in steps
    assert "SCAN" not in steps
