"""What an incident's changes write into the outbox: mails and posts, each once, to those who were told before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts import browsers, hooks
from doorwatch.alerts.examples import DESK
from doorwatch.alerts.hooks import Hook
from doorwatch.alerts.places import MakeLinks, Place, card_holders, place_of
from doorwatch.alerts.rules import Notice, NoticeKind, kind_of, notices, values, words
from doorwatch.alerts.settings import AlertSettings, From, owners, read_settings
from doorwatch.alerts.stories import ENDS, FIRST, MAIL, by_search, first_mails, held_of, said_of, thread_name, told_of
from doorwatch.alerts.templates import Template, render_text
from doorwatch.alerts.withholding import STORM, Storms, held_back
from doorwatch.domain.incident import Incident, IncidentState
from doorwatch.domain.time import Clock
from doorwatch.domain.verdict import Change
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Draft, Message
from doorwatch.store.alerting.subscriptions import Subscription
from doorwatch.store.incidents import StoredIncident

BEFORE = "it had been accounted for before it was sent"
"""Why nobody is told of what is over by then."""


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell of an incident: `mark` tells it from all else that is told of the same one.

    What only those heard of whom a search told of it is told to nobody else (`among_searches`).
    """

    stored: StoredIncident
    kind: NoticeKind
    mark: str
    among_searches: bool = False

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
        told = [] if new else told_of(conn, account, [incident.incident_id, *change.inherits])
        said = said_of(message for message in told if message.incident_id == incident.incident_id)
        kind = kind_of(change, at_once=incident.door in settings.at_once, said=said)
        if kind is not None:
            self._write(conn, account, settings, News(stored, kind, str(change.revision)), told)
        elif incident.state is IncidentState.WITHDRAWN and change.superseded_by is None and told:
            news = News(stored, NoticeKind.CORRECTION, str(change.revision), among_searches=True)
            self._write(conn, account, settings, news, told)

    def on_review(self, conn: Connection, account: str, before: str, stored: StoredIncident) -> None:
        """Write what a person's word asks for: who was told of an incident is told that it was dismissed, or is not any more."""
        if before == stored.review or "dismissed" not in {before, stored.review}:
            return
        kind = NoticeKind.DISMISSED if stored.review == "dismissed" else NoticeKind.REOPENED
        news = News(stored, kind, f"{kind}-{self._clock.now()}")
        told = told_of(conn, account, [stored.incident_id])
        self._write(conn, account, read_settings(conn, account), news, told)

    def on_overdue(self, conn: Connection, account: str, stored: StoredIncident, number: int) -> None:
        """Tell for the `number`th time that nobody has reviewed an incident; each time is told once."""
        settings = read_settings(conn, account)
        told = told_of(conn, account, [stored.incident_id])
        news = News(stored, NoticeKind.OVERDUE, f"overdue-{number}")
        self._write(conn, account, settings, news, told)

    def _write(
        self, conn: Connection, account: str, settings: AlertSettings, news: News, told: Sequence[Message]
    ) -> None:
        told = self._heard(conn, account, news, told)
        if news.kind in ENDS:
            held = [one for one in held_of(conn, account, news.incident.incident_id) if one.channel == MAIL]
            mailed = first_mails(told)
            self._storms.follow(conn, account, [one for one in held if one.recipient not in mailed], self._clock.now())
        mails = self._mails(conn, account, settings, news, told)
        listening = _listening(conn, account, news, told)
        notified = browsers.at_door(conn, account, news.incident.door, self._clock.now())
        if not mails and not listening and not notified:
            return
        now, incident = self._clock.now(), news.incident
        place = place_of(conn, account, news.stored, now)
        first = first_mails(told)
        why = None
        if news.kind in FIRST or news.kind is NoticeKind.OVERDUE:
            why = held_back(conn, account, settings, incident.door, incident.kind.value, now)
        for notice, template in mails:
            mail = Mail(notice, template, place, settings.sender, first.get(notice.to), why)
            self._write_mail(conn, account, settings.storm, news, mail)
        for hook in listening:
            self._write_post(conn, account, news, hook, place, why if hook.is_chat else None)
        heard = {message.rule_id for message in told}
        for one in notified:
            if news.kind in FIRST or one.subscription_id in heard:
                self._write_notification(conn, account, settings.storm, news, one, place, why)

    def _heard(self, conn: Connection, account: str, news: News, told: Sequence[Message]) -> list[Message]:
        """Who hears what became of an incident, by what they were told before.

        What has not been tried yet is not sent any more when there is nothing to do about it.
        """
        if news.kind not in ENDS:
            return [one for one in told if not by_search(one)]
        now = self._clock.now()
        idle = [one for one in told if one.state == "waiting" and not one.attempts and one.due_at > now]
        if not idle or news.kind is NoticeKind.REOPENED:
            return list(told)
        outbox.withhold(conn, account, [one.message_id for one in idle], BEFORE)
        return [one for one in told if one not in idle]

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
                (
                    Notice(
                        to,
                        news.kind,
                        mail.payload["values"].get("user", ""),
                        listed=mail.payload.get("listed", False),
                    ),
                    Template(**mail.payload["plain"]),
                )
                for to, mail in first_mails(told).items()
            ]
        words_here = settings.template_at(news.incident.door)
        if words_here is None:
            return []
        recipients = settings.recipients or owners(conn, account)
        holders = card_holders(conn, account, news.incident)
        return [(notice, words_here) for notice in notices(words_here, news.kind, recipients, holders)]

    def _write_mail(self, conn: Connection, account: str, storm: int, news: News, mail: Mail) -> None:
        incident, notice, now = news.incident, mail.notice, self._clock.now()
        rule_id = None
        if mail.first is not None and by_search(mail.first):
            rule_id, filled = mail.first.rule_id, {**mail.first.payload["values"], "reason": incident.reason}
        else:
            links = self._links(conn, account, incident.incident_id, notice.to)
            filled = values(incident, user=notice.user, places=mail.place.told(links))
        draft = mail_draft(
            mail.template,
            notice.kind,
            filled,
            to=notice.to,
            sender=mail.sender,
            dedupe=f"{incident.incident_id}:{news.mark}:{notice.to}",
            # An incident's alert is number 1, whatever revision it has by then.
            number="1" if notice.kind in FIRST else news.mark,
            incident_id=incident.incident_id,
            first=mail.first,
            rule_id=rule_id,
            listed=notice.listed,
        )
        why = mail.withheld
        if why is None and news.kind in FIRST and self._storms.holds_back(conn, account, draft, storm, now):
            why = STORM
        outbox.write(conn, account, replace(draft, withheld=why), now)

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
        if withheld is None and news.kind in FIRST and self._storms.holds_back(conn, account, draft, storm, now):
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
    listed: bool = False,
) -> Draft:
    """One mail about one incident; `first` is the mail with which the thread began, `listed` as a `Notice` says."""
    worded = words(template, kind)
    payload: dict[str, Any] = {
        "template": {"subject": worded.subject, "body": worded.body},
        "plain": {"subject": template.subject, "body": template.body},
        "values": dict(filled),
        "kind": kind.value,
        "number": number,
        "first": None if first is None else thread_name(first),
        "told_at": None if first is None else first.created_at,
        "listed": listed,
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


def _listening(conn: Connection, account: str, news: News, told: Sequence[Message]) -> list[Hook]:
    """Who hears of it: machines of all, and people in a chat not how something ended of which they had not heard."""
    heard = {message.rule_id for message in told}
    return [
        hook
        for hook in hooks.list_hooks(conn, account)
        if (hook.hook_id in heard and hook.enabled and news.kind in ENDS)
        or (
            hook.wants(news.incident)
            and not news.among_searches
            and (news.kind in FIRST or not hook.is_chat or hook.hook_id in heard)
        )
    ]
