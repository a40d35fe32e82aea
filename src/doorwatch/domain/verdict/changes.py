"""From one verdict to the next: what became of the incidents that were told before, and when to look again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from doorwatch.domain.incident import DoorVerdict, GrantOutcome, Incident, IncidentState
from doorwatch.domain.time import HOUR, SECOND, Micros
from doorwatch.domain.verdict.coverage import STALL
from doorwatch.domain.verdict.identity import incident_id_for
from doorwatch.domain.verdict.inputs import DoorInputs

_POLL = SECOND // 2
"""How soon to look again while only news from a camera or the PACS are waited for, which wake the watch as they come."""

_POLL_UNCONFIRMED = 5 * SECOND

_GONE = frozenset({IncidentState.EXPLAINED, IncidentState.WITHDRAWN})

_NEVER_SURE = frozenset({IncidentState.PROVISIONAL, IncidentState.WITHDRAWN})

__all__ = ["Change", "Known", "incident_id_for", "next_change", "reconcile"]


@dataclass(frozen=True, slots=True)
class Known:
    """An incident as it was told last.

    `alerted_excess` is the excess of its latest final revision, None if it was never final; `dismissed` whether a
    person has dismissed it; `superseded_by` the incident that it has become a part of.
    """

    incident: Incident
    revision: int
    alerted_excess: int | None = None
    dismissed: bool = False
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What to store and to tell about one incident.

    `alert`: final for the first time, unless all of its people were alerted of as part of others. `update`: told before
    as final and grown since, or taken back since. `correction`: told before as
    final and now accounted for. `reopened`: it grew after a person had dismissed it, so it is new again.
    `inherits`: ids of incidents whose reviews, notes and links concern crossings that this new incident holds.
    """

    incident: Incident
    revision: int
    previous: Incident | None = None
    superseded_by: str | None = None
    alert: bool = False
    update: bool = False
    correction: bool = False
    reopened: bool = False
    inherits: tuple[str, ...] = ()


def reconcile(known: Iterable[Known], verdict: DoorVerdict) -> tuple[Change, ...]:
    """Compare the incidents told before that begin in the verdict's window with what the verdict says now.

    Incidents that did not change are left out. Incidents that are gone come back as withdrawn (if they were only
    provisional) or explained, and name their successor when another incident now holds their crossings.
    """
    before = {one.incident.incident_id: one for one in known}
    holder = {crossing_id: incident.incident_id for incident in verdict.incidents for crossing_id in _anchors(incident)}
    changes: list[Change] = []
    for incident in verdict.incidents:
        told = before.get(incident.incident_id)
        change = (
            _first_told(incident, before.values()) if told is None else _told_again(incident, told, before.values())
        )
        if change is not None:
            changes.append(change)
    current = {incident.incident_id for incident in verdict.incidents}
    for incident_id, told in before.items():
        if incident_id not in current:
            change = _gone(told, holder, verdict)
            if change is not None:
                changes.append(change)
    return tuple(changes)


def next_change(inputs: DoorInputs, verdict: DoorVerdict, now: Micros) -> Micros | None:
    """When to judge again although nothing new has come; None when time alone changes nothing any more."""
    times: list[Micros] = []
    for incident in verdict.incidents:
        settled = incident.end + inputs.policy_at(incident.start).settle
        if incident.state is IncidentState.PROVISIONAL:
            times.append(_due(settled, now))
        elif incident.state is IncidentState.UNCONFIRMED and now < incident.end + HOUR:
            times.append(now + _POLL_UNCONFIRMED)
    for grant in verdict.grants:
        settle = max(policy.settle for policy in inputs.all_policies())
        if grant.outcome is GrantOutcome.WAITING:
            times.append(max(_due(grant.until + settle, now), now + _POLL))
        elif grant.outcome is GrantOutcome.USED and inputs.camera_coverage is not None and now < grant.until + STALL:
            times.append(grant.until + STALL)
    return min(times, default=None)


def _due(settled: Micros, now: Micros) -> Micros:
    return settled if now < settled else now + _POLL


def _anchors(incident: Incident) -> Sequence[str]:
    """The crossings on which an incident hangs."""
    return incident.excess_crossing_ids or incident.crossing_ids[-1:]


def _first_told(incident: Incident, known: Iterable[Known]) -> Change:
    mine = set(_anchors(incident))
    parents = [one for one in known if mine & set(_anchors(one.incident))]
    alert = incident.state is IncidentState.FINAL and not _alerted(incident, parents)
    return Change(incident, 1, alert=alert, inherits=tuple(one.incident.incident_id for one in parents))


def _told_again(incident: Incident, told: Known, known: Iterable[Known]) -> Change | None:
    if incident == told.incident and told.superseded_by is None:
        return None
    final = incident.state is IncidentState.FINAL
    grown = not set(_anchors(incident)) <= set(_anchors(told.incident))
    former = [one for one in known if one.superseded_by == incident.incident_id]
    taken_back = told.incident.state in _GONE and told.superseded_by is None
    return Change(
        incident,
        told.revision + 1,
        previous=told.incident,
        alert=final and told.alerted_excess is None and not _alerted(incident, former),
        update=final
        and told.alerted_excess is not None
        and (incident.excess > told.alerted_excess or (taken_back and incident.excess > 0)),
        reopened=grown and told.dismissed,
    )


def _alerted(incident: Incident, former: Iterable[Known]) -> bool:
    """Whether everybody in it was alerted of already, as part of other incidents."""
    alerted = [one for one in former if one.alerted_excess is not None]
    return bool(alerted) and set(_anchors(incident)) <= {who for one in alerted for who in _anchors(one.incident)}


def _gone(told: Known, holder: Mapping[str, str], verdict: DoorVerdict) -> Change | None:
    successor = next((holder[crossing] for crossing in _anchors(told.incident) if crossing in holder), None)
    if told.incident.state in _GONE and told.superseded_by == successor:
        return None
    # One that grew after its alert is provisional anew, and yet it was told as final.
    provisional = told.alerted_excess is None and told.incident.state in _NEVER_SURE
    incident = replace(
        told.incident,
        state=IncidentState.WITHDRAWN if provisional else IncidentState.EXPLAINED,
        excess=0,
        possible=0,
        reason=_why_gone(told.incident, successor, verdict),
    )
    return Change(
        incident,
        told.revision + 1,
        previous=told.incident,
        superseded_by=successor,
        correction=successor is None and told.alerted_excess is not None,
    )


def _why_gone(incident: Incident, successor: str | None, verdict: DoorVerdict) -> str:
    if successor is not None:
        return "Counted as part of another incident, since more is known now"
    mine = set(_anchors(incident))
    grants = {one.grant_id for one in verdict.crossings if one.crossing_id in mine and one.grant_id}
    if grants:
        who = (
            "a grant that became known later accounts" if len(grants) == 1 else "grants that became known later account"
        )
        return f"No incident: {who} for it"
    return "No incident: what became known later accounts for it"
