"""The words under which things are found."""

import pytest

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import CrossingOutcome
from doorwatch.domain.labels import (
    crossing_labels,
    event_labels,
    incident_labels,
    normal_label,
    person_labels,
    words_of,
)
from doorwatch.domain.verdict import Known, reconcile


def event(event_type, **more):
    return AccessEvent("e", "d", 0, event_type, **more)


@pytest.mark.parametrize(
    ("event_type", "labels"),
    [
        ("AccessGranted", {"access granted", "entry.unlocked", "entry unlocked"}),
        ("entry_unlocked", {"access granted", "entry.unlocked", "entry unlocked"}),
        ("DoorOpenedForTooLong", {"entry ajar", "entry.ajar", "door held open", "door opened for too long"}),
        ("DoorOpenWhileLockSecure", {"forced open", "door open while lock secure"}),
        ("DoorForcedOpen", {"forced open", "door open while lock secure", "door forced open"}),
        ("DoorManuallyUnlocked", {"entry unlocked", "manual unlock"}),
        ("DoorScheduledUnlock", {"entry unlocked", "scheduled unlock"}),
        ("DoorUnlock", {"entry unlocked", "door unlock"}),
        ("AccessUnknownCredential", {"access denied", "access refused", "unknown credential"}),
        ("AccessCardAndPINTimeout", {"access denied", "card and pin timeout"}),
        ("AccessAntipassbackViolation", {"access denied", "antipassback violation"}),
        ("SomethingNew", {"something new"}),
    ],
)
def test_events_carry_the_words_that_people_search_for(event_type, labels):
    assert labels <= set(event_labels(event(event_type)))


def test_nothing_but_a_grant_is_called_access_granted():
    for event_type in ("DoorUnlock", "DoorManuallyUnlocked", "DoorScheduledUnlock", "AccessRefused", "DoorOpen"):
        assert "access granted" not in event_labels(event(event_type))


def test_the_person_of_an_event_is_found_by_full_name_each_name_and_id():
    labels = event_labels(event("AccessGranted", actor_id="U7", actor_name="Jane van Dam", actor_email="J@x.org"))
    assert {"jane van dam", "jane", "van", "dam", "u7", "j@x.org"} <= set(labels)
    assert {"jane_van_dam_entry.unlocked", "u7_entry.unlocked"} <= set(labels)


def test_who_was_refused_is_not_labelled_as_let_in():
    labels = event_labels(event("AccessRefused", actor_name="Jane Doe"))
    assert "jane doe" in labels
    assert not any(label.endswith("entry.unlocked") for label in labels)


def test_labels_that_the_sender_added_are_kept():
    assert "vip guest" in event_labels(event("AccessGranted", labels=("VIP_Guest",), side=Direction.IN))
    assert "side in" in event_labels(event("AccessGranted", side=Direction.IN))


def test_labels_are_lower_case_with_single_spaces_and_once_each():
    assert normal_label("  Entry_Unlocked  twice ") == "entry unlocked twice"
    labels = event_labels(event("AccessGranted", labels=("access granted",)))
    assert len(labels) == len(set(labels))
    assert words_of("DoorREXOn") == "door rex on"
    assert person_labels(None, None) == ()


@pytest.mark.parametrize(
    ("direction", "outcome", "present", "absent"),
    [
        (Direction.IN, None, {"person", "in", "entered"}, {"out", "admitted"}),
        (Direction.OUT, CrossingOutcome.UNCONTROLLED, {"out", "left", "exit"}, {"in"}),
        (Direction.IN, CrossingOutcome.EXCESS, {"excess entry"}, {"tailgating"}),
        (Direction.IN, CrossingOutcome.TURNED_BACK, {"turned back"}, {"admitted"}),
    ],
)
def test_crossings_carry_direction_and_fate(direction, outcome, present, absent):
    labels = set(crossing_labels(Crossing("c", "d", "cam", "t", 0, direction), outcome))
    assert present <= labels
    assert not absent & labels


def test_every_incident_is_found_as_tailgating_and_by_its_own_kind(door):
    door.grant(0).enter(2, 3).enter(100).event("AccessDenied", 200).enter(203).grant(300).enter(302, possible=1)
    kinds = ["tailgating", "unauthorized entry", "entry after refusal", "possible tailgating"]
    for incident, kind in zip(door.judge().incidents, kinds, strict=True):
        assert {"incident", "tailgating", "unauthorized access", kind} <= set(incident_labels(incident))


def test_what_turned_out_to_be_no_incident_is_not_found_as_tailgating(door):
    told = [Known(incident, 1) for incident in door.enter(2).judge().incidents]
    (change,) = reconcile(told, door.grant(0).judge())
    labels = incident_labels(change.incident)
    assert "tailgating" not in labels
    assert "explained unauthorized entry" in labels


def test_uncertain_incidents_say_so(door):
    labels = incident_labels(door.enter(2).heard((50, 100)).seen((2, 3)).only(now=90))
    assert {"unconfirmed", "tailgating"} <= set(labels)
    partial = incident_labels(door.grant(0).enter(2, 6).seen((-100, 3), (5, 100)).only(now=50))
    assert "partial coverage" in partial
