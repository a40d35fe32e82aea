"""The rule's fine print: borders of intervals, doors that stay open, turning back, locks, kinds, counting."""

import pytest

from doorwatch.domain.verdict.people import distinct_crossings

TAILGATING = "tailgating"
UNAUTHORIZED = "unauthorized_entry"
REFUSED = "entry_after_refusal"


@pytest.mark.parametrize(("seconds", "admitted"), [(-2, True), (-2.000001, False), (10, True), (10.000001, False)])
def test_an_admission_includes_both_its_ends(door, seconds, admitted):
    assert (door.grant(0).enter(seconds).incidents() == []) is admitted


@pytest.mark.parametrize(("apart", "incidents"), [(9.999999, 1), (10, 2)])
def test_exactly_the_group_gap_apart_is_a_new_incident(door, apart, incidents):
    assert len(door.enter(100, 100 + apart).incidents()) == incidents


def test_an_incident_reaches_a_minute_from_its_first_excess_entry_and_no_further(door):
    assert [one[1] for one in door.enter(*range(0, 70, 6)).incidents()] == [11, 1]


def test_a_clock_offset_is_subtracted_from_the_pacs_alone(door):
    door.policy(clock_offset=60).grant(60).enter(2)
    assert door.incidents() == []
    assert door.having(policies=()).incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_the_policy_in_force_at_the_time_of_the_event_is_read(door):
    door.policy(valid_from=-1000, guests_per_grant=1).policy(valid_from=500, guests_per_grant=0)
    assert door.grant(0).enter(2, 3).grant(1000).enter(1002, 1003).incidents() == [(TAILGATING, 1, 2, 1)]


@pytest.mark.parametrize("ahead", [-90, 90])
def test_a_clock_offset_begins_on_the_cameras_clock(door, ahead):
    door.policy(valid_from=0, clock_offset=ahead)
    door.grant(-8 + ahead).enter(-5)  # judged as everything was then
    door.grant(2 + ahead).enter(5)
    assert [one.start for one in door.judge().incidents] == [door.inputs.crossings[0].at]


def test_an_open_door_keeps_the_grant_alive_until_it_closes(door):
    door.grant(0).event("DoorOpen", 3).enter(18).event("DoorClose", 20)
    assert door.incidents() == []
    assert door.enter(20.5).incidents() == [(TAILGATING, 1, 2, 1)]


def test_an_open_door_keeps_the_grant_alive_for_half_a_minute_at_most(door):
    door.grant(0).event("DoorOpen", 3).enter(30.5).event("DoorClose", 40)
    assert door.incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_a_door_that_stood_open_at_the_grant_keeps_it_alive_too(door):
    assert door.event("DoorOpen", -50).grant(0).enter(25).event("DoorClose", 26).incidents() == []


def test_closing_never_shortens_an_admission(door):
    assert door.grant(0).event("DoorOpen", 1).event("DoorClose", 2).enter(9).incidents() == []


def test_without_news_of_closing_an_open_door_keeps_nothing_alive(door):
    door.grant(0).event("DoorOpen", 3).enter(18).subscribed("AccessGranted", "DoorOpen")
    assert door.incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_a_late_opening_does_not_extend_an_admission_that_ran_out(door):
    assert door.grant(0).event("DoorOpen", 10.5).enter(12).event("DoorClose", 14).incidents() != []


def test_a_grant_for_the_way_out_lets_nobody_in(door):
    assert door.grant(0, side="out").enter(2).incidents() == [(UNAUTHORIZED, 1, 1, 0)]
    assert door.grants() == ["uncontrolled"]


def test_a_grant_for_this_way_is_taken_before_one_for_either(door):
    door.policy(controlled_direction="both").grant(0, event_id="any").grant(0.5, side="in", event_id="in")
    door.enter(2).leave(3)
    assert door.incidents() == []
    assert {one.grant_id: one.crossing_ids for one in door.judge().grants} == {"any": ("c004",), "in": ("c003",)}


def test_an_earlier_choice_is_changed_when_somebody_else_needs_it(door):
    # The preferred one for the first would be the directed grant, the only one that still runs for the second.
    door.grant(0, event_id="any").grant(5, side="in", event_id="in").enter(6, 14)
    assert door.incidents() == []


def test_leaving_takes_nothing_where_leaving_is_free(door):
    assert door.grant(0).leave(1, 2, 3).enter(4).incidents() == []


def test_an_admission_is_free_again_once_its_holder_turned_back(door):
    door.grant(0).enter(1, track="a").leave(3, track="a").enter(4, track="b")
    assert door.incidents() == []
    assert door.enter(5, track="c").incidents() == [(TAILGATING, 1, 2, 1)]


def test_who_entered_before_the_holder_turned_back_used_another_or_none(door):
    door.grant(0).enter(1, track="a").enter(2, track="b").leave(3, track="a").enter(4, track="c")
    assert door.outcomes() == ["turned_back", "excess", "turned_back", "admitted"]


def test_an_excess_entry_that_turns_back_is_none(door):
    assert door.grant(0).enter(1, track="a").enter(2, track="b").leave(4, track="b").incidents() == []


@pytest.mark.parametrize(("back", "continuous", "incidents"), [(7, True, 0), (7.1, True, 1), (7, False, 1)])
def test_turning_back_takes_five_seconds_at_most_and_a_track_never_lost(door, back, continuous, incidents):
    door.enter(2, track="a").leave(back, track="a", continuous=continuous)
    assert len(door.incidents()) == incidents


def test_somebody_stepping_out_and_in_again_needs_no_grant(door):
    assert door.leave(0, track="a").enter(3, track="a").incidents() == []


def test_who_turned_back_after_the_excess_entry_is_counted_with_it(door):
    incident = door.grant(0).enter(1, track="a").enter(2, track="b").leave(3, track="a").only()
    assert (incident.people, incident.grants, incident.kind.value) == (2, 1, TAILGATING)


def test_who_turned_back_before_the_excess_entry_is_not_counted_with_it(door):
    door.grant(0).enter(1, track="a").leave(2, track="a").enter(3, track="b").enter(4, track="c")
    assert door.incidents() == [(TAILGATING, 1, 2, 1)]


def test_a_lone_door_unlock_opens_no_unlocked_period(door):
    assert door.event("DoorUnlock", 0).enter(2).incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_an_unlocked_entry_takes_a_valid_admission_if_there_is_one(door):
    door.event("DoorManuallyUnlocked", 0).grant(1).enter(2, 3).event("DoorSecured", 10)
    assert door.outcomes() == ["admitted", "unlocked"]


def test_without_news_of_locking_an_unlocked_period_ends_by_itself_and_says_so(door):
    door.event("DoorManuallyUnlocked", 0).enter(59, 90)
    door.subscribed("AccessGranted", "DoorManuallyUnlocked")
    assert door.incidents() == [(UNAUTHORIZED, 1, 1, 0)]
    ((start, end, observed),) = door.judge().unlocked
    assert ((end - start) / 1e6, observed) == (60, False)


def test_with_news_of_locking_an_unlocked_period_lasts_until_them(door):
    assert door.event("DoorManuallyUnlocked", 0).enter(3000).incidents() == []
    assert door.judge().unlocked[0][1] is None


def test_the_last_of_several_lock_events_wins(door):
    door.event("DoorScheduledUnlock", 0).event("DoorLock", 10).event("DoorManuallyUnlocked", 20).enter(15, 25)
    assert door.outcomes() == ["excess", "unlocked"]


def test_locking_at_the_very_moment_of_a_crossing_comes_before_it(door):
    assert door.event("DoorManuallyUnlocked", 0).event("DoorLock", 5).enter(5).outcomes() == ["excess"]
    assert door.event("DoorManuallyUnlocked", 60).enter(60).outcomes() == ["excess", "unlocked"]


def test_an_admission_used_after_the_refusal_makes_it_tailgating(door):
    door.event("AccessDenied", 0).grant(1).enter(2, 3)
    assert door.incidents() == [(TAILGATING, 1, 2, 1)]


def test_a_refusal_too_long_ago_is_forgotten(door):
    assert door.event("AccessExpiredCredential", 0).enter(10.5).incidents() == [(UNAUTHORIZED, 1, 1, 0)]
    assert door.event("AccessExpiredCredential", 100).enter(110).incidents()[1][0] == REFUSED


def test_a_refusal_on_the_way_out_is_none_of_an_entry(door):
    assert door.event("AccessDenied", 0, side="out").enter(2).incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_somebody_admitted_within_the_group_gap_before_makes_it_tailgating(door):
    assert door.grant(0).enter(9, 18.9).incidents() == [(TAILGATING, 1, 2, 1)]


def test_somebody_admitted_the_whole_group_gap_before_does_not(door):
    assert door.grant(0).enter(9, 19).incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_of_the_admitted_before_the_first_the_latest_and_those_whose_admission_ran_are_counted(door):
    # the first one's admission ended at 10 s, the second one's runs until 14 s
    door.grant(0).enter(3).grant(4).enter(5).enter(12)
    assert door.incidents() == [(TAILGATING, 1, 2, 1)]


def test_admitted_people_between_the_first_and_the_last_excess_entry_are_counted(door):
    door.enter(0).grant(4).enter(5).enter(8)
    assert door.incidents() == [(TAILGATING, 2, 3, 1)]


def test_hidden_people_are_a_possible_tailgating_of_their_own(door):
    door.grant(0, name="J. Rivera").enter(2, possible=1)
    incident = door.only()
    assert (incident.kind.value, incident.excess, incident.possible) == ("possible_tailgating", 0, 1)
    assert incident.reason == "1 person, 1 grant: perhaps 1 more entered unseen with J. Rivera"
    assert door.outcomes() == ["possible"]


def test_hidden_people_for_whom_there_is_a_grant_are_nobodys_business(door):
    assert door.grant(0).grant(1).enter(2, possible=1).incidents() == []


def test_hidden_people_near_an_excess_entry_are_told_with_it(door):
    incident = door.grant(0).enter(2, possible=1).enter(3).only()
    assert (incident.kind.value, incident.excess, incident.possible) == (TAILGATING, 1, 1)
    assert incident.reason.endswith("perhaps 1 more, unseen")


def test_hidden_people_at_an_unlocked_door_are_nobodys_business(door):
    assert door.event("DoorManuallyUnlocked", 0).enter(2, possible=2).incidents() == []


def test_leaving_is_controlled_where_the_policy_says_so(door):
    door.policy(controlled_direction="out").grant(0, side="out").leave(2, 3).enter(4)
    assert door.incidents() == [(TAILGATING, 1, 2, 1)]
    assert "1 more left without a grant" in door.only().reason


def test_an_entry_sensor_that_nobody_was_seen_at_is_told(door):
    door.event("DoorEntryDetected", 0, event_id="seen").enter(1).event("DoorEntryDetected", 60, event_id="unseen")
    assert door.judge().sensed_unseen == ("unseen",)


@pytest.mark.parametrize(("seconds", "unseen"), [(-3.1, ("in",)), (-3, ()), (3, ()), (3.1, ("in",))])
def test_an_entry_sensor_means_who_crosses_within_three_seconds(door, seconds, unseen):
    assert door.event("DoorEntryDetected", 0, event_id="in").enter(seconds).judge().sensed_unseen == unseen


def test_an_incident_id_comes_from_account_door_and_first_excess_crossing(door, new_door):
    first = door.grant(0).enter(1).enter(2, crossing_id="x").only().incident_id
    assert new_door().enter(500, crossing_id="x").only().incident_id == first
    assert new_door().having(account="other").enter(500, crossing_id="x").only().incident_id != first
    assert new_door().enter(500, crossing_id="y").only().incident_id != first


def test_names_in_the_sentence_are_shortened_when_there_are_many(door):
    for number in range(5):
        door.grant(number / 10, name=f"P{number}")
    reason = door.enter(2, 2.1, 2.2, 2.3, 2.4, 2.5).only().reason
    assert reason.startswith("6 people, 5 grants: P0, P1 and 3 others were let in, 1 more entered")


def test_the_sentence_tells_how_long_after_the_admitted_the_other_came(door):
    told = door.grant(0, name="J. Rivera").enter(2, 3.5).only().reason
    assert told == "2 people, 1 grant: J. Rivera was let in, 1 more entered without a grant 1.5 s later"


def test_who_was_let_out_meanwhile_does_not_end_a_refusal(door):
    door.policy(controlled_direction="both").event("AccessRefused", 0).grant(1, side="out").leave(2).enter(3)
    assert door.incidents() == [(REFUSED, 1, 1, 0)]


def test_one_track_that_goes_in_twice_has_not_turned_back(door):
    assert door.grant(0).enter(2, 3, track="one").outcomes() == ["admitted", "excess"]


@pytest.mark.parametrize(("seconds", "incidents"), [(30, 0), (100, 1)])
def test_without_news_of_locking_an_unlock_lasts_as_the_policy_says_though_another_follows(door, seconds, incidents):
    door.policy(unlocked_max=60).subscribed("AccessGranted", "DoorManuallyUnlocked")
    door.event("DoorManuallyUnlocked", 0).event("DoorManuallyUnlocked", 200).enter(seconds)
    assert len(door.incidents()) == incidents


def test_a_grant_of_before_that_was_fetched_for_the_locks_lets_nobody_in(door):
    before = door.grant(0).inputs.events
    assert door.having(events=(), carried=before).enter(2).incidents() == [(UNAUTHORIZED, 1, 1, 0)]


@pytest.mark.parametrize("best", [0, 1])
def test_of_copies_of_an_event_the_one_that_knows_most_is_read_in_any_order(door, best):
    door.grant(0, event_id="e", name=None if best else "Ann").grant(0, event_id="e", name="Ann" if best else None)
    assert door.enter(2, 3).only().actors == ("Ann",)


@pytest.mark.parametrize("best", [0, 1])
def test_of_copies_of_a_crossing_the_surest_is_read_in_any_order(door, best):
    for number in range(2):
        door.enter(2, crossing_id="c", confidence=0.9 if number == best else 0.4)
    assert [one.confidence for one in distinct_crossings(door.inputs.crossings)] == [0.9]
