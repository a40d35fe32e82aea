"""Coverage: intervals that merge, can be taken back, and wake the doors that rely on them."""

import random

import pytest

from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import MINUTE, SECOND
from doorwatch.store import coverage, dirty, tenants
from doorwatch.store.coverage import CameraSpan, PacsCoverage
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.sql import Stretch


def see(building, start, end, camera="cam"):
    return building.write(
        coverage.add_camera_spans, [CameraSpan(camera, building.now + start, building.now + end)], building.now
    )


def seen(building):
    found = building.read(coverage.camera_spans, [Stretch(0, "cam", 0, building.now * 2)])[0]["cam"]
    return [(span.start - building.now, span.end - building.now) for span in found]


def tell(building, start, end, **more):
    said = PacsCoverage(building.now + start, building.now + end, **more)
    building.write(coverage.store_pacs_coverage, building.pacs, said, building.now)


def held(building):
    found = building.read(coverage.pacs_spans, building.pacs, 0, building.now * 2)
    return [(span.start - building.now, span.end - building.now) for span in found]


def settle(building):
    for door in building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w")):
        building.db.write_sync(lambda c, d=door: dirty.finish(c, d))


@pytest.fixture
def calm(building):
    settle(building)
    return building


def test_spans_that_touch_or_overlap_are_one(building):
    for start, end in ((0, 2 * SECOND), (2 * SECOND, 4 * SECOND), (3 * SECOND, 9 * SECOND), (20 * SECOND, 30 * SECOND)):
        see(building, start, end)
    assert seen(building) == [(0, 9 * SECOND), (20 * SECOND, 30 * SECOND)]


def test_a_span_can_close_the_gap_between_two(building):
    for start, end in ((0, SECOND), (5 * SECOND, 6 * SECOND), (SECOND, 5 * SECOND)):
        see(building, start, end)
    assert seen(building) == [(0, 6 * SECOND)]


def test_rounding_makes_no_gaps_but_real_ones_stay(building):
    see(building, 0, SECOND)
    see(building, SECOND + 90_000, 2 * SECOND)
    see(building, 2 * SECOND + 110_000, 3 * SECOND)
    assert seen(building) == [(0, 2 * SECOND), (2 * SECOND + 110_000, 3 * SECOND)]


def test_any_order_of_spans_gives_the_same_intervals(building):
    dice = random.Random(7)
    spans = [(start := dice.randrange(0, 600) * SECOND, start + dice.randrange(1, 9) * SECOND) for _ in range(60)]
    for start, end in spans:
        see(building, start, end)
    expected = []
    for start, end in sorted(spans):
        if expected and start <= expected[-1][1]:
            expected[-1] = (expected[-1][0], max(expected[-1][1], end))
        else:
            expected.append((start, end))
    assert seen(building) == expected


def test_spans_of_unknown_or_strange_cameras_are_passed_over(building, stranger):
    assert see(building, 0, 1, camera="nothing") == 0
    assert see(building, 0, 1, camera="theirs") == 0
    assert stranger.read(coverage.camera_spans, [Stretch(7, "theirs", 0, building.now * 2)]) == {7: {"theirs": ()}}


def test_the_growing_edge_makes_no_door_dirty(calm):
    for second in range(5):
        see(calm, second * SECOND, (second + 1) * SECOND)
        tell(calm, 0, (second + 1) * SECOND)
    assert calm.db.read_sync(dirty.count) == 0


def decide(building, state):
    """An incident of that state at the first door, which waits for its time to pass."""
    building.store_incident(state=state, crossing_ids=("c1", "c2"), excess_crossing_ids=("c2",), grant_ids=("e1",))
    building.write(dirty.mark, {building.door: (1, 1)}, building.now, due_at=building.now + 20 * SECOND)


def take(building):
    return building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w"))


def test_the_growing_edge_wakes_a_door_whose_incident_waits_for_it(calm):
    decide(calm, IncidentState.PROVISIONAL)
    see(calm, 0, SECOND)
    assert [door.door_id for door in take(calm)] == [calm.door]


def test_the_growing_edge_leaves_doors_alone_that_have_nothing_to_decide(calm):
    decide(calm, IncidentState.FINAL)
    see(calm, 0, SECOND)
    tell(calm, 0, SECOND)
    assert take(calm) == []


def test_news_at_the_edge_while_a_door_is_worked_on_make_it_due_again(calm):
    decide(calm, IncidentState.PROVISIONAL)
    see(calm, 0, SECOND)
    [door] = take(calm)
    see(calm, SECOND, 2 * SECOND)
    calm.db.write_sync(lambda c: dirty.finish(c, door, again_at=calm.now + MINUTE))
    assert [door.door_id for door in take(calm)] == [calm.door]


def test_a_gap_that_is_filled_later_makes_the_doors_of_the_camera_dirty(calm):
    see(calm, 0, SECOND)
    see(calm, 60 * SECOND, 61 * SECOND)
    see(calm, 10 * SECOND, 20 * SECOND)
    [door] = calm.db.write_sync(lambda c: dirty.take(c, calm.now, worker="w"))
    assert (door.door_id, door.changed_from - calm.now, door.changed_to - calm.now) == (
        calm.door,
        10 * SECOND,
        20 * SECOND,
    )


def test_a_pacs_that_never_sent_coverage_is_told_apart_from_one_that_did(building):
    assert building.read(tenants.get_pacs, building.pacs).covered_until is None
    tell(building, 0, MINUTE, subscribed=("AccessGranted",), refused=("Nonsense",))
    system = building.read(tenants.get_pacs, building.pacs)
    assert (system.covered_until, system.heard_at) == (building.now + MINUTE, building.now)
    assert (system.subscribed, system.refused) == (("AccessGranted",), ("Nonsense",))


def test_what_was_not_said_again_stays(building):
    tell(building, 0, MINUTE, subscribed=("AccessGranted",))
    tell(building, 0, 2 * MINUTE)
    assert building.read(tenants.get_pacs, building.pacs).subscribed == ("AccessGranted",)


def test_time_can_be_taken_back_and_given_again(calm):
    tell(calm, 0, 60 * SECOND)
    tell(calm, 0, 40 * SECOND, uncovered_from=calm.now + 40 * SECOND)
    assert held(calm) == [(0, 40 * SECOND)]
    assert calm.read(tenants.get_pacs, calm.pacs).covered_until == calm.now + 40 * SECOND
    doors = calm.db.write_sync(lambda c: dirty.take(c, calm.now, worker="w"))
    assert {door.door_id for door in doors} == {calm.door, calm.other_door}
    assert {(d.changed_from - calm.now, d.changed_to - calm.now) for d in doors} == {(40 * SECOND, 60 * SECOND)}
    tell(calm, 0, 90 * SECOND)
    assert held(calm) == [(0, 90 * SECOND)]


def test_taking_everything_back_still_leaves_a_pacs_that_sends_coverage(building):
    tell(building, 0, MINUTE)
    tell(building, 0, 0, uncovered_from=building.now)
    assert building.read(tenants.get_pacs, building.pacs).covered_until == building.now
    assert held(building) in ([], [(0, 0)])


def test_coverage_of_a_pacs_of_another_account_is_refused(building, stranger):
    with pytest.raises(UnknownError):
        building.write(coverage.store_pacs_coverage, stranger.pacs, PacsCoverage(0, 1), 1)
