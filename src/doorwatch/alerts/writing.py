"""What an incident's changes write into the outbox: mails and posts, each once, to those who were told before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts import browsers, hooks
from doorwatch.alerts.examples import DESK
from doorwatch.alerts.hooks import Hook
from doorwatch.alerts.message import mail_name
from doorwatch.alerts.places import MakeLinks, Place, card_holders, place_of
from doorwatch.alerts.rules import Notice, NoticeKind, Said, kind_of, notices, values, words
from doorwatch.alerts.settings import AlertSettings, From, owners, read_settings
from doorwatch.alerts.templates import Template, render_text
from doorwatch.alerts.withholding import STORM, Storms, held_back
from doorwatch.domain.incident import Incident
from doorwatch.domain.time import Clock
from doorwatch.domain.verdict import Change
from doorwatch.store import incidents
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Draft, Message
from doorwatch.store.alerting.subscriptions import Subscription
from doorwatch.store.incidents import StoredIncident

MAIL = "email"
FIRST = frozenset({NoticeKind.EARLY, NoticeKind.ALERT})
"""Kinds with which the telling of an incident begins."""


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell of an incident: `mark` tells it from all else that is told of the same one."""

    stored: StoredIncident
    kind: NoticeKind
    mark: str

    @property
    def incident(self) -> Incident:
        """What the rule says of it."""
        return self.stored.incident


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to write: `first` is the one that began the thread, `withheld` why it is not to be sent."""

    notice: Notice
    template: Template
    place: Place
    sender: From
    first: Message | None = None
    withheld: str | None = None


class Writer:
    """Writes notices into the outbox, inside of the transaction of what they tell."""

    def __init__(self, clock: Clock, links: MakeLinks) -> None:
        self._clock = clock
        self._links = links
        self._storms = Storms(lambda conn, account: links(conn, account, "", None).product_url)

    def on_change(self, conn: Connection, account: str, change: Change, stored: StoredIncident) -> None:
        """Write what a change of the verdict asks for; `stored` is what is stored of it."""
        incident = change.incident
        settings = read_settings(conn, account)
        # Of what is new, and took nothing over, nobody can have been told.
        new = change.revision == 1 and not change.inherits
        told = [] if new else _told(conn, account, [incident.incident_id, *change.inherits])
        said = _said(message for message in told if message.incident_id == incident.incident_id)
        kind = kind_of(change, at_once=incident.door in settings.at_once, said=said)
        if kind is not None:
            self._write(conn, account, settings, News(stored, kind, str(change.revision)), told)

    def on_review(self, conn: Connection, account: str, before: str, stored: StoredIncident) -> None:
        """Write what a person's word asks for: who was told of an incident is told that it was dismissed, or is not any more."""
        if before == stored.review or "dismissed" not in {before, stored.review}:
            return
        kind = NoticeKind.DISMISSED if stored.review == "dismissed" else NoticeKind.REOPENED
        news = News(stored, kind, f"{kind}-{self._clock.now()}")
        told = _told(conn, account, [stored.incident_id])
        self._write(conn, account, read_settings(conn, account), news, told)

    def on_overdue(self, conn: Connection, account: str, stored: StoredIncident, number: int) -> None:
        """Tell for the `number`th time that nobody has reviewed an incident; each time is told once."""
        settings = read_settings(conn, account)
        told = _told(conn, account, [stored.incident_id])
        news = News(stored, NoticeKind.OVERDUE, f"overdue-{number}")
        self._write(conn, account, settings, news, told)

    def _write(
        self, conn: Connection, account: str, settings: AlertSettings, news: News, told: Sequence[Message]
    ) -> None:
        mails = self._mails(conn, account, settings, news, told)
        listening = [hook for hook in hooks.list_hooks(conn, account) if hook.wants(news.incident)]
        notified = browsers.at_door(conn, account, news.incident.door, self._clock.now())
        if not mails and not listening and not notified:
            return
        now, incident = self._clock.now(), news.incident
        place = place_of(conn, account, news.stored, now)
        first = _first_mails(told)
        why = None
        if news.kind in FIRST:
            why = held_back(conn, account, settings, incident.door, incident.kind.value, now)
        for notice, template in mails:
            mail = Mail(notice, template, place, settings.sender, first.get(notice.to), why)
            if (
                why is None
                and news.kind in FIRST
                and self._storms.holds_back(conn, account, notice.to, settings.storm, now)
            ):
                mail = replace(mail, withheld=STORM)
            self._write_mail(conn, account, news, mail)
        heard = {message.rule_id for message in told}
        for hook in listening:
            # People in a chat are not told how something ended of which they had not heard.
            if news.kind in FIRST or not hook.is_chat or hook.hook_id in heard:
                self._write_post(conn, account, news, hook, place, why if hook.is_chat else None)
        for one in notified:
            if news.kind in FIRST or one.subscription_id in heard:
                self._write_notification(conn, account, settings.storm, news, one, place, why)

    def _mails(
        self, conn: Connection, account: str, settings: AlertSettings, news: News, told: Sequence[Message]
    ) -> list[tuple[Notice, Template]]:
        if news.kind is NoticeKind.OVERDUE and settings.overdue.recipients and told:
            mail = next((one for one in told if one.channel == MAIL), None)
            template = Template(**mail.payload["plain"]) if mail else DESK
            user = mail.payload["values"]["user"] if mail else "nobody known"
            return [(Notice(to, news.kind, user), template) for to in settings.overdue.recipients]
        if news.kind not in FIRST:
            return [
                (Notice(to, news.kind, mail.payload["values"]["user"]), Template(**mail.payload["plain"]))
                for to, mail in _first_mails(told).items()
            ]
        words_here = settings.template_at(news.incident.door)
        if words_here is None:
            return []
        recipients = settings.recipients or owners(conn, account)
        holders = card_holders(conn, account, news.incident)
        return [(notice, words_here) for notice in notices(words_here, news.kind, recipients, holders)]

    def _write_mail(self, conn: Connection, account: str, news: News, mail: Mail) -> None:
        incident, notice = news.incident, mail.notice
        links = self._links(conn, account, incident.incident_id, notice.to)
        draft = mail_draft(
            mail.template,
            notice.kind,
            values(incident, user=notice.user, places=mail.place.told(links)),
            to=notice.to,
            sender=mail.sender,
            dedupe=f"{incident.incident_id}:{news.mark}:{notice.to}",
            # An incident's alert is number 1, whatever revision it has by then.
            number="1" if notice.kind in FIRST else news.mark,
            incident_id=incident.incident_id,
            first=mail.first,
        )
        outbox.write(conn, account, replace(draft, withheld=mail.withheld), self._clock.now())

    def _write_post(
        self, conn: Connection, account: str, news: News, hook: Hook, place: Place, withheld: str | None
    ) -> None:
        incident = news.incident
        links = self._links(conn, account, incident.incident_id, None)
        draft = Draft(
            dedupe=f"{incident.incident_id}:{news.mark}:{hook.hook_id}",
            channel=hooks.CHANNEL,
            recipient=hook.shown,
            subject=f"{hooks.EVENTS[news.kind]} at {place.door}",
            payload=hooks.document(incident, news.stored.revision, news.kind, place.told(links)),
            thread=incident.incident_id,
            incident_id=incident.incident_id,
            rule_id=hook.hook_id,
            withheld=withheld,
        )
        outbox.write(conn, account, draft, self._clock.now())

    def _write_notification(
        self,
        conn: Connection,
        account: str,
        storm: int,
        news: News,
        to: Subscription,
        place: Place,
        withheld: str | None,
    ) -> None:
        incident, now = news.incident, self._clock.now()
        links = self._links(conn, account, incident.incident_id, None)
        draft = browsers.draft(
            hooks.document(incident, news.stored.revision, news.kind, place.told(links)),
            to,
            name=f"{incident.incident_id}:{news.mark}",
            thread=incident.incident_id,
            path=f"/incidents/{incident.incident_id}",
            place=f"{place.site}, {place.time}",
            incident_id=incident.incident_id,
            withheld=withheld,
        )
        if withheld is None and news.kind in FIRST and self._storms.holds_back_in(conn, account, draft, storm, now):
            draft = replace(draft, withheld=STORM)
        outbox.write(conn, account, draft, now)


def mail_draft(
    template: Template,
    kind: NoticeKind,
    filled: Mapping[str, str],
    *,
    to: str,
    sender: From,
    dedupe: str,
    number: str,
    incident_id: str,
    first: Message | None = None,
    rule_id: str | None = None,
) -> Draft:
    """One mail about one incident; `first` is the mail with which the thread began."""
    worded = words(template, kind)
    payload: dict[str, Any] = {
        "template": {"subject": worded.subject, "body": worded.body},
        "plain": {"subject": template.subject, "body": template.body},
        "values": dict(filled),
        "number": number,
        "first": None if first is None else _thread_name(first),
        "picture": kind in FIRST or kind in {NoticeKind.UPDATE, NoticeKind.OVERDUE},
        "sender": {name: getattr(sender, name) for name in From.__dataclass_fields__},
    }
    return Draft(
        dedupe=dedupe,
        channel=MAIL,
        recipient=to,
        subject=" ".join(render_text(worded.subject, filled).split())[:300],
        payload=payload,
        thread=incident_id if first is None else first.thread,
        incident_id=incident_id,
        rule_id=rule_id,
    )


def _told(conn: Connection, account: str, incident_ids: Sequence[str]) -> list[Message]:
    """What was told of these incidents and of those that they have taken over, the oldest first."""
    return [
        message
        for message in outbox.about(conn, account, incidents.taken_over(conn, account, incident_ids))
        if not message.payload.get("trial")
    ]


def _first_mails(told: Iterable[Message]) -> dict[str, Message]:
    """The mail that began a thread, for each person."""
    found: dict[str, Message] = {}
    for message in told:
        if message.channel == MAIL:
            found.setdefault(message.recipient, message)
    return found


def _thread_name(first: Message) -> str:
    name: str = first.payload.get("first") or mail_name(first.incident_id or "", first.payload["number"])
    return name


def _said(told: Iterable[Message]) -> Said | None:
    """The newest word about an incident; None when there was none."""
    said = None
    for message in told:
        if message.channel == MAIL and message.rule_id is None:
            filled = message.payload["values"]
            said = Said(int(filled["people_count"]), int(filled["excess"]))
        elif message.channel == browsers.CHANNEL and "people" in message.payload:
            said = Said(int(message.payload["people"]), int(message.payload["excess"]))
        elif message.channel == hooks.CHANNEL and message.payload["type"] in hooks.EVENTS.values():
            counted = message.payload["data"]["object"]
            said = Said(int(counted["people"]), int(counted["excess"]))
    return said
