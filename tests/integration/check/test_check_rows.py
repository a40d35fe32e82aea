"""What `doorwatch check` finds of moments, events, passwords and tokens that were altered."""

import pytest
from installed import first
from sqlalchemy import delete, insert, select, update

from doorwatch.store.moments import MomentKind, is_kind
from doorwatch.store.schema.happenings import moments
from doorwatch.store.schema.people import tokens, users


@pytest.mark.parametrize("moment_id", ["crossing:c1", "incident:FIRST"])
def test_what_search_does_not_know_is_found(house, moment_id):
    moment_id = moment_id.replace("FIRST", first(house).incident_id)
    house.change(delete(moments).where(moments.c.name == moment_id))
    (wrong,) = house.only("moments", but_for=["tallies"])
    assert moment_id.rpartition(":")[2] in wrong
    assert "has no moment" in wrong


def test_a_moment_of_nothing_is_found(house):
    row = house.db.read_sync(lambda conn: conn.execute(select(moments).where(is_kind(MomentKind.CROSSING))).first())
    copy = {
        **row._mapping,
        "number": row.number + 999,
        "changed": None,
        "name": "crossing:ghost",
        "crossing_id": "ghost",
    }
    house.change(insert(moments).values(**copy))
    assert house.only("moments", but_for=["tallies"]) == ("moment crossing:ghost shows nothing that is stored",)


@pytest.mark.parametrize(
    ("kind", "values"),
    [("incident", {"excess": 9}), ("crossing", {"outcome": None})],
)
def test_a_moment_that_says_something_else_than_what_it_shows_is_found(house, kind, values):
    house.change(update(moments).where(is_kind(MomentKind(kind))).values(**values))
    assert all(f"shows another {kind} than is stored" in wrong for wrong in house.only("moments"))


def test_a_moment_that_is_at_no_door_any_more_is_found_and_missed_in_the_counts(house):
    house.change(update(moments).where(is_kind(MomentKind.CROSSING)).values(door_id=None))
    assert "shows another crossing than is stored" in house.only("moments", but_for=["tallies"])[0]


@pytest.mark.parametrize(("lacking", "what"), [("door_id", "door"), ("story", "type")])
def test_an_access_event_that_lost_what_it_refers_to_is_found(house, lacking, what):
    house.change(update(moments).where(moments.c.name == "g60").values({lacking: None}))
    assert house.broken()["moments"] == (f"access event g60 has no {what}: search can't name it",)


def test_a_password_that_is_kept_readable_is_found_and_not_repeated(house):
    house.change(update(users).values(password_hash="hunter2 hunter2"))
    (wrong,) = house.only("secrets")
    assert "is not kept as an argon2id hash" in wrong
    assert "hunter2" not in wrong


@pytest.mark.parametrize("values", [{"token_hash": "dwg_readable"}, {"prefix": "dwg_readable"}])
def test_a_token_that_is_kept_readable_is_found_and_not_repeated(house, values):
    house.change(update(tokens).values(**values))
    (wrong,) = house.only("secrets")
    assert "kept readable" in wrong
    assert "dwg_" not in wrong
