"""What the tests of alerts share: a mail server's inbox, a place where somebody tailgated, and the service."""

import asyncio
import email
import email.policy

import pytest
from aiosmtpd.smtp import SMTP

from doorwatch.alerts import callbacks
from doorwatch.alerts.callbacks import Callback
from doorwatch.alerts.channels.email import EmailChannel, Encryption, SmtpServer
from doorwatch.alerts.examples import DESK
from doorwatch.alerts.hooks import Hook
from doorwatch.alerts.message import Sender
from doorwatch.alerts.places import Links
from doorwatch.alerts.service import AlertService
from doorwatch.alerts.settings import AlertSettings, save_settings
from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import SECOND, ManualClock
from doorwatch.domain.verdict import Change
from doorwatch.store import access_events, cameras, crossings, doors, tenants, verdicts
from doorwatch.store.alerting import outbox
from doorwatch.store.engine.database import Database


class Inbox:
    """Keeps the envelopes that it takes; answers what it is told to."""

    def __init__(self):
        self.envelopes = []
        self.refusal = None

    @property
    def mails(self):
        """What came, as messages."""
        return [
            email.message_from_bytes(envelope.original_content, policy=email.policy.default)
            for envelope in self.envelopes
        ]

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - the library's name
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def db(own_sqlite):
    with Database.open(str(own_sqlite)) as database:
        yield database


@pytest.fixture
async def smtp_port(inbox):
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(inbox), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
def place(db, clock):
    """A door with a camera, a grant, two crossings and a final incident: (account, change)."""

    def make(conn):
        account, _, pacs = tenants.ensure_default(conn, clock.now(), name="Headquarters", time_zone="Europe/Vienna")
        doors.store_device_list(
            conn, account.account_id, pacs.pacs_id, [doors.Device("dev-1", "Lobby east")], clock.now()
        )
        door = doors.list_doors(conn, account.account_id)[0].door_id
        camera = cameras.add_camera(
            conn, account.account_id, name="Lobby camera", url="rtsp://camera.invalid/1", now=clock.now()
        )
        at = clock.now()
        grant = AccessEvent("g1", "dev-1", at, "AccessGranted", actor_name="Ana Rivera", actor_email="ana@example.com")
        access_events.store_events(conn, account.account_id, pacs.pacs_id, [grant], at)
        seen = [
            Crossing(name, door, camera.camera_id, name, at + seconds * SECOND, Direction.IN)
            for name, seconds in (("c1", 2), ("c2", 3))
        ]
        crossings.store_crossings(conn, account.account_id, seen, at)
        return account.account_id, door

    account, door = db.write_sync(make)
    incident = Incident(
        "i1", door, IncidentKind.TAILGATING, IncidentState.FINAL, clock.now() + 2 * SECOND, clock.now() + 3 * SECOND,
        2, 1, 1, 0, CoverageState.FULL, "2 people, 1 grant: the second had none", ("c1", "c2"), ("c2",), ("g1",),
    )  # fmt: skip
    return account, Change(incident, 1, alert=True)


@pytest.fixture
def desk():
    """Settings that tell the desk of everything."""
    return AlertSettings(DESK, ("desk@example.com",))


@pytest.fixture
def make_service(db, clock, smtp_port):
    """Makes a service; `pictures` are the pictures that it finds, by incident."""
    ours = smtp_port

    def make(*, posts=None, smtp_port=ours, **more):
        pictures = {}

        async def picture(_account, incident_id):
            return pictures.get(incident_id)

        made = AlertService(
            db,
            clock,
            channel=EmailChannel(SmtpServer("127.0.0.1", smtp_port, Encryption.NONE)),
            posts=posts,
            sender=Sender("doorwatch@example.com"),
            links=lambda _conn, _account, incident, _to: Links(
                f"http://d/i/{incident}",
                f"http://d/share/{incident}",
                f"http://d/share/{incident}/clip.mp4",
                "http://d",
            ),
            picture=picture,
            **more,
        )
        made.pictures = pictures
        return made

    return make


@pytest.fixture
def service(make_service):
    return make_service()


@pytest.fixture
def store(db):
    """Stores a change and tells the service of it, in one transaction."""

    def run(service, account, change, settings=None):
        def work(conn):
            if settings is not None:
                save_settings(conn, account, settings, 0)
            stored = verdicts.save(conn, account, change, 0)
            service.on_change(conn, account, change, stored)

        db.write_sync(work)

    return run


@pytest.fixture
def registered(db, place):
    """Adds a callback for some happenings; its id."""
    account, _ = place

    def register(*events, name="guard", finds=""):
        wanted = Callback(Hook("", name, f"https://{name}.example/in", ""), events, finds)
        return db.write_sync(lambda conn: callbacks.add_callback(conn, account, wanted, 0)).callback_id

    return register


@pytest.fixture
def sent(db, place):
    """The bodies that a callback is sent, the oldest first."""
    account, _ = place

    def read(callback_id):
        found = db.read_sync(lambda conn: outbox.list_messages(conn, account, rule_id=callback_id, limit=500))
        return [message.payload for message in sorted(found, key=lambda one: one.created_at)]

    return read
