"""Who was watching: what is said of time nobody saw or heard, when a verdict is final, and several cameras at a door."""

import pytest

from doorwatch.domain.verdict import CameraVersion
from doorwatch.domain.verdict.coverage import Coverage, seen_by_cameras


def states(door, now):
    return [incident.state.value for incident in door.judge(now).incidents]


def test_an_incident_is_provisional_until_settle_after_its_last_entry(door):
    door.grant(0).enter(2, 3)
    assert states(door, 8.9) == ["provisional"]
    assert states(door, 9) == ["final"]


def test_a_camera_that_lags_delays_finality(door):
    door.enter(2).seen((-100, 5))
    assert states(door, 20) == ["provisional"]
    assert states(door.seen((-100, 8)), 20) == ["final"]


def test_a_stalled_camera_delays_finality_by_half_a_minute_at_most(door):
    door.enter(2).seen((-100, 5))
    assert states(door, 37.9) == ["provisional"]
    assert states(door, 38) == ["final"]


def test_a_gateway_that_lags_delays_finality_and_is_then_not_believed(door):
    door.enter(2).heard((-100, 5))
    assert states(door, 20) == ["provisional"]
    assert states(door, 40) == ["unconfirmed"]
    assert states(door.heard((-100, 8)), 20) == ["final"]


@pytest.mark.parametrize(
    ("gap", "state"), [((-60, -30), "final"), ((-20, -10), "unconfirmed"), ((4, 5), "unconfirmed")]
)
def test_an_entry_is_unconfirmed_when_its_grant_may_lie_in_time_nobody_heard(door, gap, state):
    door.enter(2).heard((-1000, gap[0]), (gap[1], 1000))
    assert states(door, 500) == [state]


def test_an_unconfirmed_incident_says_why(door):
    assert "could not be heard" in door.enter(2).heard((100, 1000)).only(now=500).reason


def test_a_pacs_that_never_told_its_coverage_counts_as_covered(door):
    assert states(door.enter(2), 500) == ["final"]


def test_a_gap_never_removes_an_entry_that_was_seen(door):
    incident = door.grant(0).enter(2, 6).seen((-100, 3), (5, 100)).only(now=50)
    assert (incident.excess, incident.coverage.value) == (1, "partial")
    assert "missed a part" in incident.reason


def test_a_gap_of_a_second_is_forgiven(door):
    door.grant(0).enter(2).seen((-100, 3), (4, 100))
    assert door.grants(now=50) == ["used"]
    assert door.seen((-100, 3), (4.1, 100)).grants(now=50) == ["not observable"]


def test_a_gap_beside_an_admission_does_not_touch_it(door):
    assert door.grant(0).enter(2).seen((-100, -5), (-2, 100)).grants(now=50) == ["used"]
    assert door.seen((-100, -5), (-1.9, 100)).grants(now=50) == ["not observable"]


def test_a_door_without_a_camera_is_not_observable(door):
    assert door.grant(0).having(camera_coverage={}).grants() == ["not observable"]


def test_nobody_came_is_said_only_when_the_admission_ran_out_and_everything_settled(door):
    door.grant(0)
    assert door.grants(now=15.9) == ["waiting"]
    assert door.grants(now=16) == ["granted, no entry"]


def test_coverage_before_the_first_version_of_the_mapping_counts_for_its_cameras(door):
    door.cameras("cam", valid_from=50).grant(0).enter(2).seen((-100, 100))
    assert door.grants(now=60) == ["used"]


def test_a_camera_counts_only_while_it_was_mapped(door):
    door.cameras("old").cameras("cam", valid_from=100).grant(200).seen((-1000, 1000), camera="old")
    assert door.grants(now=900) == ["not observable"]
    assert door.seen((-1000, 1000)).grants(now=900) == ["granted, no entry"]


def both(door):
    return door.cameras("front", "side").seen((-100, 500), camera="front").seen((-100, 500), camera="side")


def test_one_person_seen_by_two_cameras_counts_once(door):
    door = both(door).grant(0).enter(2, camera="front", crossing_id="a").enter(2.7, camera="side", crossing_id="b")
    assert door.incidents(now=100) == []
    verdict = {one.crossing_id: one for one in door.judge(100).crossings}
    assert (verdict["b"].outcome.value, verdict["b"].grant_id, verdict["b"].same_as) == ("admitted", "e001", "a")


def test_two_people_seen_by_two_cameras_are_two(door):
    door = both(door).grant(0).enter(2, 3, camera="front").enter(2.2, 3.2, camera="side")
    assert door.incidents(now=100) == [("tailgating", 1, 2, 1)]


def test_somebody_whom_only_the_second_camera_saw_is_a_possible_tailgating(door):
    door = both(door).grant(0).enter(2, camera="front").enter(2.2, 3.5, camera="side")
    incident = door.only(now=100)
    assert (incident.kind.value, incident.excess, incident.possible, incident.people) == (
        "possible_tailgating",
        0,
        1,
        1,
    )


def test_somebody_whom_only_the_second_camera_saw_leave_needs_no_grant(door):
    assert both(door).leave(3.5, camera="side").incidents(now=100) == []


@pytest.mark.parametrize(("seconds", "possible"), [(5.9, 1), (6, 0), (8, 0)])
def test_an_admission_covers_nobody_unseen_before_who_took_it_has_turned_back(door, seconds, possible):
    both(door).grant(0).enter(2, track="back", camera="front").leave(6, track="back", camera="front")
    door.enter(seconds, camera="side")
    assert [one.possible for one in door.judge(now=100).incidents] == [possible] * possible


@pytest.mark.parametrize("grant", [{"seconds": 0, "side": "out"}, {"seconds": -50}])
def test_somebody_unseen_is_not_covered_by_a_grant_of_another_way_or_time(door, grant):
    assert both(door).grant(**grant).enter(3, camera="side").only(now=100).possible == 1


def test_the_second_camera_counts_where_the_first_was_blind(door):
    door.cameras("front", "side").seen((-100, 1), (20, 500), camera="front").seen((-100, 500), camera="side")
    door.grant(0).enter(2, 3, camera="side")
    assert door.incidents(now=100) == [("tailgating", 1, 2, 1)]
    assert door.grants(now=100) == ["used"]


def test_a_camera_that_was_never_mapped_comes_last(door):
    both(door).grant(0).enter(2, camera="front").enter(2.1, camera="attic")
    assert door.incidents(now=100) == []


def test_news_of_the_first_camera_are_waited_for_before_the_second_counts(door):
    door.cameras("front", "side").seen((-100, 1), camera="front").seen((-100, 3), camera="side")
    door.enter(2, camera="side")
    assert door.incidents(now=3)[0][0] == "possible_tailgating"
    assert door.incidents(now=60)[0][0] == "unauthorized_entry"


def test_a_first_camera_that_is_dead_for_long_is_neither_waited_for_nor_disagreed_with(door):
    door.cameras("front", "side").seen((-4000, -3600), camera="front").seen((-4000, 500), camera="side")
    door.grant(0).enter(2, 3, camera="side")
    assert door.incidents(now=4) == [("tailgating", 1, 2, 1)]
    assert states(door, 9) == ["final"]


def test_an_incident_waits_for_the_camera_whose_word_comes_first(door):
    door.cameras("front", "side").seen((-100, 4), camera="front").seen((-100, 500), camera="side")
    door.enter(3, camera="front").enter(3.2, camera="side")
    assert states(door, 20) == ["provisional"]
    assert states(door, 39) == ["final"]
    assert states(door.seen((-100, 9), camera="front"), 20) == ["final"]


def test_an_incident_does_not_wait_for_a_camera_that_only_stands_in(door):
    door.cameras("front", "side").seen((-100, 500), camera="front").seen((-100, 4), camera="side")
    assert states(door.enter(3, camera="front"), 9) == ["final"]


def test_doors_that_share_a_reader_share_its_admissions(door):
    door.having(leaves={"left": "left door", "right": "right door"})
    door.grant(0, device="left").grant(0.2, device="left")
    door.enter(2, door="left door").enter(2.5, door="right door")
    assert door.incidents() == []
    assert door.enter(3, door="right door").incidents() == [("tailgating", 1, 3, 2)]


def test_unlocking_one_leaf_does_not_unlock_the_other(door):
    door.having(leaves={"left": "left door", "right": "right door"})
    door.event("DoorManuallyUnlocked", 0, device="left").enter(2, door="left door").enter(3, door="right door")
    assert door.outcomes() == ["unlocked", "excess"]


def spans(coverage, micros):
    return [((span.start - micros(0)) / 1e6, (span.end - micros(0)) / 1e6) for span in coverage.spans]


def test_a_door_of_two_leaves_is_seen_while_both_are(door, micros):
    cameras = {leaf: [CameraVersion(micros(-1000), (leaf,))] for leaf in ("left", "right")}
    door.having(leaves={"a": "left", "b": "right"}, leaf_mappings=cameras)
    door.seen((0, 10), (20, 40), (60, 70), camera="left").seen((5, 25), (30, 50), camera="right")
    assert spans(seen_by_cameras(door.inputs), micros) == [(5, 10), (20, 25), (30, 40)]


def test_a_camera_sees_a_door_from_when_it_was_mapped_on(door, micros):
    door.cameras("old").cameras("new", valid_from=50).seen((0, 30), (60, 70), camera="old").seen((0, 100), camera="new")
    assert spans(seen_by_cameras(door.inputs), micros) == [(0, 30), (50, 100)]


@pytest.mark.parametrize(("at", "held"), [(9, False), (10, True), (20, True), (25, False), (30, True), (41, False)])
def test_a_moment_is_watched_from_the_first_of_a_span_to_its_last(at, held):
    assert Coverage([(30, 40), (10, 20)]).holds_at(at) is held
