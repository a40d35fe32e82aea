"""Messages that are no incident's story: a search found something, or something of the system is wrong or well again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection
from yarl import URL

from doorwatch.alerts import browsers, hooks
from doorwatch.alerts.hooks import Hook
from doorwatch.alerts.message import mail_name
from doorwatch.alerts.settings import From
from doorwatch.alerts.templates import render_text
from doorwatch.alerts.withholding import HELD, STORM, Storms
from doorwatch.domain.time import Micros, to_iso
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Draft

TEMPLATE = {"subject": "{{title}}", "body": "{{title}}\n\n{{reason}}\n\n{{facts}}\n\nSee it: {{event}}"}
NOWHERE = {"subject": "{{title}}", "body": "{{title}}\n\n{{reason}}\n\n{{facts}}"}
"""Of what no page shows."""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What there is to tell: `name` tells it from all others, `type` is that of the posts.

    `thread` is the name of the one that this follows, `told_at` when that was told. `facts` are names and values for people,
    `more` is what posts carry beside. `incident_id` is the incident that was found, whose end those are told who were told
    of it.
    """

    name: str
    type: str
    title: str
    reason: str
    at: Micros
    url: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    thread: str | None = None
    rule_id: str | None = None
    incident_id: str | None = None
    told_at: Micros | None = None

    def document(self) -> dict[str, Any]:
        """What webhooks are posted; the delivery adds its `id`."""
        told = {"title": self.title, "reason": self.reason, "start": to_iso(self.at), "url": self.url}
        return {"type": self.type, "data": {"object": {**self.more, **told, "facts": dict(self.facts)}}}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom to tell, from whom, and when at the earliest; `withheld` is why nobody is, for people.

    Where there are `storms`, more than `most` mails to one person in a minute become a digest. What is `due_at` a later
    time waits for the end of quiet hours, and is gathered then: no digest of a storm is to wake anybody before.
    """

    recipients: Sequence[str] = ()
    listening: Sequence[Hook] = ()
    sender: From = field(default_factory=From)
    due_at: Micros | None = None
    withheld: str | None = None
    storms: Storms | None = None
    most: int = 0

    def why_not(self, conn: Connection, account: str, draft: Draft, now: Micros) -> str | None:
        """Why somebody is not told by this message; None when they are."""
        if self.withheld is not None or self.storms is None or self.due_at is not None:
            return self.withheld
        if outbox.has(conn, account, draft.dedupe):
            return None
        return STORM if self.storms.holds_back(conn, account, draft, self.most, now) else None

    def held(self, conn: Connection, account: str) -> dict[str, Any]:
        """What messages carry that wait for the end of quiet hours; nothing when they do not."""
        if self.due_at is None or self.storms is None:
            return {}
        return {HELD: self.storms.held_until(conn, account, self.due_at)}


def publish(conn: Connection, account: str, bulletin: Bulletin, to: Audience, now: Micros) -> bool:
    """Write a bulletin into the outbox, once for each who is to be told; whether any of it is news."""
    filled = {
        "title": bulletin.title,
        "reason": bulletin.reason,
        "facts": "\n".join(f"{name}: {value}" for name, value in bulletin.facts.items()),
        "event": bulletin.url or "",
    }
    news = False
    template = TEMPLATE if bulletin.url else NOWHERE
    held = to.held(conn, account)
    for one in to.recipients:
        payload = {
            "template": template,
            "plain": template,
            "values": filled,
            "number": "1",
            "name": mail_name(bulletin.name, "1"),
            "first": None if bulletin.thread in {None, bulletin.name} else mail_name(bulletin.thread or "", "1"),
            "picture": False,
            "door_id": bulletin.more.get("door_id"),
            "sender": {name: getattr(to.sender, name) for name in From.__dataclass_fields__},
            "type": bulletin.type,
            "told_at": bulletin.told_at,
            **held,
        }
        draft = Draft(
            f"{bulletin.name}:{one}",
            "email",
            one,
            " ".join(render_text(TEMPLATE["subject"], filled).split())[:300],
            payload,
            thread=bulletin.thread or bulletin.name,
            rule_id=bulletin.rule_id,
            incident_id=bulletin.incident_id,
        )
        draft = replace(draft, withheld=to.why_not(conn, account, draft, now))
        news = outbox.write(conn, account, draft, now, due_at=to.due_at) or news
    for browser in browsers.of_people(conn, account, to.recipients):
        draft = browsers.draft(
            bulletin.document(),
            browser,
            name=bulletin.name,
            thread=bulletin.thread or bulletin.name,
            path=_path(bulletin.url),
            incident_id=bulletin.incident_id,
        )
        why = to.why_not(conn, account, draft, now)
        draft = replace(draft, payload={**draft.payload, **held}, withheld=why)
        news = outbox.write(conn, account, draft, now, due_at=to.due_at) or news
    for hook in to.listening:
        draft = Draft(
            f"{bulletin.name}:{hook.hook_id}",
            hooks.CHANNEL,
            hook.shown,
            bulletin.title[:300],
            bulletin.document(),
            thread=bulletin.thread or bulletin.name,
            rule_id=hook.hook_id,
            incident_id=bulletin.incident_id,
            withheld=to.withheld if hook.is_chat else None,
        )
        news = outbox.write(conn, account, draft, now, due_at=to.due_at) or news
    return news


def _path(url: str | None) -> str:
    """Of an address of the page what follows its host: a browser opens its own page's address only."""
    return str(URL(url).relative()) if url else "/"
