"""Saved searches that alert: what they find, how often within a time, in which hours, and what became of it."""

import re
from dataclasses import replace

import pytest

from doorwatch.alerts import watching
from doorwatch.alerts.examples import DESK
from doorwatch.alerts.system import SystemSettings, save_system
from doorwatch.alerts.times import Hours
from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.access import Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import DAY, MINUTE, SECOND
from doorwatch.server.alerting.chores import Installation
from doorwatch.server.alerting.follower import Follower
from doorwatch.store import (
    cameras,
    configuration,
    crossings,
    saved_searches,
)
from doorwatch.store import settings as stored
from doorwatch.store.alerting import outbox


async def test_what_a_saved_search_finds_is_told_once_to_the_owner_when_nobody_is_named(building):
    building.rule('"forced open" lobby')
    building.event("DoorOpenWhileLockSecure", "dock")
    building.event("AccessGranted")
    building.write(lambda conn, account: save_system(conn, account, SystemSettings(off=frozenset(Trouble)), 0))
    building.event("DoorOpenWhileLockSecure")
    await building.follower.follow()
    await building.follower.follow()
    assert building.told == [("Watch: Door open while lock secure at Lobby east", "olga@example.com")]


async def test_what_was_before_the_alert_is_not_told(building):
    building.event("AccessGranted")
    await building.follower.follow()
    building.rule("access granted")
    await building.follower.follow()
    assert building.told == []


async def test_an_incident_is_told_when_it_is_final_and_once(building):
    building.rule("tailgating", recipients=("guard@example.com",))
    building.incident(state=IncidentState.PROVISIONAL)
    await building.follower.follow()
    assert building.told == []
    building.incident(revision=2, alert=True)
    await building.follower.follow()
    building.incident(revision=3, update=True)
    await building.follower.follow()
    assert building.told == [("Watch: Tailgating at Lobby east", "guard@example.com")]


async def test_an_incident_may_be_told_at_once(building):
    building.rule("tailgating", at_once=True)
    building.incident(state=IncidentState.PROVISIONAL)
    await building.follower.follow()
    assert len(building.told) == 1


async def test_who_was_told_by_a_search_hears_in_its_thread_what_became_of_the_incident_and_no_update(building, clock):
    building.rule("tailgating", recipients=("guard@example.com",))
    building.incident(alert=True)
    await building.follower.follow()
    assert await building.mails() == [("Watch: Tailgating at Lobby east", "guard@example.com")]
    for said in ("dismissed", "new"):
        clock.advance(1)
        building.review("i1", said)
    clock.advance(1)
    building.incident(revision=2, update=True)
    clock.advance(1)
    building.incident(state=IncidentState.EXPLAINED, revision=3, correction=True)
    assert [subject for subject, _ in await building.mails()] == [
        "Dismissed: Watch: Tailgating at Lobby east",
        "Open again: Watch: Tailgating at Lobby east",
        "Explained: Watch: Tailgating at Lobby east",
    ]
    first, *others = building.letterbox.mails
    assert {mail["In-Reply-To"] for mail in others} == {first["Message-ID"]}
    assert len({mail["Message-ID"] for mail in building.letterbox.mails}) == 4
    assert "2 people, 1 grant" in others[-1].get_body(("plain",)).get_content()


async def test_who_was_told_of_an_incident_itself_and_by_a_search_hears_its_end_once(building, clock):
    building.settings(template=DESK, recipients=("guard@example.com",))
    building.rule("tailgating", recipients=("guard@example.com",))
    building.incident(alert=True)
    clock.advance(1)
    await building.follower.follow()
    building.incident(state=IncidentState.EXPLAINED, revision=2, correction=True)
    assert [subject for subject in building.subjects if subject.startswith("Explained")] == [
        "Explained: Tailgating at Lobby east: 2 in, 1 granted"
    ]


async def test_what_a_search_told_at_once_and_turned_out_to_be_nothing_is_taken_back(building, clock):
    building.rule("tailgating", at_once=True)
    building.incident(state=IncidentState.PROVISIONAL)
    await building.follower.follow()
    await building.mails()
    clock.advance(1)
    building.incident(state=IncidentState.WITHDRAWN, revision=2)
    assert await building.mails() == [("Explained: Watch: Tailgating at Lobby east", "olga@example.com")]


async def test_what_is_explained_while_quiet_hours_hold_it_is_not_told_at_all(building, clock):
    building.rule("tailgating", quiet=Hours("00:00", "23:59"))
    building.incident(alert=True)
    await building.follower.follow()
    clock.advance(1)
    building.incident(state=IncidentState.EXPLAINED, revision=2, correction=True)
    assert building.told == []
    assert [one.error for one in building.withheld] == ["it had been accounted for before it was sent"]


@pytest.mark.parametrize("how", ["rule removed", "rule switched off", "search deleted"])
async def test_an_alert_that_is_ended_in_quiet_hours_tells_nothing_after_them(building, clock, how):
    rule = building.rule('"forced open"', quiet=Hours("00:00", "23:59"))
    building.event("DoorForcedOpen")
    await building.follower.follow()
    clock.advance(DAY / SECOND)

    def end(conn, account):
        if how == "rule removed":
            stored.remove_alert_rule(conn, account, rule.rule_id)
        elif how == "rule switched off":
            watching.save_rule(conn, account, replace(rule, enabled=False), clock.now())
        else:
            saved_searches.remove(conn, account, rule.saved_search_id)

    building.write(end)
    assert "Watch: Door forced open at Lobby east" not in [subject for subject, _ in await building.mails()]
    assert "removed or switched off" in building.withheld[0].error


async def test_a_storm_of_what_a_search_finds_becomes_a_digest(building, clock):
    building.settings(storm=3)
    building.write(lambda conn, account: save_system(conn, account, SystemSettings(off=frozenset(Trouble)), 0))
    building.rule('"forced open" or tailgating', recipients=("guard@example.com",))
    for number in range(4):
        building.event("DoorForcedOpen")
        building.incident(f"i{number}", alert=True)
    await building.follower.follow()
    assert len(await building.mails()) == 3
    clock.advance(62)
    [(subject, to)] = await building.mails()
    assert to == "guard@example.com"
    assert re.fullmatch(r"\d more incidents? in one minute", subject)
    text = building.letterbox.mails[-1].get_body(("plain",)).get_content()
    found = [int(number) for number in re.findall(r"(\d) more", text)]
    assert sum(found) == 5


async def test_three_matches_at_one_door_within_five_minutes_are_told_once(building, clock):
    building.rule("access refused", at_least=3, within=5 * MINUTE)
    for device, wait in [("lobby", 0), ("dock", 60), ("lobby", 60), ("lobby", 200), ("lobby", 10), ("lobby", 10)]:
        clock.advance(wait)
        building.event("AccessRefused", device)
        await building.follower.follow()
    assert building.subjects == ["Watch: 3 times, last: Access refused at Lobby east"]


async def test_a_match_that_is_reported_late_counts_with_those_of_its_time_alone(building):
    building.rule("access refused", at_least=3, within=5 * MINUTE)
    for ago in (0, 60, 50 * 60, 10 * 60):
        building.event("AccessRefused", ago=ago * SECOND)
        await building.follower.follow()
    assert building.told == []
    building.event("AccessRefused", ago=120 * SECOND)
    await building.follower.follow()
    assert len(building.told) == 1


async def test_matches_are_counted_for_each_camera_and_a_zone_narrows_what_is_watched(building, clock):
    building.rule("north wing access refused", at_least=2, within=5 * MINUTE, per="camera")

    def camera(conn, account, name, device, groups):
        made = cameras.add_camera(conn, account, name=name, url=f"rtsp://c.invalid/{name}", now=0, groups=groups)
        configuration.set_mapping(conn, account, building.doors[device], [made.camera_id], clock.now(), since=0)

    building.write(lambda conn, account: camera(conn, account, "Inside", "lobby", ("North wing",)))
    building.write(lambda conn, account: camera(conn, account, "Yard", "dock", ("South wing",)))
    for device in ("lobby", "dock", "dock", "lobby"):
        clock.advance(10)
        building.event("AccessRefused", device)
        await building.follower.follow()
    assert building.subjects == ["Watch: 2 times, last: Access refused at Lobby east"]


async def test_what_was_seen_with_too_little_confidence_is_not_told(building, clock):
    building.rule("tailgating", confidence=0.6)
    camera = building.write(
        lambda conn, account: cameras.add_camera(conn, account, name="Inside", url="rtsp://c.invalid/1", now=0)
    )
    seen = [
        Crossing(name, building.doors["lobby"], camera.camera_id, name, clock.now(), Direction.IN, confidence=sure)
        for name, sure in (("sure", 0.9), ("unsure", 0.5))
    ]
    building.write(lambda conn, account: crossings.store_crossings(conn, account, seen, clock.now()))
    building.incident("i1", people=("sure",))
    building.incident("i2", people=("sure", "unsure"))
    building.incident("i3")
    await building.follower.follow()
    told = building.db.read_sync(lambda conn: outbox.list_messages(conn, building.account))
    assert {message.payload["values"]["event"].rpartition("/")[2] for message in told} == {"i1", "i3"}


async def test_a_rule_watches_in_its_hours_alone_and_waits_with_telling_in_quiet_ones(building, clock):
    # The clock says nine in the morning in Vienna.
    building.rule("access granted", active=Hours("18:00", "06:00"))
    building.rule("access refused", quiet=Hours("08:00", "10:30"))
    building.event("AccessGranted")
    building.event("AccessRefused")
    await building.follower.follow()
    message = building.db.read_sync(lambda conn: outbox.list_messages(conn, building.account))
    assert [one.subject for one in message] == ["Watch: Access refused at Lobby east"]
    assert 80 * MINUTE < message[0].due_at - clock.now() <= 90 * MINUTE


async def test_an_alert_whose_search_was_deleted_tells_nothing(building):
    rule = building.rule("access granted")
    building.write(lambda conn, account: saved_searches.remove(conn, account, rule.saved_search_id))
    building.event("AccessGranted")
    await building.follower.follow()
    assert building.told == []


async def test_after_a_restart_it_goes_on_where_it_stopped(building, clock):
    building.rule("access granted")
    building.event("AccessGranted")
    again = Follower(building.db, clock, building.alerts, Installation("http://d", building.follower._place.data_dir))
    await again.follow()
    await building.follower.follow()
    assert len(building.told) == 1
