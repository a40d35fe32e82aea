"""Incidents: every revision kept, reviews untouched by recomputation, found by the words people use."""

from dataclasses import replace

import pytest

from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import HOUR, SECOND
from doorwatch.domain.verdict import Change
from doorwatch.store import dirty, evidence, incidents, moment_reading, reviewing, verdicts
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.evidence import Evidence


def incident(building, incident_id="i1", **more):
    values = {
        "door": building.door,
        "kind": IncidentKind.TAILGATING,
        "state": IncidentState.PROVISIONAL,
        "start": building.now,
        "end": building.now + SECOND,
        "people": 2,
        "grants": 1,
        "excess": 1,
        "possible": 0,
        "coverage": CoverageState.FULL,
        "reason": "2 people, 1 grant",
        "crossing_ids": ("c1", "c2"),
        "excess_crossing_ids": ("c2",),
        "grant_ids": ("e1",),
        **more,
    }
    return Incident(incident_id, **values)


def save(building, told, revision=1, now=None, **more):
    return building.write(verdicts.save, Change(told, revision, **more), now or building.now + 3 * SECOND)


def proof(building, kind, revision, blob="b1"):
    return Evidence("i1", kind, "cam", blob, 10, building.now, 0, revision, building.now)


def test_a_new_incident_is_to_be_reviewed_and_knows_its_cameras_and_delay(building):
    stored = save(building, incident(building))
    assert (stored.review, stored.revision, stored.camera_ids, stored.door_name) == ("new", 1, ("cam",), "Lobby east")
    assert stored.delay_us == 2 * SECOND
    assert building.read(incidents.get, "i1") == stored


def test_every_revision_is_kept_in_order(building):
    told = incident(building)
    save(building, told)
    save(building, replace(told, state=IncidentState.FINAL, excess=2, people=3, reason="3 people, 1 grant"), 2)
    history = building.read(incidents.history, "i1")
    assert [(r.revision, r.state, r.people, r.excess) for r in history] == [
        (1, "provisional", 2, 1),
        (2, "final", 3, 2),
    ]
    assert history[1].reason == "3 people, 1 grant"


def test_recomputation_leaves_review_note_and_first_times_alone(building):
    first = save(building, incident(building))
    building.write(reviewing.set_review, "i1", "confirmed", building.now + 9, by="guard@x", note="seen")
    again = save(building, replace(incident(building), state=IncidentState.FINAL), 2, now=building.now + HOUR)
    assert (again.review, again.note, again.reviewed_by, again.reviewed_at) == (
        "confirmed",
        "seen",
        "guard@x",
        building.now + 9,
    )
    assert (again.created_at, again.delay_us, again.camera_ids) == (first.created_at, first.delay_us, first.camera_ids)
    assert again.updated_at == building.now + HOUR


def test_an_incident_that_grows_after_it_was_dismissed_is_new_again(building):
    save(building, incident(building))
    building.write(reviewing.set_review, "i1", "dismissed", building.now, by="guard@x", note="a trolley")
    again = save(building, incident(building, excess=2), 2, reopened=True)
    assert (again.review, again.reviewed_by, again.note) == ("new", None, "a trolley")


def test_a_new_incident_takes_over_the_review_of_those_whose_crossings_it_holds(building):
    save(building, incident(building))
    building.write(reviewing.set_review, "i1", "dismissed", building.now, by="guard@x", note="a trolley")
    same = save(building, incident(building, "i2"), inherits=("i1",))
    assert (same.review, same.reviewed_by, same.note) == ("dismissed", "guard@x", "a trolley")
    more = save(building, incident(building, "i3", excess_crossing_ids=("c2", "c9")), inherits=("i1",))
    assert (more.review, more.note) == ("new", "a trolley")


def test_a_superseded_or_withdrawn_incident_leaves_the_list_and_keeps_its_page(building):
    save(building, incident(building))
    save(building, replace(incident(building), state=IncidentState.WITHDRAWN), 2, superseded_by="i2")
    save(building, incident(building, "i2"))
    assert [stored.incident_id for stored in building.read(incidents.list_incidents)] == ["i2"]
    assert len(building.read(incidents.list_incidents, with_gone=True)) == 2
    assert building.read(incidents.get, "i1").superseded_by == "i2"


def test_the_list_is_newest_first_filtered_and_paged(building):
    for n in range(6):
        kind = IncidentKind.TAILGATING if n % 2 else IncidentKind.UNAUTHORIZED_ENTRY
        door = building.door if n < 5 else building.other_door
        save(building, incident(building, f"i{n}", start=building.now + n // 2 * SECOND, kind=kind, door=door))
    building.write(reviewing.set_review, "i3", "confirmed", building.now, by="x")

    def ids(**options):
        return [stored.incident_id for stored in building.read(incidents.list_incidents, **options)]

    assert ids() == ["i5", "i4", "i3", "i2", "i1", "i0"]
    assert ids(review="confirmed") == ["i3"]
    assert ids(kinds=[IncidentKind.UNAUTHORIZED_ENTRY]) == ["i4", "i2", "i0"]
    assert ids(door_id=building.other_door) == ["i5"]
    assert ids(since=building.now + 2 * SECOND) == ["i5", "i4"]
    assert ids(limit=2, before=(building.now + SECOND, "i3")) == ["i2", "i1"]


def test_the_rule_hears_what_was_told_before(building):
    told = incident(building)
    save(building, told)
    save(building, replace(told, state=IncidentState.FINAL, excess=3), 2)
    unconfirmed = replace(told, state=IncidentState.UNCONFIRMED, excess=1)
    save(building, unconfirmed, 3)
    building.write(reviewing.set_review, "i1", "dismissed", building.now, by="x")
    [known] = building.read(verdicts.known_between, building.door, building.now, building.now)
    assert known.incident == unconfirmed
    assert (known.revision, known.alerted_excess, known.dismissed, known.superseded_by) == (3, 3, True, None)
    assert building.read(verdicts.known_between, building.door, building.now + 1, building.now + HOUR) == []


def test_an_incident_is_one_moment_that_follows_it(building):
    save(building, incident(building))
    first = building.read(moment_reading.newest)[0]
    assert (first.title, first.detail, first.state, first.review) == (
        "Tailgating",
        "2 people, 1 grant",
        "provisional",
        "new",
    )
    assert {"tailgating", "unauthorized access", "incident"} <= set(first.labels)
    building.write(reviewing.set_review, "i1", "confirmed", building.now, by="x")
    save(building, replace(incident(building), state=IncidentState.EXPLAINED), 2)
    [moment] = building.read(moment_reading.newest)
    assert (moment.state, moment.review, moment.sequence > first.sequence) == ("explained", "confirmed", True)
    assert "tailgating" not in moment.labels


def test_only_a_known_review_of_a_known_incident_is_kept(building, stranger):
    save(building, incident(building))
    with pytest.raises(ValueError, match="new, confirmed, dismissed"):
        building.write(reviewing.set_review, "i1", "maybe", 1, by="x")
    for account, incident_id in ((stranger, "i1"), (building, "nothing")):
        with pytest.raises(UnknownError):
            account.write(reviewing.set_review, incident_id, "confirmed", 1, by="x")
    assert building.read(incidents.get, "i1").review == "new"


def test_undecided_incidents_are_looked_at_again_after_a_start(building):
    save(building, incident(building))
    save(building, incident(building, "i2", door=building.other_door, state=IncidentState.FINAL))
    for door in building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w")):
        building.db.write_sync(lambda c, d=door: dirty.finish(c, d))
    assert building.db.write_sync(lambda c: verdicts.mark_unsettled(c, building.now)) == 1
    [door] = building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w"))
    assert (door.door_id, door.changed_from, door.changed_to) == (building.door, building.now, building.now + SECOND)


def test_evidence_is_lacking_until_picture_and_clip_are_there(building):
    save(building, incident(building))

    def lacking():
        return [stored.incident_id for stored in building.read(incidents.lacking_evidence, since=0)]

    assert lacking() == ["i1"]
    building.write(evidence.put, proof(building, "picture.jpg", 1))
    assert lacking() == ["i1"]
    building.write(evidence.put, proof(building, "clip.mp4", 1))
    assert lacking() == []


def test_new_evidence_is_only_wanted_when_other_people_count(building):
    told = incident(building)
    save(building, told)
    for kind in evidence.KINDS:
        building.write(evidence.put, proof(building, kind, 1))
    save(building, replace(told, state=IncidentState.FINAL), 2)
    assert building.read(incidents.lacking_evidence, since=0) == []
    save(building, replace(told, excess_crossing_ids=("c2", "c3"), crossing_ids=("c1", "c2", "c3")), 3)
    [lacking] = building.read(incidents.lacking_evidence, since=0)
    assert lacking.evidence_revision == 3


def test_nothing_is_asked_of_a_door_without_cameras_or_an_incident_that_is_none(building):
    save(building, incident(building, door=building.other_door))
    save(building, incident(building, "i2", state=IncidentState.WITHDRAWN))
    assert building.read(incidents.lacking_evidence, since=0) == []


def test_evidence_replaces_older_evidence_and_names_the_blob_that_can_go(building):
    save(building, incident(building))
    assert building.write(evidence.put, proof(building, "picture.jpg", 2, "b1")) is None
    assert building.write(evidence.put, proof(building, "picture.jpg", 3, "b2")).blob == "b1"
    assert building.write(evidence.put, proof(building, "picture.jpg", 1, "late")).blob == "late"
    assert building.write(evidence.put, proof(building, "picture.jpg", 3, "b2")) is None
    assert building.read(evidence.of_incidents, ["i1"])["i1"]["picture.jpg"].blob == "b2"


def test_a_picture_shows_in_the_moment(building):
    save(building, incident(building))
    assert not building.read(moment_reading.newest)[0].picture
    building.write(evidence.put, proof(building, "picture.jpg", 1))
    assert building.read(moment_reading.newest)[0].picture
    save(building, replace(incident(building), state=IncidentState.FINAL), 2)
    assert building.read(moment_reading.newest)[0].picture


def test_nobody_can_put_evidence_on_the_incident_of_another_account(building, stranger):
    save(building, incident(building))
    with pytest.raises(UnknownError):
        stranger.write(evidence.put, proof(building, "picture.jpg", 9))
    assert building.read(evidence.of_incidents, ["i1"]) == {}
