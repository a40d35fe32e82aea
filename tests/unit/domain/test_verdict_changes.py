"""From one verdict to the next: alerts, growth, corrections, merges and splits; and when to look again."""

from dataclasses import replace

import pytest

from doorwatch.domain.incident import IncidentState
from doorwatch.domain.verdict import Known, next_change, reconcile


@pytest.fixture
def told():
    """What was told of a door so far: judge it, tell, and remember."""
    return Told()


class Told:
    def __init__(self):
        self.known = {}

    def tell(self, door, now, *, dismissed=()):
        for incident_id in dismissed:
            self.known[incident_id] = replace(self.known[incident_id], dismissed=True)
        changes = reconcile(self.known.values(), door.judge(now))
        for change in changes:
            before = self.known.get(change.incident.incident_id)
            final = change.incident.state is IncidentState.FINAL
            alerted = change.incident.excess if final else before and before.alerted_excess
            self.known[change.incident.incident_id] = Known(
                change.incident, change.revision, alerted, superseded_by=change.superseded_by
            )
        return changes


def test_an_incident_is_told_when_seen_and_alerted_when_final(door, told):
    door.grant(0).enter(2, 3)
    (first,) = told.tell(door, 4)
    assert (first.revision, first.alert, first.incident.state.value) == (1, False, "provisional")
    assert told.tell(door, 5) == ()
    (second,) = told.tell(door, 9)
    assert (second.revision, second.alert, second.update, second.incident.state.value) == (2, True, False, "final")
    assert told.tell(door, 100) == ()


def test_an_incident_that_was_missed_while_it_was_provisional_is_alerted_at_once(door, told):
    (change,) = told.tell(door.enter(2), 100)
    assert (change.revision, change.alert) == (1, True)


def test_an_incident_that_grows_after_final_is_updated_once_and_new_again_if_dismissed(door, told):
    door.enter(2)
    (first,) = told.tell(door, 9)
    door.enter(10)
    (grown,) = told.tell(door, 11, dismissed=[first.incident.incident_id])
    assert (grown.incident.incident_id, grown.revision) == (first.incident.incident_id, 2)
    assert (grown.reopened, grown.update, grown.alert) == (True, False, False)
    (settled,) = told.tell(door, 30)
    assert (settled.update, settled.alert, settled.incident.excess) == (True, False, 2)


def test_a_late_grant_explains_an_incident_and_corrects_the_alert(door, told):
    told.tell(door.enter(2), 100)
    (change,) = told.tell(door.grant(0), 3000)
    assert (change.incident.state.value, change.correction, change.superseded_by) == ("explained", True, None)
    assert (change.incident.excess, change.incident.reason) == (
        0,
        "No incident: a grant that became known later accounts for it",
    )
    assert told.tell(door, 3001) == ()


def test_a_grant_that_came_in_time_withdraws_a_provisional_incident_without_a_word(door, told):
    told.tell(door.enter(2), 3)
    (change,) = told.tell(door.grant(0), 4)
    assert (change.incident.state.value, change.correction) == ("withdrawn", False)


def test_an_unconfirmed_incident_explained_by_the_back_fill_corrects_nothing(door, told):
    (first,) = told.tell(door.enter(0).heard((100, 5000)), 1000)
    assert (first.incident.state.value, first.alert) == ("unconfirmed", False)
    (change,) = told.tell(door.grant(-1).heard((-1000, 5000)), 2000)
    assert (change.incident.state.value, change.correction) == ("explained", False)


def test_an_unconfirmed_incident_that_no_grant_explains_is_alerted_after_the_back_fill(door, told):
    told.tell(door.enter(0).heard((100, 5000)), 1000)
    (change,) = told.tell(door.heard((-1000, 5000)), 2000)
    assert (change.incident.state.value, change.alert) == ("final", True)


def test_incidents_that_merge_name_the_one_that_holds_their_crossing(door, told):
    door.enter(0, crossing_id="a").enter(15, crossing_id="b")
    first, second = told.tell(door, 100)
    changes = told.tell(door.enter(7, crossing_id="late"), 200)
    assert [(change.incident.incident_id, change.superseded_by) for change in changes] == [
        (first.incident.incident_id, None),
        (second.incident.incident_id, first.incident.incident_id),
    ]
    assert not any(change.correction for change in changes)


def test_incidents_that_split_pass_their_reviews_on(door, told):
    door.enter(0, crossing_id="a").enter(7, crossing_id="b").enter(14, crossing_id="c")
    (whole,) = told.tell(door, 100)
    same, new = told.tell(door.grant(6), 200)  # explains the middle one; the others are too far apart
    assert (same.incident.incident_id, same.incident.excess) == (whole.incident.incident_id, 1)
    assert new.inherits == (whole.incident.incident_id,)


def test_an_incident_whose_first_entry_was_explained_lives_on_under_another_id(door, told):
    door.enter(0, crossing_id="a").enter(7, crossing_id="b")
    (whole,) = told.tell(door, 100)
    new, old = told.tell(door.grant(-5), 200)  # runs out before the second entry
    assert old.superseded_by == new.incident.incident_id != whole.incident.incident_id
    assert (old.correction, new.inherits) == (False, (whole.incident.incident_id,))


def test_an_incident_that_was_explained_comes_back_when_it_is_one_after_all(door, told):
    told.tell(door.enter(2), 100)
    told.tell(door.grant(0), 200)
    (change,) = told.tell(door.enter(1), 300)  # an earlier entry takes that grant
    assert (change.incident.state.value, change.revision, change.alert) == ("final", 3, False)
    assert change.update  # a correction was sent meanwhile


def test_an_alerted_incident_that_grew_and_is_then_accounted_for_is_explained_and_corrected(door, told):
    told.tell(door.enter(0), 9)
    (grown,) = told.tell(door.enter(8), 9)
    assert grown.incident.state.value == "provisional"
    (gone,) = told.tell(door.grant(-1).grant(7), 12)
    assert (gone.incident.state.value, gone.correction) == ("explained", True)


def test_who_was_alerted_of_is_not_alerted_of_again_when_their_incident_splits(door, told):
    door.enter(0, crossing_id="a").enter(7, crossing_id="b").enter(14, crossing_id="c")
    (whole,) = told.tell(door, 100)
    assert whole.alert
    same, new = told.tell(door.grant(6), 200)
    assert (same.alert, new.alert, new.update) == (False, False, False)


def test_an_incident_that_lost_its_first_while_it_was_undecided_again_is_not_alerted_of_twice(door, told):
    door.enter(0, crossing_id="a").enter(7, crossing_id="b")
    (whole,) = told.tell(door, 13)
    assert whole.alert
    door.heard((-1000, 9))
    new, old = told.tell(door.grant(-5), 14)
    assert (new.incident.state.value, old.superseded_by) == ("provisional", new.incident.incident_id)
    (settled,) = told.tell(door.heard((-1000, 100)), 30)
    assert (settled.incident.state.value, settled.alert, settled.update) == ("final", False, False)


def test_somebody_new_in_an_incident_that_took_over_another_is_alerted_of(door, told):
    told.tell(door.enter(7, crossing_id="b"), 100)
    new, old = told.tell(door.enter(0, crossing_id="late"), 200)
    assert (new.alert, old.superseded_by) == (True, new.incident.incident_id)


def test_a_door_looks_again_when_its_incident_settles(door, micros):
    door.enter(2)
    assert next_change(door.inputs, door.judge(3), micros(3)) == micros(8)
    assert next_change(door.inputs, door.judge(8), micros(8)) is None


def test_a_door_looks_again_soon_while_it_waits_for_a_camera(door, micros):
    door.enter(2).seen((-100, 3))
    assert micros(9) < next_change(door.inputs, door.judge(9), micros(9)) <= micros(9.5)


def test_a_door_looks_again_when_an_unused_admission_has_run_out(door, micros):
    door.grant(0)
    assert next_change(door.inputs, door.judge(3), micros(3)) == micros(16)
    assert next_change(door.inputs, door.judge(16), micros(16)) is None


def test_a_door_keeps_looking_after_unconfirmed_incidents_for_an_hour(door, micros):
    door.enter(0).heard((100, 5000))
    assert next_change(door.inputs, door.judge(600), micros(600)) == micros(605)
    assert next_change(door.inputs, door.judge(4000), micros(4000)) is None


def test_nothing_changes_by_itself_at_a_quiet_door(door, micros):
    assert next_change(door.inputs, door.judge(0), micros(0)) is None


def test_a_door_looks_again_when_news_of_the_cameras_can_no_longer_come_for_a_used_grant(door, micros):
    door.seen((-100, 1000)).grant(0).enter(2).grant(10).enter(11)
    assert next_change(door.inputs, door.judge(25), micros(25)) == micros(40)
    assert next_change(door.inputs, door.judge(60), micros(60)) is None


def test_an_incident_that_grows_is_new_again_only_if_it_was_dismissed(door, told):
    told.tell(door.enter(2), 9)
    (grown,) = told.tell(door.enter(10), 11)
    assert not grown.reopened


def test_what_an_unlock_explains_is_not_put_down_to_somebody_elses_grant(door, told):
    told.tell(door.enter(2), 50)
    door.event("DoorManuallyUnlocked", 0).event("DoorLock", 5).grant(100).enter(102)
    (change,) = told.tell(door, 200)
    assert change.incident.reason == "No incident: what became known later accounts for it"
