"""Erasing a cardholder: nothing of name, address and id is left anywhere but under a hold, and nothing comes back."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from doorwatch.domain.time import DAY, HOUR, SECOND, from_iso, to_iso
from doorwatch.search import find, load_vocabulary, parse
from doorwatch.store import (
    cardholders,
    erasing,
    evidence,
    exports,
    gateway_reports,
    holds,
    incidents,
    moment_reading,
    reviewing,
    tombstones,
)
from doorwatch.store.actors import Actor
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import StoreError, UnknownError
from doorwatch.store.evidence import Evidence
from doorwatch.store.schema import metadata
from doorwatch.store.schema.people import audit as trail
from doorwatch.store.scrubbing import audit_opened

WHO = {"actor_id": "0f3c-77aa", "actor_name": "Zoë Rivera", "actor_email": "zoe@example.com"}
OTHER = {"actor_id": "0f3c-0001", "actor_name": "Max Muster", "actor_email": "max@example.com"}
NEEDLES = ("rivera", "zoe@example", "0f3c-77aa")


def stored(building):
    """Everything in every table, as one text."""

    def read(conn):
        return "\n".join(
            f"{table.name}: {tuple(row)}" for table in metadata.sorted_tables for row in conn.execute(select(table))
        )

    return building.db.read_sync(read)


def found_in(text):
    return [line for line in text.splitlines() if any(needle in line.lower() for needle in NEEDLES)]


def save(building, incident_id, grant_id, reason="Zoë Rivera was let in, 1 more entered"):
    mine = (f"{incident_id}-c",)
    building.store_incident(
        incident_id,
        reason=f"2 people, 1 grant: {reason}",
        crossing_ids=mine,
        excess_crossing_ids=mine,
        grant_ids=(grant_id,),
    )
    piece = Evidence(incident_id, "picture.jpg", "cam", f"b-{incident_id}", 3, building.now, 0, 1, building.now)
    building.write(evidence.put, piece)


@pytest.fixture
def person(building):
    """Somebody of whom a good deal is stored: the key of her row."""
    events = [
        building.event("e1", **WHO),
        building.event("e2", **WHO, labels=("Zoë Rivera", "vip")),
        building.event("e3", **OTHER),
        building.event("e4", actor_name="ZOË RIVERA"),
        building.event("e5", actor_id="0f3c-0002", actor_name="Zoë Rivera"),
    ]
    building.store_events(*events[:4])
    for incident_id, grant in (("i1", "e1"), ("i2", "e2")):
        save(building, incident_id, grant)
    save(building, "i3", "e3", "Max Muster was let in, 1 more entered")
    note = {"by": "olga@x", "note": "spoke with zoë rivera"}
    building.write(reviewing.set_review, "i1", "confirmed", building.now, **note)
    values = {"values": {"user": "Zoë Rivera"}}
    for incident_id in ("i1", "i2"):
        draft = Draft(f"{incident_id}:1:zoe@example.com", "email", "zoe@example.com", "To Zoë Rivera", values)
        building.write(outbox.write, draft, building.now)
    building.write(audit.record, at=building.now, actor="olga@x", action="search.run", subject="Rivera zoë rivera")
    detail = {"before": {"who": "Zoë Rivera"}, "after": None}
    building.write(audit.record, at=building.now, actor="olga@x", action="door.policy", subject="d", detail=detail)
    return building.write(cardholders.find, "rivera zoe")[0].actor_key


def erase(building, key):
    return building.write(erasing.erase, key, by="olga@x", now=building.now)


def test_nothing_is_left_of_somebody_who_was_erased(building, person):
    assert found_in(stored(building))
    done = erase(building, person)
    # What somebody searched for beyond the whole name stays: it names nobody by itself.
    left = [line for line in found_in(stored(building)) if "search.run" not in line]
    assert left == []
    assert done.finished_at == building.now
    assert done.cleaned == {
        "events": 3,
        "incidents": 2,
        "revisions": 2,
        "moments": 2,
        "messages": 2,
        "labels": 1,
        "audit": 2,
        "mails not sent": 2,
    }
    assert building.read(incidents.get, "i1").incident.reason.endswith("(erased) was let in, 1 more entered")
    assert building.read(incidents.get, "i1").note == "spoke with (erased)"
    assert "Max Muster" in building.read(incidents.get, "i3").incident.reason
    assert building.read(cardholders.find, "max")[0].events == 1
    with pytest.raises(UnknownError, match="erased already"):
        erase(building, person)


def export(building, incident_id, around):
    """An export that is ready, of half a minute around a time."""
    wish = {"from": to_iso(around - 15 * SECOND), "until": to_iso(around + 15 * SECOND)}
    asked = building.write(exports.ask, incident_id, wish, by="olga@x", now=building.now)
    building.db.write_sync(lambda conn: exports.take(conn, building.now))
    ready = {"state": exports.READY, "blob": f"export-{asked.export_id}", "bytes": 3, "sha256": "00"}
    assert building.write(exports.say, asked.export_id, building.now, **ready)
    return asked.export_id


def test_exports_that_show_the_person_go_and_those_that_do_not_stay(building, person):
    named = export(building, "i1", building.now + HOUR)  # whose reason names the person, whatever time it shows
    beside = export(building, "i3", building.now)  # of somebody else, while the person badged at that door
    others = export(building, "i3", building.now + HOUR)
    held = export(building, "i2", building.now)
    building.write(holds.place, "i2", reason="court", by="olga@x", now=building.now)
    done = erase(building, person)
    assert done.cleaned["exports"] == 2
    states = {one: building.read(exports.get, one).state for one in (named, beside, others, held)}
    assert states == {named: "gone", beside: "gone", others: "ready", held: "ready"}
    assert {one.export_id for one in building.read(exports.useless, 0)} == {named, beside}
    building.write(exports.drop, named)
    assert {one.export_id for one in building.read(exports.useless, 0)} == {beside}


def test_search_finds_the_person_no_more_and_the_events_are_still_there(building, person):
    erase(building, person)

    def search(conn, account, text):
        return find(conn, account, parse(text, load_vocabulary(conn, account, text), building.now, ZoneInfo("UTC")))

    assert building.read(search, "rivera").total == 0
    assert building.read(search, "access granted").total == 4


def test_a_later_upload_does_not_bring_the_person_back(building, person):
    erase(building, person)
    later = [
        building.event("e1", **WHO),
        building.event("e10", at=building.now + 1, **WHO),
        building.event("e11", at=building.now + 2, actor_name="Zoe  RIVERA"),
        building.event("e12", at=building.now + 3, actor_id="another", actor_email="Zoe@Example.com"),
        building.event("e13", at=building.now + 4, **WHO, labels=("zoë rivera",)),
    ]
    building.store_events(*later)
    assert found_in(stored(building)) == [line for line in found_in(stored(building)) if "search.run" in line]
    assert [one.actor_name for one in building.read(moment_reading.newest) if one.event_id == "e10"] == [None]
    building.store_events(building.event("e14", at=building.now + 5, actor_id="7", actor_name="Zoë Rivera"))
    assert [one.actor_name for one in building.read(moment_reading.newest) if one.event_id == "e14"] == [
        "Zoë Rivera"
    ], "somebody else of the same name, told apart by an id"


def test_what_is_under_hold_stays_and_is_named_until_the_hold_ends(building, person):
    until = building.now + DAY
    building.write(holds.place, "i1", reason="police, case 12", by="ines@x", now=building.now, until=until)
    done = erase(building, person)
    assert done.finished_at is None
    [kept] = done.kept
    assert (kept.incident_id, kept.reason, kept.evidence, kept.events) == (
        "i1",
        "police, case 12",
        ("picture.jpg",),
        1,
    )
    assert from_iso(kept.until) == until
    assert "Zoë Rivera" in building.read(incidents.get, "i1").incident.reason
    assert "Zoë Rivera" not in building.read(incidents.get, "i2").incident.reason
    assert {one.event_id for one in building.read(moment_reading.newest) if one.actor_name} == {"e1", "e3"}
    assert building.write(erasing.finish, until - 1) == []
    [finished] = building.write(erasing.finish, until)
    assert (finished.kept, finished.finished_at, finished.cleaned["events"]) == ((), until, 3)
    assert [line for line in found_in(stored(building)) if "search.run" not in line] == []
    assert building.write(erasing.finish, until) == []


def test_all_that_is_stored_is_told_before(building, person):
    told = building.read(cardholders.export, person)
    assert [one["name"] for one in told["people"]] == ["Zoë Rivera", "ZOË RIVERA"]
    assert [one["event_id"] for one in told["events"]] == ["e1", "e2", "e4"]
    assert [one["incident_id"] for one in told["incidents"]] == ["i1", "i2"]
    assert [one["to"] for one in told["messages"]] == ["zoe@example.com"] * 2
    assert {one["act"] for one in told["audit"]} == {"search.run", "door.policy"}
    assert "Max" not in str(told)


def test_an_erasure_is_repeated_in_a_database_that_does_not_know_it(building, person):
    """After a restore of an older backup: the tombstones come from beside the database."""

    def made(conn, account):
        rows = erasing.people_of(conn, account, person)
        people = [Actor(row.pacs_id, row.actor_id, row.name, row.email) for row in rows]
        return tombstones.read(conn, account, building.now).made_of(people)

    marks = building.write(made)
    assert building.write(erasing.repeat, "erasure_1", marks, now=building.now) == 1
    assert [line for line in found_in(stored(building)) if "search.run" not in line] == []
    assert building.write(erasing.repeat, "erasure_1", marks, now=building.now) == 0


def test_whoever_was_erased_by_mistake_is_stored_again_when_that_is_allowed(building, person):
    done = erase(building, person)
    building.write(erasing.allow, done.erasure_id)
    building.store_events(building.event("e10", at=building.now + 1, **WHO))
    assert building.read(cardholders.find, "rivera")[0].events == 1
    with pytest.raises(UnknownError, match="no such erasure"):
        building.write(erasing.allow, "nothing")


def test_people_of_another_account_are_nobody_here(building, stranger, person):
    assert stranger.read(cardholders.find, "rivera") == []
    with pytest.raises(UnknownError):
        stranger.write(erasing.erase, person, by="x", now=building.now)
    erase(building, person)
    stranger.store_events(stranger.event("e1", **WHO))
    assert stranger.read(cardholders.find, "rivera")[0].name == "Zoë Rivera"


def test_log_lines_of_a_gateway_lose_the_name_too(building, person):
    building.write(gateway_reports.add, building.pacs, "logs", [{"line": "card of Zoë Rivera"}], building.now)
    assert erase(building, person).cleaned["reports"] == 1


def test_the_trail_can_be_cleaned_by_an_erasure_alone(building, person):
    def change(conn, account, act):
        with audit_opened(conn, account, act):
            conn.execute(trail.update().values(at=1))

    for act in ("person.erase", "audit.retain"):
        with pytest.raises(StoreError, match="only ever added to"):
            building.write(change, act)
