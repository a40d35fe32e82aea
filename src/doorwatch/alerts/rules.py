"""Who is told of a change, and in which words: pure decisions, nothing is sent here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorwatch.alerts.templates import DEFAULT_TEMPLATE, Template
from doorwatch.domain.incident import Incident, IncidentKind
from doorwatch.domain.verdict import Change

KIND_WORDS = {
    IncidentKind.TAILGATING: "Tailgating",
    IncidentKind.UNAUTHORIZED_ENTRY: "Unauthorized entry",
    IncidentKind.ENTRY_AFTER_REFUSAL: "Entry after a refusal",
    IncidentKind.POSSIBLE_TAILGATING: "Possible tailgating",
}


class NoticeKind(StrEnum):
    """Why a mail is written."""

    ALERT = "alert"
    UPDATE = "update"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What an account wants to be told."""

    enabled: bool = False
    recipients: tuple[str, ...] = ()
    template: Template = DEFAULT_TEMPLATE


@dataclass(frozen=True, slots=True)
class CardHolder:
    """A person whose credential was used."""

    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to write: to whom, why, and who is named in it."""

    to: str
    kind: NoticeKind
    user: str


def kind_of(change: Change) -> NoticeKind | None:
    """Why a change is told; None when it is not: alerts go out when an incident is final, never before."""
    if change.correction:
        return NoticeKind.CORRECTION
    if change.alert:
        return NoticeKind.ALERT
    return NoticeKind.UPDATE if change.update else None


def notices(settings: AlertSettings, change: Change, holders: Sequence[CardHolder]) -> list[Notice]:
    """The mails that a change asks for.

    A template that names `{{user}}` speaks to the card holders: one mail for each of them who has an address. Without
    it, or when none of them has one, the account's recipients are told.
    """
    kind = kind_of(change)
    if not settings.enabled or kind is None:
        return []
    everybody = ", ".join(_distinct(holder.name for holder in holders if holder.name))
    if settings.template.names_user:
        personal = {holder.email: holder.name or holder.email for holder in holders if holder.email}
        if personal:
            return [Notice(email, kind, name) for email, name in personal.items()]
    return [Notice(to, kind, everybody or "nobody known") for to in _distinct(settings.recipients)]


def words(template: Template, kind: NoticeKind) -> Template:
    """The template as it is used for this kind of notice."""
    if kind is NoticeKind.UPDATE:
        return Template(f"Update: {template.subject}", f"This incident has grown since it was told.\n\n{template.body}")
    if kind is NoticeKind.CORRECTION:
        return Template(
            f"Explained: {template.subject}",
            f"This incident has been accounted for; nothing needs to be done.\n\n{template.body}",
        )
    return template


def values(incident: Incident, *, user: str, places: Mapping[str, str]) -> dict[str, str]:
    """The variables of one mail. `places` gives door, camera, site, time and the links."""
    return {
        "user": user,
        "kind": KIND_WORDS[incident.kind],
        "reason": incident.reason,
        "people_count": str(incident.people),
        "granted_count": str(incident.grants),
        "excess": str(incident.excess),
        "event_id": incident.incident_id,
        **places,
    }


def _distinct(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
