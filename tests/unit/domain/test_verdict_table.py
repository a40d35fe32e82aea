"""The decision table of the rule, row by row; each test is named by what happens and what is said of it."""

TAILGATING = "tailgating"
UNAUTHORIZED = "unauthorized_entry"


def test_one_grant_and_one_in_is_fine(door):
    assert door.grant(0).enter(2).incidents() == []
    assert door.outcomes() == ["admitted"]
    assert door.grants() == ["used"]


def test_one_grant_and_two_in_is_tailgating_with_one_excess(door):
    door.grant(0, name="J. Rivera").enter(2, 3)
    assert door.incidents() == [(TAILGATING, 1, 2, 1)]
    assert door.outcomes() == ["admitted", "excess"]
    assert door.only().reason.startswith("2 people, 1 grant: J. Rivera was let in, 1 more entered")


def test_two_grants_in_the_same_second_and_two_in_is_fine(door):
    assert door.grant(0).grant(0.4).enter(2, 2.8).incidents() == []


def test_two_grants_four_seconds_apart_and_two_in_after_both_is_fine(door):
    assert door.grant(0).grant(4).enter(6, 7).incidents() == []


def test_two_grants_and_three_in_is_tailgating_with_one_excess(door):
    assert door.grant(0).grant(1).enter(3, 4, 5).incidents() == [(TAILGATING, 1, 3, 2)]


def test_one_in_without_a_grant_for_a_minute_is_an_unauthorized_entry(door):
    assert door.grant(-60).enter(0).incidents() == [(UNAUTHORIZED, 1, 1, 0)]
    assert door.only().reason == "1 person, 0 grants: 1 entered without any grant"


def test_one_out_with_nobody_badging_is_fine_since_leaving_is_free(door):
    assert door.leave(0).incidents() == []
    assert door.outcomes() == ["uncontrolled"]


def test_one_in_on_a_grant_while_another_goes_out_is_fine(door):
    assert door.grant(0).leave(2).enter(2.2).incidents() == []


def test_somebody_slipping_in_as_another_goes_out_is_an_unauthorized_entry(door):
    assert door.event("DoorOpen", 0).leave(1).enter(2).incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_a_grant_with_nobody_coming_is_said_so_and_is_no_incident(door):
    assert door.grant(0).incidents() == []
    assert door.grants() == ["granted, no entry"]


def test_in_back_and_in_again_on_one_track_is_one_person(door):
    door.grant(0).enter(2, track="a").leave(4, track="a").enter(8, track="a")
    assert door.incidents() == []
    assert door.outcomes() == ["turned_back", "turned_back", "admitted"]


def test_a_second_one_in_long_after_the_door_closed_is_an_unauthorized_entry(door):
    door.grant(0).event("DoorOpen", 2).enter(3).event("DoorClose", 6).enter(25)
    assert door.incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_forty_people_through_a_door_unlocked_by_schedule_are_counted_and_no_incident(door):
    hour = 3600
    door.event("DoorScheduledUnlock", 8 * hour).event("DoorScheduledLock", 18 * hour)
    door.enter(*(9 * hour + 60 * n for n in range(40)))
    assert door.incidents() == []
    assert door.outcomes() == ["unlocked"] * 40


def test_one_more_in_after_an_operator_locked_again_is_an_unauthorized_entry(door):
    door.event("DoorManuallyUnlocked", 0).enter(3, 4, 5).event("DoorLock", 8).enter(30)
    assert door.incidents() == [(UNAUTHORIZED, 1, 1, 0)]
    assert door.outcomes() == ["unlocked", "unlocked", "unlocked", "excess"]


def test_one_in_after_a_refusal_is_an_entry_after_refusal(door):
    door.event("AccessUnknownCredential", 0, name="Card 17").enter(4)
    assert door.incidents() == [("entry_after_refusal", 1, 1, 0)]
    assert door.only().reason == "1 person, 0 grants: 1 entered 4.0 s after Card 17 was refused"


def test_the_same_event_delivered_three_times_counts_once(door):
    for _ in range(3):
        door.grant(0, event_id="same")
    assert door.enter(2, 3).incidents() == [(TAILGATING, 1, 2, 1)]


def test_an_entry_while_the_gateway_was_away_is_unconfirmed_until_its_grant_is_filled_in(door):
    door.enter(0).heard((-3600, -120), (1800, 1_000_000))
    assert door.only(now=3000).state.value == "unconfirmed"
    door.grant(-2, event_id="late").heard((-3600, 1_000_000))
    assert door.incidents(now=3000) == []


def test_an_entry_whose_grant_came_late_without_an_outage_is_no_incident_any_more(door):
    door.enter(0).heard((-3600, 1_000_000))
    assert door.only(now=100).state.value == "final"
    assert door.grant(-2).incidents(now=3000) == []


def test_a_pacs_clock_a_little_ahead_of_the_camera_is_fine_within_grant_before(door):
    assert door.grant(1.5).enter(0.5).incidents() == []


def test_a_door_with_one_guest_per_grant_lets_two_in(door):
    assert door.policy(guests_per_grant=1).grant(0).enter(2, 3).incidents() == []
    assert door.enter(4).incidents() == [(TAILGATING, 1, 3, 1)]


def test_a_camera_without_a_stream_around_a_grant_makes_it_not_observable(door):
    door.grant(0).seen((-3600, -10), (10, 3600))
    assert door.grants() == ["not observable"]
    assert door.incidents() == []


def test_five_in_on_one_grant_are_one_incident_that_lists_all_five(door):
    door.grant(0).enter(2, 3, 4, 5, 6)
    assert door.incidents() == [(TAILGATING, 4, 5, 1)]
    assert len(door.only().crossing_ids) == 5
    assert len(door.only().excess_crossing_ids) == 4


def test_two_grants_half_a_minute_apart_each_with_two_in_are_two_incidents(door):
    door.grant(0).enter(2, 3).grant(30).enter(32, 33)
    assert door.incidents() == [(TAILGATING, 1, 2, 1), (TAILGATING, 1, 2, 1)]


def test_one_crossing_that_carries_a_trolley_or_a_child_is_one_person(door):
    assert door.grant(0).enter(2).incidents() == []


def test_one_who_stood_in_the_doorway_for_twenty_seconds_needs_the_open_door_to_keep_the_grant(door):
    door.grant(0).event("DoorOpen", 1).enter(20)
    assert door.event("DoorClose", 22).incidents() == []


def test_two_side_by_side_on_one_grant_are_two_people(door):
    assert door.grant(0).enter(2, 2).incidents() == [(TAILGATING, 1, 2, 1)]


def test_one_who_followed_stands_though_the_first_steps_back_out_later(door):
    door.grant(0).enter(1, track="a").enter(2, track="b").leave(3, track="a")
    assert door.incidents() == [(TAILGATING, 1, 2, 1)]
    assert door.outcomes() == ["turned_back", "excess", "turned_back"]


def test_somebody_going_in_while_another_badges_out_is_an_unauthorized_entry(door):
    door.grant(0, side="out").leave(2).enter(3)
    assert door.incidents() == [(UNAUTHORIZED, 1, 1, 0)]
    assert door.grants() == ["uncontrolled"]


def test_the_same_at_a_door_that_controls_both_ways_is_an_unauthorized_entry(door):
    door.policy(controlled_direction="both").grant(0, side="out").leave(2).enter(3)
    assert door.incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_a_stranger_in_on_an_exit_button_and_a_lone_unlock_is_an_unauthorized_entry(door):
    door.event("DoorRexOn", 0).event("DoorUnlock", 0.1).leave(1).enter(2)
    assert door.incidents() == [(UNAUTHORIZED, 1, 1, 0)]


def test_an_hour_of_entries_at_a_dead_reader_is_an_incident_a_minute_and_none_endless(door):
    door.enter(*range(0, 3600, 4))
    incidents = door.judge().incidents
    assert len(incidents) == 57  # 16 entries fit into a minute, its both ends included
    assert sum(incident.excess for incident in incidents) == 900
    assert all(incident.end - incident.start <= 60_000_000 for incident in incidents)
