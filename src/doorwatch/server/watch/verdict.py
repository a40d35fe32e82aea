"""Looks at doors: read their windows, ask the rule, store what changed. Runs on the store's own threads.

Several doors share one snapshot and one transaction. All that the rule says is compared with what is stored while
reading, so that writing begins with what really changed.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from doorwatch.domain.incident import DoorVerdict, GrantOutcome, IncidentState
from doorwatch.domain.time import SECOND, Micros
from doorwatch.domain.verdict import (
    Change,
    DoorInputs,
    Known,
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
from doorwatch.store import dirty, incidents, outcomes
from doorwatch.store.dirty import DirtyDoor, LeaseLostError
from doorwatch.store.incidents import StoredIncident
from doorwatch.store.outcomes import Outcomes
from doorwatch.store.windows import DoorWindow, WindowReader

MOST_READS = 12
"""A window that is still open after so many widenings is judged as far as it was read."""

OnChange = Callable[[Connection, str, Change], None]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rule says of a door's window, and what of it is news beside what is stored."""

    door: DirtyDoor
    inputs: DoorInputs
    span: Span
    verdict: DoorVerdict
    known: tuple[Known, ...] = ()
    changes: tuple[Change, ...] = ()
    outcomes: Outcomes = field(default_factory=Outcomes)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it: the changes, as stored, and when to look again."""

    door: DirtyDoor
    changes: tuple[tuple[Change, StoredIncident], ...]
    again_at: Micros | None


def judge_doors(
    conn: Connection, taken: Sequence[DirtyDoor], now: Micros, *, oldest: Micros | None = None
) -> list[Judged | Exception]:
    """Judge several doors on one snapshot; what went wrong with a door takes its place.

    Nothing from before `oldest` is judged again.
    """
    by_account: dict[str, list[str]] = defaultdict(list)
    for door in taken:
        by_account[door.account].append(door.door_id)
    readers = {key: WindowReader(conn, key, door_ids, oldest=oldest) for key, door_ids in by_account.items()}
    found: list[Judged | Exception] = []
    for door in taken:
        try:
            found.append(_judge(conn, readers[door.account], door, now))
        except DBAPIError:
            raise
        except Exception as error:  # noqa: BLE001 - one door that can't be judged must not keep the others waiting
            found.append(error)
    return found


def judge_door(conn: Connection, door: DirtyDoor, now: Micros) -> Judged:
    """Read as much of a door's history as hangs together with what changed, and ask the rule."""
    return _judge(conn, WindowReader(conn, door.account, [door.door_id]), door, now)


def _judge(conn: Connection, reader: WindowReader, door: DirtyDoor, now: Micros) -> Judged:
    changed = Span(door.changed_from, door.changed_to)
    fetched = fetch_span(changed, reader.policies(door.door_id))
    read, window = _read(reader, door, fetched, changed, now)
    for _ in range(MOST_READS):
        if window.sufficient:
            break
        fetched = window.ask
        read, window = _read(reader, door, fetched, changed, now)
    span = window.span if window.sufficient else fetched
    whole = within(read.inputs, span)
    verdict = judge(whole, now)
    known = tuple(incidents.known_between(conn, door.account, door.door_id, span.start, span.end))
    return Judged(door, whole, span, verdict, known, reconcile(known, verdict), _news(verdict, read))


def _read(
    reader: WindowReader, door: DirtyDoor, fetched: Span, changed: Span, now: Micros
) -> tuple[DoorWindow, Window]:
    wide = pacs_span(fetched, reader.policies(door.door_id))
    read = reader.read(door.door_id, min(fetched.start, wide.start), max(fetched.end, wide.end))
    return read, window_around(read.inputs, fetched, changed, now)


def _news(verdict: DoorVerdict, read: DoorWindow) -> Outcomes:
    """The outcomes that differ from those that are stored. A grant that is still waited for has none yet."""
    crossings = tuple(
        one for one in verdict.crossings if read.crossing_outcomes.get(one.crossing_id) != (one.outcome, one.grant_id)
    )
    grants = tuple(
        (read.pacs_id, one.grant_id, one.outcome)
        for one in verdict.grants
        if (read.grant_outcomes.get(one.grant_id) or GrantOutcome.WAITING) != one.outcome
    )
    return Outcomes(crossings, grants)


def save_verdicts(conn: Connection, all_judged: Sequence[Judged], now: Micros, on_change: OnChange) -> list[Saved]:
    """Store what changed since the last looks and give the doors back, all in one transaction.

    A door that another worker has taken meanwhile is left out: the other may know more.
    """
    saved: list[Saved] = []
    news: dict[str, list[Outcomes]] = defaultdict(list)
    for judged in all_judged:
        door = judged.door
        again_at = next_change(judged.inputs, judged.verdict, now)
        try:
            dirty.finish(conn, door, again_at=again_at, again_from=_still_open(judged, now))
        except LeaseLostError as lost:
            _log.warning("a verdict came too late", error=str(lost))
            continue
        news[door.account].append(judged.outcomes)
        saved.append(Saved(door, _save_changes(conn, judged, now, on_change), again_at))
    for account, found in news.items():
        outcomes.keep(conn, account, found)
    return saved


def _save_changes(
    conn: Connection, judged: Judged, now: Micros, on_change: OnChange
) -> tuple[tuple[Change, StoredIncident], ...]:
    if not judged.changes:
        return ()
    door = judged.door
    # A person may have reviewed one since it was read.
    known = incidents.known_between(conn, door.account, door.door_id, judged.span.start, judged.span.end)
    changes = judged.changes if tuple(known) == judged.known else reconcile(known, judged.verdict)
    kept = []
    for change in changes:
        kept.append((change, incidents.save(conn, door.account, change, now)))
        on_change(conn, door.account, change)
    return tuple(kept)


def _still_open(judged: Judged, now: Micros) -> Micros:
    """The earliest input whose verdict time alone may still change."""
    verdict = judged.verdict
    open_times = [one.start for one in verdict.incidents if one.state in _UNDECIDED]
    open_times += [grant.until - 60 * SECOND for grant in verdict.grants if grant.until + 60 * SECOND > now]
    return max(judged.span.start, min([*open_times, judged.door.changed_to]))


_UNDECIDED = frozenset({IncidentState.PROVISIONAL, IncidentState.UNCONFIRMED})
