"""Who is told of a change, and in which words: pure decisions, nothing is sent here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorwatch.alerts.templates import Template
from doorwatch.domain.incident import Incident, IncidentKind, IncidentState
from doorwatch.domain.verdict import Change

KIND_WORDS = {
    IncidentKind.TAILGATING: "Tailgating",
    IncidentKind.UNAUTHORIZED_ENTRY: "Unauthorized entry",
    IncidentKind.ENTRY_AFTER_REFUSAL: "Entry after a refusal",
    IncidentKind.POSSIBLE_TAILGATING: "Possible tailgating",
}


class NoticeKind(StrEnum):
    """Why something is told."""

    EARLY = "early"
    ALERT = "alert"
    UPDATE = "update"
    CORRECTION = "correction"
    DISMISSED = "dismissed"
    REOPENED = "reopened"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class CardHolder:
    """A person whose credential was used."""

    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What was last told of an incident."""

    people: int
    excess: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to write: to whom, why, and who is named in it; `listed` of an address that settings name, or the owners."""

    to: str
    kind: NoticeKind
    user: str
    listed: bool = True


def kind_of(change: Change, *, at_once: bool = False, said: Said | None = None) -> NoticeKind | None:
    """Why a change is told; None when it is not.

    An incident is told when it is final, and before only where that is wished (`at_once`). `said` is what was told of it
    before, if anything: what was told early and did not change since is not told again when it is final.
    """
    incident = change.incident
    if change.correction:
        return NoticeKind.CORRECTION
    if said is not None and incident.state is IncidentState.WITHDRAWN and change.superseded_by is None:
        return NoticeKind.CORRECTION
    news = said is None or said != Said(incident.people, incident.excess)
    early = at_once and incident.state is IncidentState.PROVISIONAL and incident.excess > 0
    if change.alert or early:
        first = NoticeKind.ALERT if change.alert else NoticeKind.EARLY
        return first if said is None else NoticeKind.UPDATE if news else None
    return NoticeKind.UPDATE if change.update else None


def notices(
    template: Template, kind: NoticeKind, recipients: Sequence[str], holders: Sequence[CardHolder]
) -> list[Notice]:
    """The mails that begin the telling of an incident.

    A template that names `{{user}}` speaks to the card holders: one mail for each of them who has an address. Without
    it, or when none of them has one, the recipients are told.
    """
    everybody = ", ".join(_distinct(holder.name for holder in holders if holder.name))
    if template.names_user:
        personal = {holder.email: holder.name or holder.email for holder in holders if holder.email}
        if personal:
            return [Notice(email, kind, name, listed=False) for email, name in personal.items()]
    return [Notice(to, kind, everybody or "nobody known") for to in _distinct(recipients)]


_PREFIXES = {
    NoticeKind.EARLY: ("First report: ", "This is as seen so far. Should it turn out to be none, you will be told."),
    NoticeKind.UPDATE: ("Update: ", "This incident has changed since it was told."),
    NoticeKind.CORRECTION: ("Explained: ", "This incident has been accounted for; nothing needs to be done."),
    NoticeKind.DISMISSED: (
        "Dismissed: ",
        "Somebody looked at this incident and dismissed it; nothing needs to be done.",
    ),
    NoticeKind.REOPENED: ("Open again: ", "This incident had been dismissed and is open again."),
    NoticeKind.OVERDUE: ("Not reviewed: ", "Nobody has reviewed this incident yet."),
}


def words(template: Template, kind: NoticeKind) -> Template:
    """The template as it is used for this kind of notice."""
    if kind not in _PREFIXES:
        return template
    prefix, sentence = _PREFIXES[kind]
    return Template(f"{prefix}{template.subject}", f"{sentence}\n\n{template.body}")


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
