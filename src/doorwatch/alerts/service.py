"""Alerts of one server: what is written into the outbox when an incident changes, and the workers that deliver it.

Writing happens inside the transaction that stores the incident, so an incident that was stored is told and one that was
rolled back is not. Delivering happens later, at least once; the Message-ID or the delivery's id is the same each time.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.alerts import hooks
from doorwatch.alerts.channels.webhook import WebhookChannel
from doorwatch.alerts.couriers import FindPicture, HookCourier, MailChannel, MailCourier
from doorwatch.alerts.delivery import Courier, OnTried, OutboxWorker
from doorwatch.alerts.hooks import Hook
from doorwatch.alerts.message import Sender, mail_name
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
from doorwatch.domain.time import Clock, Micros, to_datetime
from doorwatch.domain.verdict import Change
from doorwatch.store import access_events, cameras, doors, incidents, outbox, sites
from doorwatch.store import settings as account_settings
from doorwatch.store.database import Database
from doorwatch.store.outbox import Draft

SETTING = "alerts"


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of one incident: `event` for people who can sign in, `event_link` for everybody who has it."""

    event: str
    event_link: str
    product_url: str


MakeLinks = Callable[[Connection, str, str], Links]


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
        channel: MailChannel | None,
        posts: WebhookChannel | None = None,
        sender: Sender,
        links: MakeLinks,
        picture: FindPicture,
        on_tried: OnTried = lambda _account, _message: None,
    ) -> None:
        self._clock = clock
        self._links = links
        couriers: list[Courier] = []
        if channel is not None:
            couriers.append(MailCourier(channel, sender, picture, clock))
        if posts is not None:
            couriers.append(HookCourier(db, posts, clock))
        self._workers = [OutboxWorker(db, clock, courier, on_tried) for courier in couriers]

    def on_change(self, connection: Connection, account: str, change: Change) -> None:
        """Write the mails that a change asks for; runs in the transaction that stores the change."""
        if kind_of(change) is None:
            return
        settings = read_settings(connection, account)
        listening = [hook for hook in hooks.list_hooks(connection, account) if hook.wants(change.incident)]
        if not settings.enabled and not listening:
            return
        holders = _card_holders(connection, account, change)
        places = self._places(connection, account, change)
        for notice in notices(settings, change, holders):
            self._write(connection, account, change, notice, settings.template, places)
        for hook in listening:
            self._write_post(connection, account, change, hook, places)

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
        first = _first_mail(connection, account, change, notice.to)
        draft = Draft(
            dedupe=_once(incident.incident_id, change.revision, notice.to),
            channel="email",
            recipient=notice.to,
            subject=" ".join(render_text(worded.subject, filled).split()),
            payload={
                "template": {"subject": worded.subject, "body": worded.body},
                "values": filled,
                # An incident's alert is number 1, whatever revision it has by then.
                "number": 1 if notice.kind is NoticeKind.ALERT else change.revision,
                "first": None if first is None else first.name,
                "picture": notice.kind is not NoticeKind.CORRECTION,
            },
            thread=incident.incident_id if first is None else first.thread,
            incident_id=incident.incident_id,
        )
        outbox.write(connection, account, draft, self._clock.now())

    def _write_post(
        self, connection: Connection, account: str, change: Change, hook: Hook, places: Mapping[str, str]
    ) -> None:
        kind = kind_of(change)
        if kind is None:
            return
        incident = change.incident
        draft = Draft(
            dedupe=f"{incident.incident_id}:{change.revision}:{hook.hook_id}",
            channel=hooks.CHANNEL,
            recipient=hook.shown,
            subject=f"{hooks.EVENTS[kind]} at {places['door']}",
            payload=hooks.document(change, kind, places),
            thread=incident.incident_id,
            incident_id=incident.incident_id,
            rule_id=hook.hook_id,
        )
        outbox.write(connection, account, draft, self._clock.now())

    def _places(self, connection: Connection, account: str, change: Change) -> dict[str, str]:
        incident = change.incident
        door = doors.get_door(connection, account, incident.door)
        site = sites.read(connection, account, self._clock.now()).of_door(incident.door)
        zone = ZoneInfo(site.time_zone)
        names = cameras.names(connection, account)
        seen_by = [names.get(one, one) for one in incidents.get(connection, account, incident.incident_id).camera_ids]
        links = self._links(connection, account, incident.incident_id)
        begun = to_datetime(incident.start).astimezone(zone)
        return {
            "door": door.name,
            "camera": ", ".join(seen_by) or "no camera",
            "site": site.name,
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

    def write_hook_test(self, connection: Connection, account: str, hook_id: str) -> None:
        """Put a trial post for a webhook into the outbox. Raises UnknownError."""
        hook = hooks.get_hook(connection, account, hook_id)
        now = self._clock.now()
        draft = Draft(
            f"test:{now}:{hook_id}", hooks.CHANNEL, hook.shown, "Test post", hooks.trial(), rule_id=hook.hook_id
        )
        outbox.write(connection, account, draft, now)

    def wake(self) -> None:
        """Something was written: look at once."""
        for worker in self._workers:
            worker.wake()

    async def run(self) -> None:
        """Deliver what is due until cancelled."""
        await asyncio.gather(*(worker.run() for worker in self._workers))

    async def step(self) -> int:
        """Try the messages that are due once; how many there were."""
        return sum([await worker.step() for worker in self._workers])


@dataclass(frozen=True, slots=True)
class _First:
    """The mail that began a thread, for one person."""

    name: str
    thread: str | None


def _once(incident_id: str, revision: int, to: str) -> str:
    """Of two mails with these words there is one."""
    return f"{incident_id}:{revision}:{to}"


def _first_mail(connection: Connection, account: str, change: Change, to: str) -> _First | None:
    """The first mail that somebody got about an incident, or about another that it has taken over since."""
    related = incidents.taken_over(connection, account, [change.incident.incident_id, *change.inherits])
    told = [_once(key, number, to) for key, revision in related.items() for number in range(1, revision + 1)]
    told = [words for words in told if words != _once(change.incident.incident_id, change.revision, to)]
    oldest = outbox.first_of(connection, account, told)
    if oldest is None or oldest.incident_id is None:
        return None
    name = oldest.payload.get("first") or mail_name(oldest.incident_id, oldest.payload["number"])
    return _First(name, oldest.thread)


def _card_holders(connection: Connection, account: str, change: Change) -> list[CardHolder]:
    door = doors.get_door(connection, account, change.incident.door)
    grants = access_events.get_many(connection, account, door.pacs_id, change.incident.grant_ids)
    return [CardHolder(stored.event.actor_name, stored.event.actor_email) for stored in grants]
