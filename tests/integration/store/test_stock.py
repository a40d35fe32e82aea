"""What there is of each camera's recordings, what is held of it, and what would go next; on both databases."""

import pytest

from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND
from doorwatch.store import cameras, configuration, holds, retention, segments, stock
from doorwatch.store.retention import Keep, Next
from doorwatch.store.segments import Segment
from doorwatch.store.stock import Held, Stock

LENGTH = 4 * SECOND


@pytest.fixture
def record(building):
    building.write(configuration.set_mapping, building.door, ["cam"], building.now, since=building.now - 9 * DAY)

    def record(*starts, camera="cam", size=100):
        batch = [Segment(f"{camera}{at}", camera, at, at + LENGTH, size, f"{camera}/{at}") for at in starts]
        building.write(segments.store_segments, batch)

    return record


def next_to_go(building, *camera_ids):
    return building.read(retention.next_to_go, camera_ids or ("cam",), building.now)


def test_it_is_counted_by_camera_and_by_what_stays_for_an_event(building, record):
    now = building.now
    other = building.write(cameras.add_camera, name="Dock", url="rtsp://h/2", now=now).camera_id
    record(now - 5 * DAY, now - 2 * DAY, now - HOUR, size=100)
    record(now - 10 * MINUTE, camera=other, size=7)
    building.store_events(building.event("e", at=now - 5 * DAY))
    building.write(retention.remove_old, lambda _: Keep(4 * DAY, 9 * DAY), now)
    assert building.read(stock.stocks, now) == {
        "cam": Stock("cam", now - 5 * DAY, now - HOUR, 300, 100, now - 2 * DAY, now - 5 * DAY, 100),
        other: Stock(other, now - 10 * MINUTE, now - 10 * MINUTE, 7, 7, now - 10 * MINUTE),
    }
    assert building.db.read_sync(lambda conn: stock.stocks(conn, "another", now)) == {}


def test_what_two_holds_keep_together_is_counted_once(building, record):
    now = building.now
    at = now - DAY
    record(*(at + n * MINUTE for n in range(-5, 6)))
    assert building.read(stock.held, now) == {}
    for name, start in (("i1", at), ("i2", at + MINUTE)):
        building.store_incident(name, start=start, end=start + SECOND)
        building.write(holds.place, name, reason="police", by="olga", now=now)
    found = building.read(stock.held, now)
    # From two minutes before the one to two minutes after the other.
    assert found == {"cam": Held(2, 600)}


def test_what_nothing_happened_in_goes_next_then_what_something_did_and_never_what_is_held(building, record):
    now = building.now
    assert next_to_go(building) is None
    record(now - 3 * HOUR, now - 2 * HOUR)
    assert next_to_go(building) == Next("cam", now - 3 * HOUR, eventful=False)
    building.store_events(building.event("e", at=now - 3 * HOUR))
    assert next_to_go(building) == Next("cam", now - 2 * HOUR, eventful=False)
    building.store_events(building.event("f", at=now - 2 * HOUR))
    assert next_to_go(building) == Next("cam", now - 3 * HOUR, eventful=True)
    building.store_incident("i1", start=now - 3 * HOUR)
    building.write(holds.place, "i1", reason="police", by="olga", now=now)
    assert next_to_go(building) == Next("cam", now - 2 * HOUR, eventful=True)
    assert next_to_go(building, "another") is None
    # Nothing was marked by asking.
    assert building.read(stock.stocks, now)["cam"].eventful_bytes == 0


def test_what_is_younger_than_an_hour_goes_last_and_than_two_minutes_never(building, record):
    now = building.now
    record(now - MINUTE)
    assert next_to_go(building) is None
    record(now - 30 * MINUTE)
    assert next_to_go(building) == Next("cam", now - 30 * MINUTE, eventful=False)
