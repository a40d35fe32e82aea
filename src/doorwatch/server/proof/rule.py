"""The rule asked once more: stored incidents against what a fresh look at all stored inputs says."""

from sqlalchemy import Connection

from doorwatch.domain.incident import Incident, IncidentState
from doorwatch.domain.time import MINUTE, Micros, to_iso
from doorwatch.domain.verdict import Known
from doorwatch.server.watch.looking import judge_door
from doorwatch.store import verdicts
from doorwatch.store.dirty import DirtyDoor
from doorwatch.store.invariants import Found, all_doors, unsettled_from

_GONE = frozenset({IncidentState.EXPLAINED, IncidentState.WITHDRAWN})
_COMPARED = ("kind", "start", "end", "people", "grants", "excess", "possible", "crossing_ids", "grant_ids")

_BESIDE_A_CHANGE = 10 * MINUTE
"""What a change that is not yet judged may alter lies at most so long before it."""


def rule_agrees(conn: Connection, *, since: Micros, now: Micros) -> Found:
    """Every door's incidents since a time are those that the rule finds in the stored inputs.

    What is still being decided is left out: incidents beside a change that waits for its verdict.
    """
    waiting = unsettled_from(conn)
    looked_at, wrong = 0, []
    for account, door_id in all_doors(conn):
        verdict = judge_door(conn, DirtyDoor(account, door_id, since, now, now, 0), now)
        until = waiting.get((account, door_id), now + _BESIDE_A_CHANGE) - _BESIDE_A_CHANGE
        says = {one.incident_id: one for one in verdict.incidents if since <= one.start and one.end < until}
        told = {
            known.incident.incident_id: known
            for known in verdicts.known_between(conn, account, door_id, since, now)
            if known.incident.end < until
        }
        looked_at += len(says.keys() | told.keys())
        wrong += _differences(door_id, says, told)
    return Found(looked_at, tuple(wrong))


def _differences(door_id: str, says: dict[str, Incident], told: dict[str, Known]) -> list[str]:
    wrong = []
    for incident_id, incident in says.items():
        stored = told.get(incident_id)
        if stored is None or stored.incident.state in _GONE:
            what = "is not stored" if stored is None else f"is stored as {stored.incident.state.value}"
            wrong.append(f"door {door_id} has an incident at {to_iso(incident.start, 0)} that {what} ({incident_id})")
        else:
            wrong += _difference(stored.incident, incident)
    for incident_id, stored in told.items():
        if incident_id not in says and stored.incident.state not in _GONE:
            wrong.append(f"incident {incident_id} is stored as {stored.incident.state.value}, the rule finds none")
    return wrong


def _difference(stored: Incident, says: Incident) -> list[str]:
    different = [name for name in _COMPARED if getattr(stored, name) != getattr(says, name)]
    if not _same_state(stored.state, says.state):
        different.append("state")
    if not different:
        return []
    name = different[0]
    has, wanted = _word(getattr(stored, name)), _word(getattr(says, name))
    return [f"incident {stored.incident_id} is stored with {name} {has}, the rule says {wanted}"]


def _same_state(stored: IncidentState, says: IncidentState) -> bool:
    """Time alone makes an unconfirmed incident final; nothing but news makes it anything else."""
    return stored is says or (stored is IncidentState.UNCONFIRMED and says is IncidentState.FINAL)


def _word(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
