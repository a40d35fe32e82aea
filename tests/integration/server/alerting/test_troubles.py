"""Troubles of the system that are told when they last and when they are over: doors, cameras, gateways, certificates, disks."""

import shutil
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import trustme

from doorwatch.alerts.system import SystemSettings, save_system
from doorwatch.domain.time import HOUR, SECOND
from doorwatch.server.alerting import doors as troubles
from doorwatch.server.alerting.chores import Installation
from doorwatch.server.alerting.follower import Follower
from doorwatch.store import (
    cameras,
    gateway_reports,
    tenants,
)
from doorwatch.store.cameras import CameraStatus


class Disk(NamedTuple):
    """As shutil tells it, whose own type has no public name."""

    total: int
    used: int
    free: int


async def test_a_forced_door_is_told_when_it_begins_and_when_it_is_over(building, clock):
    building.event("DoorOpenWhileLockSecure")
    await building.follower.follow()
    building.event("DoorOpenWhileLockSecure")
    await building.follower.follow()
    clock.advance(180)
    building.event("DoorClose", "dock")
    building.event("DoorClose")
    await building.follower.follow()
    assert building.subjects == ["Lobby east was forced open", "Lobby east is closed again"]


async def test_what_could_end_a_trouble_is_looked_for_only_at_doors_that_have_one(building):
    def news():
        found = building.db.read_sync(lambda conn: troubles._news(conn, building.account, 0))
        return [(moment.event_type, moment.door_id) for moment in found]

    for kind, device in (("DoorClose", "dock"), ("DoorLock", "lobby"), ("DoorClose", "lobby")):
        building.event(kind, device)
    assert news() == []
    building.event("DoorOpenWhileLockSecure")
    building.event("DoorClose", "dock")
    lobby = building.doors["lobby"]
    assert [(kind, door) for kind, door in news() if door != lobby] == []
    assert ("DoorOpenWhileLockSecure", lobby) in news()
    assert ("DoorClose", lobby) in news()


async def test_what_began_and_ended_between_two_looks_is_told_and_what_is_old_is_not(building, clock):
    building.event("DoorOpenedForTooLong", "dock", ago=2 * HOUR)
    building.event("DoorOpenedForTooLong", ago=5 * SECOND)
    building.event("DoorClose")
    await building.follower.follow()
    assert building.subjects == ["Lobby east is held open", "Lobby east is closed again"]


async def test_a_camera_that_is_away_for_two_minutes_is_told_once_and_its_return_once(building, clock):
    def say(code):
        status = CameraStatus(code=code, message="connection refused", at=clock.now())
        building.write(lambda conn, account: cameras.set_status(conn, account, camera.camera_id, status))

    camera = building.write(
        lambda conn, account: cameras.add_camera(conn, account, name="Inside", url="rtsp://c.invalid/1", now=0)
    )
    for code, wait in [(500, 60), (200, 15), (500, 60), (500, 60), (500, 60), (200, 15), (200, 15)]:
        say(code)
        await building.follower.look()
        clock.advance(wait)
    await building.follower.look()
    assert building.subjects == ["Camera Inside is away", "Camera Inside is back"]
    clock.advance(240)
    await building.follower.look()
    clock.advance(121)
    await building.follower.look()
    assert building.subjects[2:] == ["Camera Inside is away"]


async def test_a_silent_gateway_and_a_full_spool_are_told_to_whom_the_account_names(building, clock):
    def names(conn, account):
        save_system(conn, account, SystemSettings(recipients=("it@example.com",)), 0)
        tenants.heard_from(conn, account, building.pacs, clock.now())
        stats = {"queue_lengths": {"webhooks": 5000}}
        gateway_reports.add(conn, account, building.pacs, "stats", [stats], clock.now())

    building.write(names)
    for _ in range(10):
        await building.follower.look()
        clock.advance(20)
    assert [to for _, to in building.told] == ["it@example.com"] * 2
    assert {subject.split(" of ")[0] for subject in building.subjects} == {"The spool", "The gateway"}


async def test_a_certificate_that_ends_within_three_weeks_is_told_once_and_its_renewal(building, clock, tmp_path):
    ca, file = trustme.CA(), tmp_path / "cert.pem"

    def put(days):
        until = datetime.fromtimestamp(clock.now() / SECOND, UTC) + timedelta(days=days)
        ca.issue_cert("door.example", not_after=until).cert_chain_pems[0].write_to_path(file)

    follower = Follower(building.db, clock, building.alerts, Installation("http://d", tmp_path, file))
    put(30)
    await follower.look()
    assert building.subjects == []
    clock.advance(10 * 24 * 3600)
    await follower.look()
    await follower.look()
    assert building.told == [("The certificate of this server ends soon", "olga@example.com")]
    put(90)
    clock.advance(60)
    await follower.look()
    assert building.subjects[1:] == ["The certificate of this server was renewed"]


async def test_a_disk_that_fills_is_told_when_it_lasts_and_when_it_has_room_again(building, clock, monkeypatch):
    free = 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Disk(10**12, 10**12 - free, free))
    await building.follower.look()
    assert building.subjects == []
    clock.advance(31)
    await building.follower.look()
    assert building.told == [("The disk of the server is nearly full", "olga@example.com")]
    free = 9 * 10**11
    await building.follower.look()
    assert building.subjects[1:] == ["The disk of the server has room again"]


async def test_a_trouble_that_is_over_is_another_mail_in_the_same_thread(building, clock):
    building.event("DoorForcedOpen")
    await building.follower.follow()
    clock.advance(5)
    building.event("DoorClose")
    await building.follower.follow()
    await building.mails()
    begun, over = building.letterbox.mails
    assert begun["Message-ID"] != over["Message-ID"], "a mail program shows no mail twice"
    assert over["In-Reply-To"] == begun["Message-ID"]
