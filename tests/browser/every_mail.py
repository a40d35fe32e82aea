"""Every kind of mail, made by the product's own parts out of a database; what a mail server would be handed is kept."""

import email
import email.policy
from dataclasses import replace
from zoneinfo import ZoneInfo

from doorwatch.alerts.examples import DESK, REMINDER
from doorwatch.alerts.message import Sender
from doorwatch.alerts.places import Links
from doorwatch.alerts.service import AlertService
from doorwatch.alerts.settings import AlertSettings, save_settings
from doorwatch.alerts.system import SystemSettings, save_system, tell_lasting
from doorwatch.alerts.templates import VARIABLES, Template
from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.access import AccessEvent
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import DAY, HOUR, SECOND, ManualClock, from_iso
from doorwatch.domain.verdict import Change
from doorwatch.server.api.forgotten import forgotten_letter
from doorwatch.server.api.invitations import invitation_letter
from doorwatch.server.reporting.courier import CHANNEL as REPORT
from doorwatch.server.reporting.courier import ReportCourier, payload_of
from doorwatch.server.reporting.periods import last_due
from doorwatch.store import access_events, doors, tenants, verdicts
from doorwatch.store.alerting import conditions, outbox
from doorwatch.store.alerting.conditions import Condition
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.engine.database import Database
from doorwatch.store.people.invitations import Invitation

BASE = "https://doorwatch.example.com"
SENDER = Sender("doorwatch@example.com")
LONG = "Empfang-" + "Süd" * 3000 + " 🚪👨‍👩‍👧‍👦 \u202eeast\u202c شرق\nsecond line <b>"
EVERYTHING = Template(
    "{{kind}} at {{door}}", "\n\n".join(f"{name}: {{{{{name}}}}}" for name in VARIABLES if name != "user")
)


class Kept:
    """Takes every mail, as a mail server would."""

    def __init__(self):
        self.mails = []

    async def hand_over(self, mail):
        self.mails.append(email.message_from_bytes(mail.content, policy=email.policy.default))

    async def send(self, mail):
        self.mails.append(email.message_from_bytes(mail.as_bytes(), policy=email.policy.default))

    async def close(self):
        pass


class Desk:
    """An account with two doors, one of which has a name that no mail should break at, and who is mailed of them."""

    def __init__(self, db, picture):
        self.db, self.clock, self.kept = db, ManualClock(from_iso("2026-01-05T18:02:11Z")), Kept()
        self.account, self.doors = db.write_sync(self._furnish)
        self.alerts = AlertService(
            db,
            self.clock,
            channel=self.kept,
            sender=SENDER,
            links=_links,
            picture=lambda *_: _given(picture),
            others=[ReportCourier(db, self.kept, SENDER, BASE, self.clock)],
        )

    def _furnish(self, conn):
        now = self.clock.now()
        account, _, pacs = tenants.ensure_default(conn, now, name="Headquarters", time_zone="Europe/Vienna")
        devices = [doors.Device("lobby", "Lobby east"), doors.Device("long", LONG[:9000])]
        doors.store_device_list(conn, account.account_id, pacs.pacs_id, devices, now)
        people = (("lobby", "Ana Rivera", "ana@example.com"), ("long", LONG, "b@example.com"))
        for device, name, address in people:
            grant = AccessEvent(
                f"g-{device}", device, now, "AccessGranted", actor_name=name[:9000], actor_email=address
            )
            access_events.store_events(conn, account.account_id, pacs.pacs_id, [grant], now)
        listed = doors.list_doors(conn, account.account_id)
        return account.account_id, {door.device_id: door.door_id for door in listed}

    async def mail(self, work):
        """What is mailed for what `work` writes: the newest mail."""
        self.db.write_sync(work)
        before = len(self.kept.mails)
        while await self.alerts.step():
            pass
        assert len(self.kept.mails) > before, "nothing was mailed"
        return self.kept.mails[-1]

    def told(self, name, template, *, device="lobby", storm=20, **more):
        """Stores what the rule says of an incident, with these words for it."""
        begun = from_iso("2026-01-05T18:02:11Z")
        incident = Incident(
            name, self.doors[device], IncidentKind.TAILGATING, IncidentState.FINAL, begun, begun + SECOND, 2, 1, 1, 0,
            CoverageState.FULL, "2 people went in, 1 was let in: the second had no grant", (), (), (f"g-{device}",),
        )  # fmt: skip
        change = replace(Change(incident, 1, alert=True), **more)
        if change.correction:
            change = replace(change, incident=replace(incident, state=IncidentState.EXPLAINED))

        def work(conn):
            save_settings(conn, self.account, AlertSettings(template, ("desk@example.com",), storm=storm), 0)
            stored = verdicts.save(conn, self.account, change, self.clock.now())
            self.alerts.on_change(conn, self.account, change, stored)

        return work


async def every_mail(folder, picture):
    """Kind to mail, as it would be handed over."""
    with Database.open(str(folder / "door.db")) as db:
        desk = Desk(db, picture)
        found = {
            "default": await desk.mail(desk.told("i1", REMINDER)),
            "correction": await desk.mail(desk.told("i1", REMINDER, revision=2, alert=False, correction=True)),
            "desk": await desk.mail(desk.told("i2", DESK)),
            "every variable": await desk.mail(desk.told("i3", EVERYTHING)),
            "long names": await desk.mail(desk.told("i4", REMINDER, device="long")),
        }
        for number in range(4):
            db.write_sync(desk.told(f"s{number}", DESK, storm=1, device="long" if number == 3 else "lobby"))
        desk.clock.advance(61)
        found["digest"] = await desk.mail(lambda _conn: None)
        found["trouble"] = await desk.mail(desk_trouble(desk))
        # Of the week in which all of that was.
        desk.clock.advance(7 * DAY / SECOND)
        found["report"] = await desk.mail(desk_report(desk))
    invited = Invitation(desk.account, "inv1", "ana@example.com", "view", "", "olga@example.com", 0, 7 * DAY)
    found["invitation"] = invitation_letter(invited, "Headquarters", f"{BASE}/join#{'s' * 43}", SENDER, 0)
    found["forgotten"] = forgotten_letter("ana@example.com", f"{BASE}/forgotten#u1.0.{'s' * 64}", SENDER, 0)
    return found


def desk_trouble(desk):
    begun = desk.clock.now() - HOUR
    trouble = Trouble.CAMERA_OFFLINE.value
    condition = Condition("c1", trouble, "Lobby inside", "Connection refused: see whether the camera has power.", begun)

    def work(conn):
        save_system(conn, desk.account, SystemSettings(recipients=("desk@example.com",)), 0)
        conditions.begin(conn, desk.account, condition)
        tell_lasting(conn, desk.account, BASE, desk.clock.now())

    return work


def desk_report(desk):
    period = last_due("week", 7, ZoneInfo("Europe/Vienna"), desk.clock.now())
    draft = Draft("r1", REPORT, "desk@example.com", "Weekly report", payload_of(period, "Weekly report", None))
    return lambda conn: outbox.write(conn, desk.account, draft, desk.clock.now())


def _links(_conn, _account, incident_id, _to):
    share = f"{BASE}/share/{'t' * 120}"
    return Links(f"{BASE}/incidents/{incident_id}", share, f"{share}/clip.mp4", BASE)


async def _given(picture):
    return picture
