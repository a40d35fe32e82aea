"""A building whose alerts are read off the outbox: a real database, and a clock that is passed in."""

import email
import email.policy

import pytest

from doorwatch.alerts import watching
from doorwatch.alerts.message import Sender
from doorwatch.alerts.places import Links
from doorwatch.alerts.service import AlertService
from doorwatch.alerts.settings import AlertSettings, save_settings
from doorwatch.alerts.watching import SearchRule
from doorwatch.domain.access import AccessEvent
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import HOUR, ManualClock
from doorwatch.domain.verdict import Change
from doorwatch.server.alerting.chores import Installation
from doorwatch.server.alerting.follower import Follower
from doorwatch.store import (
    access_events,
    doors,
    incidents,
    reviewing,
    saved_searches,
    tenants,
    verdicts,
)
from doorwatch.store.alerting import outbox, silences
from doorwatch.store.engine.database import Database
from doorwatch.store.people import users


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
