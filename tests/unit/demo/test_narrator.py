from zoneinfo import ZoneInfo

from doorwatch.demo.narrator import Narrator

DOOR = {"door_id": "d1", "name": "Lobby east"}


def moment(**fields):
    return {
        "moment_id": "m1",
        "kind": "access_event",
        "at": "2026-01-05T17:02:11.000000Z",
        "door": DOOR,
        "labels": [],
    } | fields


def narrator():
    return Narrator(ZoneInfo("Europe/Zurich"))


def test_a_grant_is_told_with_name_door_and_local_time():
    told = narrator().sentence("moment", moment(event_type="AccessGranted", actor_name="J. Rivera"))
    assert told == "18:02:11 grant J. Rivera at Lobby east"


def test_an_event_without_a_person_is_told_without_one():
    assert narrator().sentence("moment", moment(event_type="DoorOpen")) == "18:02:11 the door opens at Lobby east"


def test_an_unknown_event_is_told_by_its_own_name():
    told = narrator().sentence("moment", moment(event_type="DoorTamper"))
    assert told == "18:02:11 DoorTamper at Lobby east"


def test_a_crossing_is_told_with_its_direction():
    told = narrator().sentence("moment", moment(kind="crossing", direction="out"))
    assert told == "18:02:11 somebody goes out at Lobby east"


def test_a_moment_that_changes_is_told_once():
    told = narrator()
    assert told.sentence("moment", moment(event_type="DoorOpen")) is not None
    assert told.sentence("moment", moment(event_type="DoorOpen", labels=["more"])) is None
    assert told.sentence("moment", moment(event_type="DoorOpen", moment_id="m2")) is not None


def test_a_grant_waits_for_its_name_or_for_the_rule_that_used_it():
    told = narrator()
    assert told.sentence("moment", moment(event_type="AccessGranted")) is None
    named = moment(event_type="AccessGranted", actor_name="J. Rivera")
    assert told.sentence("moment", named) == "18:02:11 grant J. Rivera at Lobby east"
    used = moment(moment_id="m2", event_type="AccessGranted", outcome="used")
    assert told.sentence("moment", used) == "18:02:11 grant at Lobby east"


def incident(**fields):
    return {
        "incident_id": "i1", "kind": "tailgating", "state": "provisional", "people": 2, "grants": 1, "excess": 1,
        "end": "2026-01-05T17:02:15.000000Z", "door": DOOR,
    } | fields  # fmt: skip


def test_an_incident_says_people_grants_and_kind_once_for_each_state():
    told = narrator()
    assert told.sentence("incident", incident()) == (
        "18:02:15 2 people entered on 1 grant: tailgating (provisional) at Lobby east"
    )
    assert told.sentence("incident", incident()) is None
    assert "(final)" in told.sentence("incident", incident(state="final"))


def test_one_person_without_any_grant_is_worded_as_such():
    told = narrator().sentence("incident", incident(kind="unauthorized_entry", people=1, grants=0))
    assert "1 person entered without a grant: unauthorized entry" in told


def test_other_updates_are_not_told():
    assert narrator().sentence("camera", {"camera_id": "c"}) is None
    assert narrator().sentence("moment", moment(kind="health")) is None
