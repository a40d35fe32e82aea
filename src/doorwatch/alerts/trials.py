"""Mails and posts that somebody asks for to see whether they arrive, and how a template looks with a real incident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from doorwatch.alerts import hooks
from doorwatch.alerts.places import MakeLinks, card_holders, place_of
from doorwatch.alerts.rules import NoticeKind, notices, values
from doorwatch.alerts.settings import AlertSettings, owners, read_settings
from doorwatch.alerts.templates import Template
from doorwatch.alerts.writing import mail_draft
from doorwatch.domain.time import Clock, Micros
from doorwatch.store import incidents
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Draft

HELLO = Template(
    "Test mail from Doorwatch",
    "Mails from Doorwatch arrive. Incidents will be told with their picture and a link.",
)


@dataclass(frozen=True, slots=True)
class Trial:
    """A template filled in: `to` are those who would be told, `picture` whether the incident has one to show."""

    template: Template
    filled: Mapping[str, str]
    to: tuple[str, ...]
    incident_id: str | None


class Trials:
    """Fills templates and writes trial messages."""

    def __init__(self, clock: Clock, links: MakeLinks) -> None:
        self._clock = clock
        self._links = links

    def fill(
        self, conn: Connection, account: str, template: Template, incident_id: str | None, to: str | None = None
    ) -> Trial:
        """A template as it would be sent of an incident, or of a made-up one. Raises UnknownError.

        The links work only if somebody is named to whom it goes.
        """
        settings = read_settings(conn, account)
        told = settings.recipients or tuple(owners(conn, account))
        if incident_id is None:
            links = self._links(conn, account, "example", None)
            made_up = {**_EXAMPLE, "event": links.event, "product_url": links.product_url}
            made_up |= {"event_link": links.event_link, "clip": links.clip}
            return Trial(template, made_up, ("the badge holder",) if template.names_user else told, None)
        stored = incidents.get(conn, account, incident_id)
        incident = stored.incident
        links = self._links(conn, account, incident_id, to)
        found = notices(template, NoticeKind.ALERT, told, card_holders(conn, account, incident))
        user = found[0].user if found else "nobody known"
        filled = values(incident, user=user, places=place_of(conn, account, stored, self._clock.now()).told(links))
        return Trial(template, filled, tuple(notice.to for notice in found), incident_id)

    def write_mails(
        self,
        conn: Connection,
        account: str,
        to: Sequence[str],
        template: Template = HELLO,
        incident_id: str | None = None,
    ) -> list[str]:
        """Put a trial mail for each recipient into the outbox; to whom it goes. Raises UnknownError."""
        settings, now = read_settings(conn, account), self._clock.now()
        recipients = list(to or settings.recipients or owners(conn, account))
        for one in recipients:
            draft = self._draft(conn, account, settings, template, incident_id, one, now)
            outbox.write(conn, account, draft, now)
        return recipients

    def _draft(
        self,
        conn: Connection,
        account: str,
        settings: AlertSettings,
        template: Template,
        incident_id: str | None,
        to: str,
        now: Micros,
    ) -> Draft:
        trial = self.fill(conn, account, template, incident_id, to)
        shown = template if template is HELLO else Template(f"[Test] {template.subject}", template.body)
        draft = mail_draft(
            shown,
            NoticeKind.ALERT,
            trial.filled,
            to=to,
            sender=settings.sender,
            dedupe=f"test:{now}:{to}",
            number=f"test-{now}",
            incident_id=incident_id or f"test-{now}",
        )
        payload = {**draft.payload, "trial": True, "picture": incident_id is not None}
        return Draft(
            draft.dedupe, draft.channel, to, draft.subject, payload, thread=f"test-{now}", incident_id=incident_id
        )

    def write_post(self, conn: Connection, account: str, hook_id: str) -> None:
        """Put a trial post for a webhook into the outbox. Raises UnknownError."""
        hook = hooks.get_hook(conn, account, hook_id)
        now = self._clock.now()
        draft = Draft(
            f"test:{now}:{hook_id}", hooks.CHANNEL, hook.shown, "Test post", hooks.trial(), rule_id=hook.hook_id
        )
        outbox.write(conn, account, draft, now)


_EXAMPLE = {
    "user": "Ana Rivera",
    "kind": "Tailgating",
    "reason": "2 people went in, 1 was let in: the second had no grant",
    "door": "Lobby east",
    "camera": "Lobby inside",
    "site": "Headquarters",
    "time": "2026-01-05 18:02:11 CET",
    "people_count": "2",
    "granted_count": "1",
    "excess": "1",
    "event_id": "example",
    "snapshot": "",
}
"""Stands for an incident as long as there is none."""
