"""Alerts of one server: what is written into the outbox when an incident changes, and the worker that sends it.

Writing happens inside the transaction that stores the incident, so an incident that was stored is told and one that was
rolled back is not. Sending happens later, at least once; the Message-ID is the same each time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.message import Content, Sender, build
from doorwatch.alerts.rules import (
    AlertSettings,
    CardHolder,
    Notice,
    NoticeKind,
    kind_of,
    notices,
    values,
    words,
)
from doorwatch.alerts.templates import DEFAULT_TEMPLATE, Template, render_text
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, MINUTE, SECOND, Clock, Micros, to_datetime, to_seconds
from doorwatch.domain.verdict import Change
from doorwatch.store import access_events, cameras, doors, incidents, outbox, tenants
from doorwatch.store import settings as account_settings
from doorwatch.store.database import Database
from doorwatch.store.outbox import Draft, Message

_log = structlog.get_logger(__name__)

SETTING = "alerts"
PICTURE_WAIT = 15 * SECOND
"""How long a mail waits for its picture before it goes without."""
GIVE_UP = DAY
_PAUSES = (10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE)
_IDLE_SECONDS = 2.0


class Channel(Protocol):
    """What can take a mail."""

    async def send(self, mail: EmailMessage) -> None:
        """Hand it over. Raises DeliveryError."""
        ...


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of one incident: `event` for people who can sign in, `event_link` for everybody who has it."""

    event: str
    event_link: str
    product_url: str


MakeLinks = Callable[[Connection, str, str], Links]
FindPicture = Callable[[str, str], Awaitable[bytes | None]]
OnMail = Callable[[str, Message], None]


def read_settings(connection: Connection, account: str) -> AlertSettings:
    """What an account wants to be told."""
    stored: Mapping[str, Any] = account_settings.get_setting(connection, account, SETTING, {})
    template = stored.get("template")
    return AlertSettings(
        enabled=bool(stored.get("enabled", False)),
        recipients=tuple(stored.get("recipients", ())),
        template=Template(template["subject"], template["body"]) if template else DEFAULT_TEMPLATE,
    )


def save_settings(connection: Connection, account: str, settings: AlertSettings, now: Micros) -> None:
    """Keep them; the template was validated."""
    value = {
        "enabled": settings.enabled,
        "recipients": list(settings.recipients),
        "template": {"subject": settings.template.subject, "body": settings.template.body},
    }
    account_settings.set_setting(connection, account, SETTING, value, now)


class AlertService:
    """Writes the outbox and empties it."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        channel: Channel | None,
        sender: Sender,
        links: MakeLinks,
        picture: FindPicture,
        on_mail: OnMail = lambda _account, _message: None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._channel = channel
        self._sender = sender
        self._links = links
        self._picture = picture
        self._on_mail = on_mail
        self._wake = asyncio.Event()

    def on_change(self, connection: Connection, account: str, change: Change) -> None:
        """Write the mails that a change asks for; runs in the transaction that stores the change."""
        if kind_of(change) is None:
            return
        settings = read_settings(connection, account)
        if not settings.enabled:
            return
        holders = _card_holders(connection, account, change)
        places = self._places(connection, account, change)
        for notice in notices(settings, change, holders):
            self._write(connection, account, change, notice, settings.template, places)

    def _write(
        self,
        connection: Connection,
        account: str,
        change: Change,
        notice: Notice,
        template: Template,
        places: Mapping[str, str],
    ) -> None:
        incident = change.incident
        filled = values(incident, user=notice.user, places=places)
        worded = words(template, notice.kind)
        draft = Draft(
            dedupe=f"{incident.incident_id}:{change.revision}:{notice.to}",
            channel="email",
            recipient=notice.to,
            subject=" ".join(render_text(worded.subject, filled).split()),
            payload={
                "template": {"subject": worded.subject, "body": worded.body},
                "values": filled,
                # The first mail of a thread is number 1, whatever revision the incident has by then.
                "number": 1 if notice.kind is NoticeKind.ALERT else change.revision,
                "picture": notice.kind is not NoticeKind.CORRECTION,
            },
            thread=incident.incident_id,
            incident_id=incident.incident_id,
        )
        outbox.write(connection, account, draft, self._clock.now())

    def _places(self, connection: Connection, account: str, change: Change) -> dict[str, str]:
        incident = change.incident
        door = doors.get_door(connection, account, incident.door)
        sites = tenants.list_sites(connection, account)
        zone = ZoneInfo(sites[0].time_zone if sites else "UTC")
        names = cameras.names(connection, account)
        seen_by = [names.get(one, one) for one in incidents.get(connection, account, incident.incident_id).camera_ids]
        links = self._links(connection, account, incident.incident_id)
        begun = to_datetime(incident.start).astimezone(zone)
        return {
            "door": door.name,
            "camera": ", ".join(seen_by) or "no camera",
            "site": sites[0].name if sites else "",
            "time": begun.strftime("%Y-%m-%d %H:%M:%S %Z"),
            "event": links.event,
            "event_link": links.event_link,
            "product_url": links.product_url,
        }

    def write_test(self, connection: Connection, account: str) -> list[str]:
        """Put a trial mail for each recipient into the outbox; to whom it goes."""
        settings = read_settings(connection, account)
        now = self._clock.now()
        subject = "Test mail from Doorwatch"
        body = "Mails from Doorwatch arrive. Incidents will be told with their picture and a link."
        for to in settings.recipients:
            payload = {"template": {"subject": subject, "body": body}, "values": {}, "number": 1, "picture": False}
            draft = Draft(f"test:{now}:{to}", "email", to, subject, payload, thread=f"test-{now}")
            outbox.write(connection, account, draft, now)
        return list(settings.recipients)

    def wake(self) -> None:
        """Something was written: look at once."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due until cancelled."""
        while True:
            self._wake.clear()
            try:
                worked = await self.step()
            except DoorwatchError as error:
                _log.error("the outbox waits for the database", error=str(error))
                worked = 0
            _stop_if_cancelled()
            if not worked:
                await self._pause()

    async def _pause(self) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(_IDLE_SECONDS))
        waking = asyncio.ensure_future(self._wake.wait())
        _, pending = await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()

    async def step(self) -> int:
        """Try the messages that are due once; how many there were."""
        if self._channel is None:
            return 0
        now = self._clock.now()
        due = await self._db.write(lambda connection: outbox.claim(connection, now))
        for message in due:
            await self._deliver(message)
        return len(due)

    async def _deliver(self, message: Message) -> None:
        picture = await self._picture_of(message)
        if picture is None and self._waits_for_picture(message):
            again = self._clock.now() + SECOND // 4
            await self._db.write(lambda connection: outbox.postpone(connection, message, again))
            return
        payload = message.payload
        content = Content(
            to=message.recipient,
            template=Template(payload["template"]["subject"], payload["template"]["body"]),
            values=payload["values"],
            thread=message.thread or message.message_id,
            revision=payload["number"],
            at=message.created_at,
            picture=picture,
        )
        try:
            await self._send(build(content, self._sender))
        except DeliveryError as error:
            await self._failed(message, error)
        else:
            sent_at = self._clock.now()
            await self._db.write(lambda connection: outbox.sent(connection, message, sent_at))
            _log.info("mail sent", to=message.recipient, incident=message.incident_id)
            self._on_mail(message.account_id, message)

    async def _send(self, mail: EmailMessage) -> None:
        if self._channel is not None:
            await self._channel.send(mail)

    async def _picture_of(self, message: Message) -> bytes | None:
        if not message.incident_id or not message.payload.get("picture"):
            return None
        return await self._picture(message.account_id, message.incident_id)

    def _waits_for_picture(self, message: Message) -> bool:
        wanted = bool(message.incident_id and message.payload.get("picture"))
        return wanted and self._clock.now() < message.created_at + PICTURE_WAIT

    async def _failed(self, message: Message, error: DeliveryError) -> None:
        now = self._clock.now()
        pause = _PAUSES[min(message.attempts, len(_PAUSES)) - 1]
        again = now + pause if error.again and now - message.created_at < GIVE_UP else None
        _log.warning(
            "a mail was not taken",
            to=message.recipient,
            error=str(error),
            again_in=None if again is None else to_seconds(pause),
        )
        text = str(error)
        await self._db.write(lambda connection: outbox.failed(connection, message, text, again_at=again))
        self._on_mail(message.account_id, message)


def _stop_if_cancelled() -> None:
    """The mail library swallows a cancelling that arrives while it says goodbye; it is still meant."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _card_holders(connection: Connection, account: str, change: Change) -> list[CardHolder]:
    door = doors.get_door(connection, account, change.incident.door)
    grants = access_events.get_many(connection, account, door.pacs_id, change.incident.grant_ids)
    return [CardHolder(stored.event.actor_name, stored.event.actor_email) for stored in grants]
