"""Holds: what retention, new pictures and time do to held evidence, on both databases."""

import pytest

from doorwatch.domain.time import DAY, HOUR, SECOND
from doorwatch.store import evidence, holds, retention, segments
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.evidence import Evidence
from doorwatch.store.retention import Keep
from doorwatch.store.segments import Segment


def nothing_longer(_camera):
    return Keep(0, 0)


@pytest.fixture
def incident(building):
    building.store_incident()
    return "i1"


def place(building, until=None):
    return building.write(holds.place, "i1", reason="police, case 12", by="ines@x", now=building.now, until=until)


def recorded(building):
    starts = (building.now - HOUR, building.now - 60 * SECOND, building.now + HOUR)
    batch = [Segment(f"s{n}", "cam", at, at + 30 * SECOND, 5, f"cam/s{n}") for n, at in enumerate(starts)]
    building.write(segments.store_segments, batch)


def left(building):
    return [one.segment_id for one in building.read(segments.between, "cam", 0, building.now + 9 * DAY)]


def test_retention_leaves_what_was_recorded_around_a_held_incident(building, incident):
    recorded(building)
    hold = place(building)
    later = building.now + 2 * DAY
    assert building.write(retention.remove_old, nothing_longer, later) == 2
    assert left(building) == ["s1"]
    building.write(holds.release, incident, hold.hold_id, by="olga@x", now=later)
    assert building.write(retention.remove_old, nothing_longer, later) == 1
    assert left(building) == []


def test_a_hold_ends_by_itself_at_its_end(building, incident):
    recorded(building)
    hold = place(building, until=building.now + DAY)
    assert building.read(holds.held, building.now + DAY - 1) == {incident}
    assert building.read(holds.held, building.now + DAY) == frozenset()
    building.write(retention.remove_old, nothing_longer, building.now + 2 * DAY)
    assert left(building) == []
    with pytest.raises(ConflictError, match="has ended already"):
        building.write(holds.release, incident, hold.hold_id, by="olga@x", now=building.now + DAY)


def test_no_newer_picture_replaces_a_held_one_and_a_missing_clip_still_comes(building, incident):
    def piece(kind, revision):
        return Evidence(incident, kind, "cam", f"{kind}-{revision}", 3, building.now, 0, revision, building.now)

    building.write(evidence.put, piece("picture.jpg", 1))
    place(building)
    building.write(evidence.put, piece("clip.mp4", 1))
    refused = building.write(evidence.put, piece("picture.jpg", 2))
    assert refused.blob == "picture.jpg-2"
    kept = building.read(evidence.of_incidents, [incident])[incident]
    assert {kind: one.blob for kind, one in kept.items()} == {
        "picture.jpg": "picture.jpg-1",
        "clip.mp4": "clip.mp4-1",
    }


def test_who_held_what_and_why_stays_known(building, incident):
    hold = place(building)
    second = place(building, until=building.now + DAY)
    building.write(holds.release, incident, hold.hold_id, by="olga@x", now=building.now + 1)
    assert building.read(holds.list_holds, now=building.now + 1) == [second]
    first = next(one for one in building.read(holds.list_holds) if one.hold_id == hold.hold_id)
    assert (first.reason, first.placed_by, first.released_by) == ("police, case 12", "ines@x", "olga@x")


def test_what_can_not_be_held_is_refused(building, incident, stranger):
    with pytest.raises(ConflictError, match="in the past"):
        place(building, until=building.now)
    with pytest.raises(UnknownError, match="no such incident"):
        stranger.write(holds.place, incident, reason="mine now", by="x", now=building.now)
    hold = place(building)
    with pytest.raises(UnknownError, match="no such hold"):
        stranger.write(holds.release, incident, hold.hold_id, by="x", now=building.now)
    assert stranger.read(holds.list_holds) == []
