"""The parts of a running server, wired together: what handlers share, and what runs beside them."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection
from starlette.requests import HTTPConnection

from doorwatch.accounts import Accounts
from doorwatch.accounts.passkeys import place_of as passkey_place
from doorwatch.accounts.sessions import Lives
from doorwatch.alerts import browsers
from doorwatch.alerts.channels.email import EmailChannel, Encryption, SmtpServer
from doorwatch.alerts.channels.push.send import PushChannel
from doorwatch.alerts.channels.push.vapid import Signer, new_key
from doorwatch.alerts.channels.webhook import WebhookChannel
from doorwatch.alerts.couriers import BrowserCourier
from doorwatch.alerts.delivery import Courier
from doorwatch.alerts.message import Sender
from doorwatch.alerts.places import Links as MailLinks
from doorwatch.alerts.service import AlertService
from doorwatch.alerts.settings import read_settings
from doorwatch.blobs import BlobError, Blobs, DiskBlobs
from doorwatch.domain.access import AccessEvent
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.reach import Reach, networks
from doorwatch.domain.time import DAY, Clock, from_seconds, to_seconds
from doorwatch.server.alerting.callbacks import finder
from doorwatch.server.alerting.chores import Installation
from doorwatch.server.alerting.follower import Follower
from doorwatch.server.binding import address
from doorwatch.server.erasures import ErasureDesk
from doorwatch.server.errors import ApiError
from doorwatch.server.evidence import EvidenceDesk
from doorwatch.server.exporting.desk import ExportDesk
from doorwatch.server.exporting.playable import PlayableDesk
from doorwatch.server.health import CameraHealth
from doorwatch.server.ingest.allowance import Allowances
from doorwatch.server.ingest.gathering import Gathering, Key
from doorwatch.server.keeping import Caretaker
from doorwatch.server.keys import open_database
from doorwatch.server.likeness import Likeness
from doorwatch.server.limits import Limits
from doorwatch.server.links import Links
from doorwatch.server.live.control import Control
from doorwatch.server.live.feed import EventFeed
from doorwatch.server.live.snapshots import Snapshots
from doorwatch.server.live.source import MomentSource
from doorwatch.server.metrics import DELIVERIES, DELIVERY_SECONDS
from doorwatch.server.noting import Looks
from doorwatch.server.patrol import Patrol
from doorwatch.server.picturing import Pictures
from doorwatch.server.reporting.courier import CHANNEL as REPORTS
from doorwatch.server.reporting.courier import ReportCourier
from doorwatch.server.reporting.desk import ReportDesk, no_longer_wanted
from doorwatch.server.room import Room
from doorwatch.server.settings import Settings
from doorwatch.server.signing_on import account_of_groups, sign_on_rules, single_sign_on
from doorwatch.server.stills import Stills
from doorwatch.server.stocktaking import Stocktaking
from doorwatch.server.watch.judges import Judges
from doorwatch.server.watch.worker import Watch
from doorwatch.store import evidence as evidence_rows
from doorwatch.store import settings as stored_settings
from doorwatch.store import tenants, tombstones
from doorwatch.store.alerting import mail_links
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.engine.database import Database
from doorwatch.store.incidents import StoredIncident

_log = structlog.get_logger(__name__)

_POLL_SHARED = 0.5
_LINK_KEY = "share links"
_JOURNAL = "handed-over.journal"


class Services:
    """One server's parts. `start` before use, `stop` after it."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        db: Database,
        blobs: Blobs,
        link_key: bytes,
        push_key: str,
        groups_account: str = "",
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.db = db
        self.blobs = blobs
        self.links = Links(link_key)
        self.accounts = Accounts(
            db,
            clock,
            # Of the same secret: who replaces the one ends share links and forgets browsers, which hurts nobody.
            device_key=hashlib.sha256(b"doorwatch known browsers" + link_key).digest(),
            lives=Lives(from_seconds(settings.session_hours * 3600), from_seconds(settings.session_idle_hours * 3600)),
            refuses_password=sign_on_rules(settings).refuses_password_of,
            passkeys_at=passkey_place(address(settings)),
        )
        self.sign_on = single_sign_on(settings, db, clock, self.accounts, key=link_key, account=groups_account)
        self.looks = Looks(db, clock)
        self.likeness = Likeness(settings.data_dir)
        self.control = Control(db, clock)
        self.analyzers = self.control.analyzers
        self.media = self.control.media
        self.snapshots = Snapshots(self.control.ask_snapshot, clock)
        self.feed = EventFeed(MomentSource(db), clock.sleep, poll_seconds=_POLL_SHARED if db.shared else None)
        self.health = CameraHealth(db, clock, self.feed)
        self.evidence = EvidenceDesk(db, blobs, clock, self.analyzers, settings)
        self.exports = ExportDesk(db, blobs, clock, self.analyzers, settings)
        self.playable = PlayableDesk(db, blobs, clock, settings.data_dir)
        self.mails = _channel(settings)
        base = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
        sender = Sender(settings.mail_from)
        self.push_signer = Signer.of(push_key, base if base.startswith("https://") else f"mailto:{settings.mail_from}")
        reachable = Reach(networks(settings.webhook_networks), settings.webhook_networks_only)
        others: list[Courier] = [BrowserCourier(db, PushChannel(self.push_signer, reachable), clock)]
        if self.mails is not None:
            others.append(ReportCourier(db, self.mails, sender, base, clock))
        self.pictures = Pictures(db, blobs, clock, self.links, base)
        self.alerts = AlertService(
            db,
            clock,
            channel=self.mails,
            sender=sender,
            links=self._mail_links,
            picture=self._picture,
            posts=WebhookChannel(reachable),
            journal=settings.data_dir / _JOURNAL,
            on_tried=self._mailed,
            finds=finder(clock),
            images=self.pictures.find,
            others=others,
            retracted={REPORTS: no_longer_wanted},
        )
        self.judges = Judges(db.url, settings.most_judges, clock)
        self.stills = Stills(db, blobs, clock, self.analyzers)
        self.watch = Watch(db, clock, on_change=self.alerts.on_change, told=self._incidents_changed, judges=self.judges)
        self.allowances = Allowances(settings.ingest_rate, clock.monotonic)
        self.limits = Limits(settings.request_rate, clock.monotonic)
        self.gathering = Gathering(db, clock, self._events_stored)
        self.erasures = ErasureDesk(db, clock, settings.data_dir)
        self.room = Room(db, clock, settings)
        self.stocktaking = Stocktaking(db, clock, self.room)
        self.patrol = Patrol(db, clock, self.analyzers, self.control.inquiries)
        self.caretaker = Caretaker(
            db,
            clock,
            self.accounts,
            self.analyzers,
            self.evidence,
            stills=self.stills,
            erasures=self.erasures,
            exports=self.exports,
            playable=self.playable,
            room=self.room,
            clothing_days=settings.clothing_days,
            audit_days=settings.audit_days,
        )
        place = Installation(base, settings.data_dir, settings.tls_cert)
        self.follower = Follower(db, clock, self.alerts, place)
        self.reports = ReportDesk(db, clock, self.alerts.wake)
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, settings: Settings, clock: Clock) -> "Services":
        """Open the database and the folders. Raises DoorwatchError with one sentence."""
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"the data folder {settings.data_dir} can't be made ({error.strerror}); choose another --data-dir"
            raise DoorwatchError(text) from error
        try:
            blobs = DiskBlobs(settings.blobs_dir)
        except BlobError as error:
            raise DoorwatchError(str(error)) from error
        db = await asyncio.to_thread(open_database, settings, clock.now())
        try:
            key, push_key, account = await db.write(lambda conn: _prepare(conn, settings, clock.now()))
        except BaseException:
            await db.aclose()
            raise
        return cls(settings, clock, db, blobs, key, push_key, account)

    @property
    def mails_links(self) -> bool:
        """Whether links can be mailed to who is not signed in: there is a mail server, and an address that nobody forges."""
        return self.mails is not None and self.settings.public_url is not None

    def start(self) -> None:
        """Start what runs beside the handlers."""
        loop = asyncio.get_running_loop()
        self.db.on_change(lambda accounts: _in_loop(loop, self.feed.changed, accounts))
        for name, work in (
            ("watch", self.watch.run()),
            ("feed", self.feed.run()),
            ("stills", self.stills.run()),
            ("alerts", self.alerts.run()),
            ("exports", self.exports.run()),
            ("playable", self.playable.run()),
            ("caretaker", self.caretaker.run()),
            ("patrol", self.patrol.run()),
            ("follower", self.follower.run()),
            ("reports", self.reports.run()),
        ):
            self._tasks.append(asyncio.create_task(_forever(name, work), name=name))

    async def stop(self) -> None:
        """Stop it all and close the database."""
        self.feed.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.db.aclose()

    async def missing(self) -> list[str]:
        """What keeps the server from serving; empty when nothing does."""
        missing = [f"the worker {task.get_name()} has stopped" for task in self._tasks if task.done()]
        try:
            await self.db.read(tenants.list_accounts)
        except DoorwatchError as error:
            missing.append(str(error))
        return missing

    def _events_stored(self, key: Key, events: Sequence[AccessEvent], doors: Mapping[str, str]) -> None:
        """Let those know who need events at once."""
        account, pacs = key
        self.watch.wake()
        self.control.open_gates(account, events, doors)
        self.stills.want(account, pacs, events, doors)

    async def _incidents_changed(self, account: str, changed: list[StoredIncident]) -> None:
        self.alerts.wake()
        await self.evidence.ask_missing(account, [stored.incident_id for stored in changed])

    def _mail_links(self, conn: Connection, account: str, incident_id: str, recipient: str | None) -> MailLinks:
        base = (self.settings.public_url or f"http://{self.settings.host}:{self.settings.port}").rstrip("/")
        page, shared = f"{base}/incidents/{incident_id}", "made-when-it-is-sent"
        if recipient is not None:
            now = self.clock.now()
            until = now + read_settings(conn, account).link_days * DAY
            link = mail_links.for_recipient(conn, account, incident_id, recipient, now, until)
            if link is None:
                return MailLinks(page, page, page, base)
            shared = self.links.make(account, incident_id, link.until, link.link_id)
        opened = f"{base}/share/{shared}"
        return MailLinks(page, opened, f"{opened}/clip.mp4", base)

    async def _picture(self, account: str, incident_id: str) -> bytes | None:
        found = await self.db.read(lambda conn: evidence_rows.of_incidents(conn, account, [incident_id]))
        piece = found.get(incident_id, {}).get("picture.jpg")
        if piece is None:
            return None
        try:
            return await asyncio.to_thread(self.blobs.get, piece.blob)
        except BlobError as error:
            _log.warning("a mail goes without its picture", error=str(error))
            return None

    def _mailed(self, account: str, message: Message, outcome: str) -> None:
        DELIVERIES.labels(message.channel, outcome).inc()
        if outcome == "sent":
            DELIVERY_SECONDS.labels(message.channel).observe(to_seconds(self.clock.now() - message.created_at))
        told = {"mail_id": message.message_id, "to": message.recipient, "incident_id": message.incident_id}
        self.feed.publish(account, "mail", told)


def services_of(connection: HTTPConnection) -> Services:
    """The parts of the server that this connection belongs to. Raises ApiError with 503 while it starts."""
    services = getattr(connection.app.state, "services", None)
    if not isinstance(services, Services):
        raise ApiError(503, "the server is starting; try again in a second", headers={"Retry-After": "1"})
    return services


def _prepare(conn: Connection, settings: Settings, now: int) -> tuple[bytes, str, str]:
    """See to it that there is an account, and keys for links and pushes; these, and the account in which groups give roles."""
    tenants.ensure_default(conn, now, name=settings.site_name, time_zone=settings.time_zone)
    tombstones.make_key(conn, now)
    text = stored_settings.get_or_make_secret(conn, _LINK_KEY, lambda: secrets.token_urlsafe(32), now)
    key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    push_key = stored_settings.get_or_make_secret(conn, browsers.KEY, new_key, now)
    return key, push_key, account_of_groups(conn, settings)


def _channel(settings: Settings) -> EmailChannel | None:
    if settings.smtp_host is None:
        return None
    password = settings.smtp_password
    return EmailChannel(
        SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            Encryption(settings.smtp_security),
            settings.smtp_user,
            password.get_secret_value() if password else None,
            settings.smtp_ca_file,
        )
    )


def _in_loop(loop: asyncio.AbstractEventLoop, call: Any, *arguments: Any) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, *arguments)


async def _forever(name: str, work: Coroutine[Any, Any, None]) -> None:
    """A worker that ends is a fault: it is told, and readiness says so."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except Exception:
        _log.exception("a worker stopped; restart the server", worker=name)
        raise
