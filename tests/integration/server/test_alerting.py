"""What alerts follow beside verdicts, with a real database and a clock that is passed in; read off the outbox."""

import email
import email.policy
import html
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
import trustme
from argon2 import PasswordHasher

from doorwatch.accounts import users as people
from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.roles import Role
from doorwatch.alerts import watching
from doorwatch.alerts.digests import digest_of
from doorwatch.alerts.examples import DESK
from doorwatch.alerts.message import Sender, body_of, text_of
from doorwatch.alerts.places import Links
from doorwatch.alerts.service import AlertService
from doorwatch.alerts.settings import AlertSettings, Overdue, save_settings
from doorwatch.alerts.system import SystemSettings, save_system
from doorwatch.alerts.templates import Template
from doorwatch.alerts.times import Hours
from doorwatch.alerts.troubles import Trouble
from doorwatch.alerts.watching import SearchRule
from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, ManualClock, to_iso
from doorwatch.domain.verdict import Change
from doorwatch.server.alerting import doors as troubles
from doorwatch.server.alerting.chores import Installation
from doorwatch.server.alerting.follower import Follower
from doorwatch.store import (
    access_events,
    cameras,
    configuration,
    crossings,
    doors,
    gateway_reports,
    incidents,
    reviewing,
    saved_searches,
    tenants,
    verdicts,
)
from doorwatch.store import settings as stored
from doorwatch.store.alerting import outbox, silences
from doorwatch.store.cameras import CameraStatus
from doorwatch.store.engine.database import Database
from doorwatch.store.people import users


class Disk(NamedTuple):
    """As shutil tells it, whose own type has no public name."""

    total: int
    used: int
    free: int


class Letterbox:
    """Takes every mail."""

    def __init__(self):
        self.mails = []

    async def hand_over(self, mail):
        self.mails.append(email.message_from_bytes(mail.content, policy=email.policy.default))

    async def close(self):
        pass


async def no_picture(_account, _incident):
    return None


class Building:
    """An account with two doors and an owner, and what happens in it."""

    def __init__(self, db, clock, folder):
        self.db, self.clock, self.letterbox = db, clock, Letterbox()
        self.account, self.pacs = db.write_sync(self._furnish)
        listed = db.read_sync(lambda conn: doors.list_doors(conn, self.account))
        self.doors = {door.device_id: door.door_id for door in listed}
        self.alerts = AlertService(
            db,
            clock,
            channel=self.letterbox,
            sender=Sender("d@example.com"),
            links=lambda _conn, _account, incident, _to: Links(
                f"http://d/i/{incident}", "http://d/s", "http://d/c", "http://d"
            ),
            picture=no_picture,
        )
        self.follower = Follower(db, clock, self.alerts, Installation("http://d", folder))
        self._number = 0

    def _furnish(self, conn):
        now = self.clock.now()
        account, _, pacs = tenants.ensure_default(conn, now, time_zone="Europe/Vienna")
        key = account.account_id
        devices = [doors.Device("lobby", "Lobby east"), doors.Device("dock", "Dock")]
        doors.store_device_list(conn, key, pacs.pacs_id, devices, now)
        users.add_user(conn, key, email="olga@example.com", name="Olga", role="owner", password_hash=None, now=now)
        return key, pacs.pacs_id

    def write(self, work):
        return self.db.write_sync(lambda conn: work(conn, self.account))

    def event(self, kind, device="lobby", ago=0, name=None):
        self._number += 1
        at = self.clock.now() - ago
        told = AccessEvent(f"e{self._number}", device, at, kind, actor_name=name)
        self.db.write_sync(
            lambda conn: access_events.store_events(conn, self.account, self.pacs, [told], self.clock.now())
        )

    def incident(self, name="i1", state=IncidentState.FINAL, *, revision=1, people=(), door="lobby", **more):
        at = self.clock.now()
        told = Incident(
            name, self.doors[door], IncidentKind.TAILGATING, state, at, at, 2, 1, 1, 0, CoverageState.FULL,
            "2 people, 1 grant", people, people, (),
        )  # fmt: skip
        change = Change(told, revision, **more)

        def work(conn):
            stored = verdicts.save(conn, self.account, change, at)
            self.alerts.on_change(conn, self.account, change, stored)

        self.db.write_sync(work)

    def review(self, name, review):
        """Somebody says what an incident was."""

        def work(conn):
            before = incidents.get(conn, self.account, name).review
            reviewing.set_review(conn, self.account, name, review, self.clock.now(), by="Ana")
            self.alerts.on_review(conn, self.account, before, incidents.get(conn, self.account, name))

        self.db.write_sync(work)

    def silence(self, *devices):
        def begin(conn, account):
            more = {"reason": "Fire drill", "by": "Ana", "now": self.clock.now(), "until": self.clock.now() + HOUR}
            silences.begin(conn, account, doors=tuple(self.doors[one] for one in devices), kinds=(), **more)

        self.write(begin)

    async def mails(self):
        """What arrives until nothing is due, as pairs of subject and recipient."""
        before = len(self.letterbox.mails)
        while await self.alerts.step():
            pass
        return [(mail["Subject"], mail["To"]) for mail in self.letterbox.mails[before:]]

    def rule(self, text, **wanted):
        def work(conn, account):
            search = saved_searches.save(
                conn, account, user_id=None, name=text, text=text, colour="red", shared=True, now=0
            )
            rule = SearchRule("", "Watch", search.saved_search_id, **wanted)
            return watching.save_rule(conn, account, rule, 0)

        return self.write(work)

    def settings(self, **wanted):
        self.write(lambda conn, account: save_settings(conn, account, AlertSettings(**wanted), 0))

    @property
    def told(self):
        """Subjects and recipients in the outbox, the oldest first."""
        found = self.db.read_sync(lambda conn: outbox.list_messages(conn, self.account, limit=500))
        return [(message.subject, message.recipient) for message in reversed(found) if message.state != "withheld"]

    @property
    def subjects(self):
        return [subject for subject, _ in self.told]

    @property
    def withheld(self):
        found = self.db.read_sync(lambda conn: outbox.list_messages(conn, self.account, limit=1000))
        return [message for message in found if message.state == "withheld"]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def either(tmp_path, own_address, clock):
    """The building on each kind of database."""
    with Database.open(own_address) as db:
        made = Building(db, clock, tmp_path)
        await made.follower.follow()
        yield made


@pytest.fixture
async def building(tmp_path, own_sqlite, clock):
    with Database.open(str(own_sqlite)) as db:
        made = Building(db, clock, tmp_path)
        await made.follower.follow()
        yield made


# Alerts of searches


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


# Troubles of the system


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


# Who is not told any more when it is sent


async def test_who_is_taken_off_the_recipients_gets_nothing_that_waits_but_the_end_of_what_they_were_told(
    either, clock
):
    either.settings(template=DESK, recipients=("guard@example.com", "desk@example.com"))
    either.incident(alert=True)
    clock.advance(20)
    assert len(await either.mails()) == 2
    either.incident(revision=2, update=True)
    either.incident("i2", alert=True)
    clock.advance(20)
    either.settings(template=DESK, recipients=("DESK@example.com",))
    clock.advance(1)
    either.incident(state=IncidentState.EXPLAINED, revision=3, correction=True)
    either.incident("i2", state=IncidentState.EXPLAINED, revision=2, correction=True)
    sent = await either.mails()
    assert [subject for subject, to in sent if to == "guard@example.com"] == [
        "Explained: Tailgating at Lobby east: 2 in, 1 granted"
    ]
    assert len([to for _, to in sent if to == "desk@example.com"]) == 4
    taken_off = [one for one in either.withheld if "taken off" in one.error]
    assert sorted(one.subject.partition(" ")[0] for one in taken_off) == ["Explained:", "Tailgating", "Update:"]


@pytest.mark.parametrize("how", ["removed", "barred", "listed", "still there"])
async def test_who_was_removed_from_the_account_does_not_hear_the_end_of_what_they_were_told(either, clock, how):
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    about = {"now": clock.now(), "by": "Olga"}
    gil = either.write(
        lambda conn, account: people.add_user(
            conn,
            account,
            passwords,
            email="gil@example.com",
            password="a long enough password",
            role=Role.VIEW,
            **about,
        )
    )
    either.settings(template=DESK, recipients=("gil@example.com",))
    either.incident(alert=True)
    clock.advance(20)
    await either.mails()
    either.settings(template=DESK, recipients=("gil@example.com",) if how == "listed" else ("desk@example.com",))
    about["now"] = clock.now()
    if how == "barred":
        either.write(lambda conn, account: people.set_disabled(conn, account, gil.user_id, disabled=True, **about))
    elif how != "still there":
        either.write(lambda conn, account: people.remove(conn, account, gil.user_id, **about))
    clock.advance(1)
    either.review("i1", "dismissed")
    heard = [to for _, to in await either.mails()]
    assert heard == (["gil@example.com"] if how in {"listed", "still there"} else [])


async def test_who_is_told_of_the_system_no_more_gets_nothing_that_waits(building, clock):
    building.write(lambda conn, account: save_system(conn, account, SystemSettings(recipients=("it@example.com",)), 0))
    building.event("DoorForcedOpen")
    await building.follower.follow()
    building.write(lambda conn, account: save_system(conn, account, SystemSettings(), 0))
    clock.advance(1)
    assert await building.mails() == []
    assert "taken off" in building.withheld[0].error


async def test_an_alert_that_names_somebody_no_more_tells_them_nothing_that_waits(building, clock):
    rule = building.rule("tailgating", recipients=("a@example.com", "b@example.com"), quiet=Hours("00:00", "23:59"))
    building.incident(alert=True)
    await building.follower.follow()
    left = replace(rule, recipients=("b@example.com",))
    building.write(lambda conn, account: watching.save_rule(conn, account, left, clock.now()))
    clock.advance(DAY / SECOND)
    assert [to for _, to in await building.mails()] == ["b@example.com"]


async def test_a_reminder_that_is_silenced_takes_no_correction_of_what_went_out_with_it(building, clock):
    building.settings(template=DESK, overdue=Overdue(10))
    building.incident(alert=True)
    clock.advance(20)
    await building.mails()
    clock.advance(11 * MINUTE / SECOND)
    await building.follower.look()
    clock.advance(1)
    building.silence("lobby")
    clock.advance(1)
    building.incident(state=IncidentState.EXPLAINED, revision=2, correction=True)
    assert [subject.partition(":")[0] for subject, _ in await building.mails()] == ["Explained"]
    assert [one.error.partition(" until")[0] for one in building.withheld] == ["silenced by Ana"]


# What quiet hours held


async def test_what_waits_for_the_end_of_quiet_hours_is_one_mail_for_each_where_it_is_more_than_a_few(either, clock):
    # The clock says nine in the morning in Vienna.
    either.write(lambda conn, account: save_system(conn, account, SystemSettings(off=frozenset(Trouble)), 0))
    quiet = Hours("00:00", "10:00")
    either.rule("tailgating", recipients=("few@example.com", "many@example.com"), quiet=quiet)
    either.rule('"forced open"', recipients=("many@example.com",), quiet=quiet)
    either.settings(storm=2)
    for number in range(6):
        either.incident(f"i{number}", door=("lobby", "dock")[number % 2], alert=True)
    for _ in range(2):
        either.event("DoorForcedOpen", "dock")
    await either.follower.follow()
    either.incident("i1", state=IncidentState.EXPLAINED, revision=2, correction=True)
    for number in range(3, 6):
        either.review(f"i{number}", "dismissed")
    assert await either.mails() == [], "no digest of a storm wakes anybody in quiet hours"
    clock.advance(HOUR / SECOND)
    few = await either.mails()
    assert few == [("Watch: Tailgating at Lobby east", "few@example.com")] * 2
    clock.advance(2)
    assert await either.mails() == [("2 incidents and 2 matches of searches in quiet hours", "many@example.com")]
    text = either.letterbox.mails[-1].get_body(("plain",)).get_content().replace("\r", "")
    assert "Lobby east: 2\nhttp://d/incidents?" in text
    assert re.search(
        r"Watch: Door forced open at Dock\nDoor: Dock, Local time: .* CET?\nhttp://d/search\?moment=", text
    )


async def test_who_got_the_digest_of_quiet_hours_hears_in_its_thread_what_became_of_what_it_told(building, clock):
    building.rule("tailgating", quiet=Hours("00:00", "10:00"))
    for number in range(20):
        building.incident(f"i{number}", alert=True)
    await building.follower.follow()
    clock.advance(HOUR / SECOND)
    assert await building.mails() == []
    clock.advance(2)
    assert await building.mails() == [("20 incidents in quiet hours", "olga@example.com")]
    building.review("i3", "dismissed")
    clock.advance(61)
    assert await building.mails() == [("Update: 1 of 20 incidents are settled", "olga@example.com")]
    digest, news = building.letterbox.mails
    assert news["In-Reply-To"] == digest["Message-ID"]


@pytest.mark.parametrize("how", ["silence", "taken off", "all explained"])
async def test_a_digest_tells_nothing_that_would_not_be_told_by_itself_any_more(building, clock, how):
    rule = building.rule("tailgating", recipients=("a@example.com",), quiet=Hours("00:00", "10:00"))
    for number in range(5):
        building.incident(f"i{number}", door="dock" if number else "lobby", alert=True)
    await building.follower.follow()
    clock.advance(HOUR / SECOND)
    assert await building.mails() == []
    if how == "silence":
        building.silence("dock")
    elif how == "taken off":
        left = replace(rule, recipients=("b@example.com",))
        building.write(lambda conn, account: watching.save_rule(conn, account, left, clock.now()))
    else:
        for number in range(5):
            building.incident(f"i{number}", state=IncidentState.EXPLAINED, revision=2, correction=True)
    clock.advance(2)
    sent = await building.mails()
    if how == "silence":
        assert sent == [("1 incident in quiet hours", "a@example.com")]
    else:
        assert sent == []
        assert "nothing of what it tells of is left to be told" in {one.error for one in building.withheld}


# Silences, fire, storms, and what nobody reviews


async def test_a_silence_holds_mails_back_says_why_and_ends(building, clock):
    building.settings(template=DESK)

    building.silence("lobby")
    building.incident(alert=True)
    assert building.told == []
    assert building.withheld[0].error.startswith("silenced by Ana until")
    assert building.withheld[0].error.endswith("Fire drill")
    clock.advance(3601)
    building.incident("i2", alert=True)
    assert len(building.told) == 1


async def test_a_silence_that_begins_before_a_mail_went_out_holds_it_back_and_what_follows_it(building, clock):
    building.settings(template=DESK)
    building.incident(alert=True)
    building.incident("i2", door="dock", alert=True)
    clock.advance(20)
    building.incident(revision=2, update=True)
    building.silence("lobby")
    clock.advance(1)
    assert [subject for subject, _ in await building.mails()] == ["Tailgating at Dock: 2 in, 1 granted"]
    assert {one.error.partition(" until")[0] for one in building.withheld} == {"silenced by Ana"}
    assert len(building.withheld) == 2
    mine = next(one for one in building.withheld if one.subject.startswith("Tailgating"))
    building.write(lambda conn, account: outbox.again(conn, account, mine.message_id, clock.now()))
    assert len(await building.mails()) == 1, "who asks for one all the same gets it"


async def test_while_a_fire_release_is_on_nobody_is_told_of_tailgating(building, clock):
    building.settings(template=DESK)
    building.event("DoorPullStationActivated", "dock")
    await building.follower.follow()
    building.incident(alert=True)
    assert building.withheld[0].error == "not told while a fire release is on at Dock"
    building.event("DoorPullStationNormal", "dock")
    await building.follower.follow()
    clock.advance(1)
    building.incident("i2", alert=True)
    assert building.subjects == [
        "A fire release is on at Dock",
        "The fire release at Dock is over",
        "Tailgating at Lobby east: 2 in, 1 granted",
    ]


async def test_five_hundred_incidents_in_a_minute_become_a_few_mails_and_a_digest(building):
    building.settings(template=DESK, storm=10)
    for number in range(500):
        building.incident(f"i{number}", alert=True)
    assert len(building.told) == 11
    assert len(building.withheld) == 490
    digest = next(
        one
        for one in building.db.read_sync(lambda conn: outbox.list_messages(conn, building.account, limit=500))
        if "digest" in one.payload
    )
    assert digest.due_at > building.clock.now()
    said = building.db.read_sync(lambda conn: digest_of(conn, digest, building.clock.now()))
    door, minute = building.doors["lobby"], building.clock.now() // MINUTE * MINUTE
    span = urlencode({"review": "all", "since": to_iso(minute, 0), "until": to_iso(minute + MINUTE, 0)}, safe=":")
    assert said["path"] == f"/incidents?{span}"
    text = text_of(Template(**said["template"]), said["values"])
    assert f"Lobby east: 490\nhttp://d/incidents?{span}&door={door}" in text
    page = body_of(Template(**said["template"]), said["values"], None)
    assert re.findall(r'href="([^"]*)"', page) == [html.escape(f"http://d/incidents?{span}&door={door}")]


async def test_a_digest_of_several_doors_leads_to_each_and_to_all_and_one_of_a_version_before_to_none(building):
    building.settings(template=DESK, storm=1)
    for number, door in enumerate(("lobby", "lobby", "dock", "dock", "dock")):
        building.incident(f"i{number}", door=door, alert=True)
    told = building.db.read_sync(lambda conn: outbox.list_messages(conn, building.account))
    digest = next(one for one in told if "digest" in one.payload)
    span = {"from": 0, "until": building.clock.now() + MINUTE}

    def said(**more):
        asked = replace(digest, payload={"digest": {**span, **more}})
        found = building.db.read_sync(lambda conn: digest_of(conn, asked, building.clock.now()))
        return text_of(Template(**found["template"]), found["values"])

    lines = said(base="https://door.example").splitlines()
    assert lines[2].startswith("Dock: 3")
    assert lines[3].startswith("https://door.example/incidents?")
    assert lines[5].startswith("Lobby east: 1")
    assert lines[-1].startswith("All of them: https://door.example/incidents?")
    assert "incidents?" not in said()


async def test_who_got_a_digest_hears_once_a_minute_what_became_of_what_it_told(building, clock):
    building.settings(template=DESK, storm=2)
    for number in range(6):
        building.incident(f"i{number}", alert=True)
    clock.advance(100)
    assert len(await building.mails()) == 3
    digest = building.letterbox.mails[-1]
    for number in (3, 4):
        building.review(f"i{number}", "dismissed")
    building.incident("i5", IncidentState.EXPLAINED, revision=2, correction=True)
    clock.advance(61)
    assert await building.mails() == [("Update: 3 of 4 incidents are settled", "olga@example.com")]
    news = building.letterbox.mails[-1]
    assert news["In-Reply-To"] == digest["Message-ID"]
    assert "The other 1 stand." in news.get_body(("plain",)).get_content()


async def test_an_incident_that_nobody_reviews_is_told_again_and_to_others(building, clock):
    building.settings(template=DESK, overdue=Overdue(10, ("boss@example.com",), 2))
    building.incident(alert=True)
    for _ in range(4):
        await building.follower.look()
        await building.follower.look()
        clock.advance(600)
    assert (
        building.told[1:]
        == [
            ("Not reviewed: Tailgating at Lobby east: 2 in, 1 granted", "boss@example.com"),
        ]
        * 2
    )


async def test_a_silence_holds_back_that_nobody_reviewed(building, clock):
    building.settings(template=DESK, overdue=Overdue(10))
    building.incident(alert=True)
    building.silence("lobby")
    clock.advance(700)
    await building.follower.look()
    assert [one.subject for one in building.withheld] == ["Not reviewed: Tailgating at Lobby east: 2 in, 1 granted"]


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


async def test_what_was_reviewed_is_not_told_again(building, clock):
    building.settings(template=DESK, overdue=Overdue(10))
    building.incident(alert=True)
    building.write(lambda conn, account: reviewing.set_review(conn, account, "i1", "confirmed", clock.now(), by="Ana"))
    clock.advance(700)
    await building.follower.look()
    assert len(building.told) == 1
