"""Which recordings go by age, by size and for want of room, and which never do; on both databases."""

import pytest
from sqlalchemy import event

from doorwatch.domain.time import DAY, HOUR, SECOND
from doorwatch.store import cameras, configuration, holds, retention, segments
from doorwatch.store.retention import AROUND, Keep
from doorwatch.store.segments import Segment

LENGTH = 4 * SECOND


def keep_of(ordinary=DAY, eventful=10 * DAY, most=None):
    return lambda _camera: Keep(ordinary, eventful, most)


@pytest.fixture
def recorded(building):
    """A camera's recording from an hour before now on, a segment of 100 bytes each minute; the ids that are left."""

    def record(count=60, camera="cam", start=building.now - HOUR):
        batch = [
            Segment(
                f"{camera}{n:02}",
                camera,
                start + n * 60 * SECOND,
                start + n * 60 * SECOND + LENGTH,
                100,
                f"{camera}/{n}",
            )
            for n in range(count)
        ]
        building.write(segments.store_segments, batch)

    record()
    return record


def left(building, camera="cam"):
    return [one.segment_id for one in building.read(segments.between, camera, 0, building.now + 99 * DAY)]


def remove_old(building, now, **keep):
    return building.write(retention.remove_old, keep_of(**keep), now)


def test_what_nothing_happened_in_goes_by_age_and_what_something_did_goes_later(building, recorded):
    at = building.now - HOUR + 10 * 60 * SECOND
    building.store_crossings(building.crossing(at=at))
    building.store_events(building.event("e", at=at + 600 * SECOND))
    building.store_incident(start=at + 1200 * SECOND)
    remove_old(building, building.now + DAY)
    assert left(building) == ["cam10", "cam20", "cam30"]
    assert remove_old(building, building.now + DAY) == 0
    remove_old(building, building.now + 10 * DAY)
    assert left(building) == []


def test_an_event_keeps_what_is_around_it_and_no_more(building, recorded):
    start = building.now - HOUR + 10 * 60 * SECOND
    building.store_crossings(
        building.crossing("c1", at=start - AROUND), building.crossing("c2", at=start + LENGTH + AROUND)
    )
    building.store_crossings(building.crossing("c3", at=start + 600 * SECOND - AROUND - 1))
    remove_old(building, building.now + DAY)
    assert left(building) == ["cam10"]


def test_events_at_doors_that_the_camera_does_not_see_keep_nothing(building, recorded):
    building.store_events(building.event("e", at=building.now - HOUR, device_id="D2"))
    remove_old(building, building.now + DAY)
    assert left(building) == []


def test_what_is_younger_than_its_age_stays(building, recorded):
    assert remove_old(building, building.now - HOUR + DAY + LENGTH) == 1
    assert left(building)[0] == "cam01"


def test_each_camera_is_kept_as_its_own_plan_says(building, recorded):
    building.write(cameras.add_camera, name="Other", url="rtsp://x", now=1, camera_id="other")
    recorded(camera="other")
    building.write(retention.remove_old, lambda camera: Keep(0 if camera == "cam" else DAY, 0), building.now + HOUR)
    assert (len(left(building)), len(left(building, "other"))) == (0, 60)


def test_recordings_of_a_camera_that_was_taken_away_go_too(building, recorded):
    building.write(cameras.remove_camera, "cam", building.now)
    remove_old(building, building.now + DAY)
    assert left(building) == []


def test_a_camera_that_takes_too_much_is_found_and_loses_its_oldest(building, recorded):
    later = building.now + HOUR
    assert building.read(retention.oversized, keep_of(most=6000)) == {}
    over = building.read(retention.oversized, keep_of(most=5850))
    assert over == {"cam": 150}
    assert building.write(retention.make_room, over, over["cam"], later) == 200
    assert left(building)[0] == "cam02"


def test_for_want_of_room_what_nothing_happened_in_goes_first_then_events_then_the_last_hour(building, recorded):
    building.store_crossings(building.crossing(at=building.now - HOUR))
    later = building.now + 1800 * SECOND

    def make(wanted):
        return building.write(retention.make_room, ["cam"], wanted, later)

    make(100)
    assert left(building)[:2] == ["cam00", "cam02"]
    make(2900)
    assert left(building)[:2] == ["cam30", "cam31"]
    make(100)
    assert left(building)[0] == "cam31"


def test_the_newest_minutes_are_spared_for_the_evidence_that_is_being_made_of_them(building, recorded):
    building.write(retention.make_room, ["cam"], 1 << 40, building.now)
    assert left(building) == ["cam58", "cam59"]


def test_held_recordings_are_spared_whatever_is_wanted(building, recorded):
    building.store_incident(start=building.now - 1800 * SECOND)
    building.write(holds.place, "i1", reason="police", by="ines@x", now=building.now)
    building.write(retention.make_room, ["cam"], 1 << 40, building.now + DAY)
    held = ["cam28", "cam29", "cam30", "cam31", "cam32"]
    assert left(building) == held
    remove_old(building, building.now + 99 * DAY)
    assert left(building) == held


def test_no_account_loses_recordings_to_another(building, stranger, recorded):
    stranger.write(retention.make_room, ["cam"], 1 << 40, building.now + DAY)
    stranger.write(retention.remove_old, keep_of(0, 0), building.now + 99 * DAY)
    assert len(left(building)) == 60


def test_a_segment_that_was_found_damaged_stays_so_when_it_is_told_again(building, recorded):
    told = Segment("cam00", "cam", building.now - HOUR, building.now - HOUR + LENGTH, 999, "cam/0", "00")
    building.write(segments.store_segments, [told])
    (first, *_) = building.read(segments.between, "cam", 0, building.now)
    assert first.bytes == 100


def test_a_mapping_that_ended_still_keeps_what_the_camera_saw_then(building, recorded):
    building.store_crossings(building.crossing(at=building.now - HOUR))
    building.write(configuration.set_mapping, building.door, [], building.now)
    remove_old(building, building.now + DAY)
    assert left(building) == ["cam00"]


def test_cameras_that_have_nothing_to_lose_cost_no_statement_of_their_own(building, recorded):
    for name in [f"cam{number}" for number in range(30)]:
        building.db.write_sync(
            lambda conn, name=name: cameras.add_camera(
                conn, building.account, name=name, url="rtsp://x", now=building.now, camera_id=name
            )
        )
        recorded(1, camera=name)
    asked = []

    def remove(conn):
        event.listen(conn, "before_cursor_execute", lambda *told: asked.append(told[2]))
        return retention.remove_old(conn, building.account, keep_of(), building.now)

    assert building.db.write_sync(remove) == 0
    assert len(asked) < 8
