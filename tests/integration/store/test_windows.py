"""A door's window: all that the rule reads, as one snapshot."""

from doorwatch.domain.policy import Policy
from doorwatch.domain.time import HOUR, MINUTE, SECOND
from doorwatch.domain.verdict import CameraVersion, PolicyVersion, Span, judge
from doorwatch.store import configuration, coverage, windows
from doorwatch.store.coverage import CameraSpan, PacsCoverage


def read(building, start=0, end=MINUTE, **options):
    now = building.now
    return building.read(windows.read_inputs, building.door, now + start, now + end, **options)


def test_a_window_holds_what_happened_in_it_both_ends_included(building):
    building.store_events(*(building.event(f"e{n}", building.now + n * SECOND) for n in (-1, 0, 60, 61)))
    building.store_crossings(*(building.crossing(f"c{n}", at=building.now + n * SECOND) for n in (-1, 0, 60, 61)))
    inputs = read(building)
    assert [event.event_id for event in inputs.events] == ["e0", "e60"]
    assert [crossing.crossing_id for crossing in inputs.crossings] == ["c0", "c60"]
    assert (inputs.account, inputs.door) == (building.account, building.door)


def test_types_that_the_rule_does_not_read_are_left_out(building):
    building.store_events(building.event(event_type="DoorTamper"))
    assert read(building).events == []


def test_events_of_other_doors_are_left_out(building):
    building.store_events(building.event(device_id="D2"))
    assert read(building).events == []


def test_the_last_lock_and_contact_events_before_are_carried_in_however_old(building):
    building.store_events(
        building.event("lock", building.now - 900 * HOUR, "DoorScheduledUnlock"),
        building.event("older", building.now - 901 * HOUR, "DoorLock"),
        building.event("open", building.now - 5, "DoorOpen"),
        building.event("grant", building.now - 4),
    )
    assert {event.event_id for event in read(building).carried} == {"lock", "open"}


def test_versions_and_coverage_are_read_whole(building):
    policy = Policy(guests_per_grant=1)
    building.write(configuration.set_policy, building.door, policy, building.now)
    spans = [CameraSpan("cam", building.now - HOUR, building.now + 30 * SECOND)]
    building.write(coverage.add_camera_spans, spans, building.now)
    said = PacsCoverage(building.now - HOUR, building.now + MINUTE, ("AccessGranted",))
    building.write(coverage.store_pacs_coverage, building.pacs, said, building.now)
    inputs = read(building)
    assert inputs.policies == (PolicyVersion(building.now, policy),)
    assert inputs.mappings == (CameraVersion(building.now - HOUR, ("cam",)),)
    assert inputs.camera_coverage == {"cam": (Span(building.now - HOUR, building.now + 30 * SECOND),)}
    assert inputs.pacs_coverage == (Span(building.now - HOUR, building.now + MINUTE),)
    assert inputs.subscribed == frozenset({"AccessGranted"})


def test_a_pacs_that_never_sent_coverage_counts_as_covered(building):
    assert (read(building).pacs_coverage, read(building).subscribed) == (None, None)


def test_the_clock_offset_widens_what_is_read_of_the_pacs(building):
    building.write(configuration.set_policy, building.door, Policy(clock_offset=5 * SECOND), building.now - HOUR)
    building.store_events(building.event("ahead", building.now + 64 * SECOND))
    assert [event.event_id for event in read(building).events] == ["ahead"]


def test_what_is_read_is_what_the_rule_judges(building):
    building.write(
        coverage.add_camera_spans, [CameraSpan("cam", building.now - HOUR, building.now + HOUR)], building.now
    )
    building.store_events(building.event("g", building.now, actor_name="J. Rivera"))
    building.store_crossings(
        building.crossing("c1", at=building.now + SECOND),
        building.crossing("c2", at=building.now + 2 * SECOND, track="t2"),
    )
    verdict = judge(read(building), building.now + MINUTE)
    [incident] = verdict.incidents
    assert (incident.kind, incident.people, incident.grants, incident.excess) == ("tailgating", 2, 1, 1)
