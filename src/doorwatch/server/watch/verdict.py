"""One look at one door: read its window, ask the rule, store what changed. Runs on the store's own threads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from doorwatch.domain.incident import DoorVerdict
from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict import (
    Change,
    DoorInputs,
    PolicyVersion,
    Span,
    Window,
    fetch_span,
    judge,
    next_change,
    pacs_span,
    reconcile,
    window_around,
    within,
)
from doorwatch.store import access_events, configuration, crossings, dirty, doors, incidents
from doorwatch.store.dirty import DirtyDoor
from doorwatch.store.incidents import StoredIncident
from doorwatch.store.windows import read_inputs

MOST_READS = 12
"""A window that is still open after so many widenings is judged as far as it was read."""

OnChange = Callable[[Connection, str, Change], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rule says of a door's window."""

    door: DirtyDoor
    inputs: DoorInputs
    span: Span
    verdict: DoorVerdict


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it: the changes, as stored, and when to look again."""

    changes: tuple[tuple[Change, StoredIncident], ...]
    again_at: Micros | None


def judge_door(conn: Connection, door: DirtyDoor, now: Micros) -> Judged:
    """Read as much of the door's history as hangs together with what changed, and ask the rule."""
    policies = configuration.policies_of(conn, door.account, door.door_id)
    changed = Span(door.changed_from, door.changed_to)
    fetched = fetch_span(changed, policies)
    inputs, window = _read(conn, door, fetched, changed, policies, now)
    for _ in range(MOST_READS):
        if window.sufficient:
            break
        fetched = window.ask
        inputs, window = _read(conn, door, fetched, changed, policies, now)
    span = window.span if window.sufficient else fetched
    whole = within(inputs, span)
    return Judged(door, whole, span, judge(whole, now))


def _read(
    conn: Connection,
    door: DirtyDoor,
    fetched: Span,
    changed: Span,
    policies: Sequence[PolicyVersion],
    now: Micros,
) -> tuple[DoorInputs, Window]:
    wide = pacs_span(fetched, policies)
    start, end = min(fetched.start, wide.start), max(fetched.end, wide.end)
    inputs = read_inputs(conn, door.account, door.door_id, start, end)
    return inputs, window_around(inputs, fetched, changed, now)


def save_verdict(conn: Connection, judged: Judged, now: Micros, on_change: OnChange) -> Saved:
    """Store what changed since the last look and give the door back, all in one transaction."""
    door, verdict = judged.door, judged.verdict
    account = door.account
    known = incidents.known_between(conn, account, door.door_id, judged.span.start, judged.span.end)
    changes = []
    for change in reconcile(known, verdict):
        changes.append((change, incidents.save(conn, account, change, now)))
        on_change(conn, account, change)
    crossings.set_outcomes(conn, account, verdict.crossings)
    pacs = doors.get_door(conn, account, door.door_id).pacs_id
    access_events.set_grant_outcomes(conn, account, pacs, verdict.grants)
    again_at = next_change(judged.inputs, verdict, now)
    dirty.finish(conn, door, again_at=again_at, again_from=_still_open(judged, now))
    return Saved(tuple(changes), again_at)


def _still_open(judged: Judged, now: Micros) -> Micros:
    """The earliest input whose verdict time alone may still change."""
    open_times = [incident.start for incident in judged.verdict.incidents]
    open_times += [grant.until - 60 * SECOND for grant in judged.verdict.grants if grant.until + 60 * SECOND > now]
    return max(judged.span.start, min([*open_times, judged.door.changed_to]))
