"""Looks at doors: reads their windows, asks the rule, and says what of it is news. Reads only.

Several doors share one snapshot and one query of each kind, and what the rule says is compared with what is stored while
reading, so that whoever stores begins with what really changed.
"""

import traceback
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from doorwatch.domain.incident import DoorVerdict, GrantOutcome, GrantVerdict, IncidentState
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.domain.verdict import (
    Border,
    Span,
    fetch_span,
    judge,
    judge_around,
    next_change,
    pacs_span,
    reconcile,
    within,
)
from doorwatch.server.watch.wire import Failed, Looked
from doorwatch.store import borders, verdicts
from doorwatch.store.dirty import DirtyDoor
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.sql import Stretch
from doorwatch.store.outcomes import Outcomes
from doorwatch.store.windows import DoorWindow, WindowReader

MOST_READS = 12
"""A window that is still open after so many widenings is judged as far as it was read."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A door's window, and what the rule says of it."""

    read: DoorWindow
    span: Span
    verdict: DoorVerdict
    border: Border | None = None
    new_border: bool = False


def look_at_doors(
    conn: Connection, taken: Sequence[DirtyDoor], now: Micros, *, oldest: Micros | None = None
) -> list[Looked | Failed]:
    """Judge several doors on one snapshot; one that can't be judged keeps no other from it.

    Nothing from before `oldest` is judged again.
    """
    found: dict[int, Looked | Failed] = {}
    by_account: dict[str, list[int]] = defaultdict(list)
    for index, door in enumerate(taken):
        by_account[door.account].append(index)
    for account, indexes in by_account.items():
        doors = {taken[index].door_id: taken[index] for index in indexes}
        looked = _of_account(conn, account, doors, now, oldest)
        found.update((index, looked[taken[index].door_id]) for index in indexes)
    return [found[index] for index in range(len(taken))]


def judge_door(conn: Connection, door: DirtyDoor, now: Micros) -> DoorVerdict:
    """What the rule says of as much of a door's history as hangs together with what changed; raises what it raises."""
    judged = _judge_all(conn, door.account, {door.door_id: door}, now, None)[door.door_id]
    if isinstance(judged, Exception):
        raise judged
    return judged.verdict


def _of_account(
    conn: Connection, account: str, doors: Mapping[str, DirtyDoor], now: Micros, oldest: Micros | None
) -> dict[str, Looked | Failed]:
    found: dict[str, Looked | Failed] = {}
    judged: list[tuple[str, _Judged]] = []
    for door_id, one in _judge_all(conn, account, doors, now, oldest).items():
        if isinstance(one, Exception):
            found[door_id] = Failed("".join(traceback.format_exception(one)))
        else:
            judged.append((door_id, one))
    asked = [Stretch(number, door_id, *one.span) for number, (door_id, one) in enumerate(judged)]
    known = verdicts.known_in(conn, account, asked)
    for number, (door_id, one) in enumerate(judged):
        try:
            changes = reconcile(known[number], one.verdict)
            found[door_id] = Looked(
                one.span,
                next_change(one.read.inputs, one.verdict, now),
                _still_open(one, doors[door_id], now),
                tuple(known[number]) if changes else (),
                changes,
                _news(one.verdict, one.read),
                one.border,
                one.new_border,
            )
        except Exception:  # noqa: BLE001 - one door that can't be judged must not keep the others waiting
            found[door_id] = Failed(traceback.format_exc())
    return found


def _judge_all(
    conn: Connection, account: str, doors: Mapping[str, DirtyDoor], now: Micros, oldest: Micros | None
) -> dict[str, _Judged | Exception]:
    """Read as much of each door's history as hangs together with what changed, and ask the rule."""
    reader = WindowReader(conn, account, doors, oldest=oldest)
    done: dict[str, _Judged | Exception] = {}
    waiting: dict[str, Span] = {}
    kept = borders.of_doors(conn, account, doors)
    serving: dict[str, Border] = {}
    for door_id, door in doors.items():
        changed = Span(door.changed_from, door.changed_to)
        try:
            policies = reader.policies(door_id)
        except UnknownError as error:
            done[door_id] = error
            continue
        waiting[door_id] = fetch_span(changed, policies)
        border = kept.get(door_id)
        if border is not None and border.serves(changed, policies):
            serving[door_id] = border
            waiting[door_id] = Span(border.reads_from(policies), waiting[door_id].end)
    for reads_left in range(MOST_READS, -1, -1):
        if not waiting:
            break
        windows = reader.read_many({door_id: _to_read(reader, door_id, span) for door_id, span in waiting.items()})
        for door_id, read in windows.items():
            try:
                judged = _judge(
                    read,
                    waiting[door_id],
                    doors[door_id],
                    now,
                    serving.get(door_id),
                    kept.get(door_id),
                    last=not reads_left,
                )
            except Exception as error:  # noqa: BLE001 - one door that can't be judged must not keep the others waiting
                judged = error
            if isinstance(judged, Span):
                waiting[door_id] = judged
            else:
                done[door_id] = judged
                del waiting[door_id]
    return done


def _to_read(reader: WindowReader, door_id: str, fetched: Span) -> Span:
    wide = pacs_span(fetched, reader.policies(door_id))
    return Span(min(fetched.start, wide.start), max(fetched.end, wide.end))


def _judge(
    read: DoorWindow,
    fetched: Span,
    door: DirtyDoor,
    now: Micros,
    serving: Border | None,
    kept: Border | None,
    *,
    last: bool,
) -> _Judged | Exception | Span:
    """The verdict about the window, or what more to read for it."""
    window, verdict = judge_around(read.inputs, fetched, Span(door.changed_from, door.changed_to), now, serving)
    if verdict is not None:
        # One that does not serve this change may have been moved by it, or is too old to be of use.
        border = window.border or serving
        return _Judged(read, window.span, verdict, border, border != kept)
    return _Judged(read, fetched, judge(within(read.inputs, fetched), now)) if last else window.ask


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


def _still_open(judged: _Judged, door: DirtyDoor, now: Micros) -> Micros:
    """The earliest input whose verdict time alone may still change."""
    verdict = judged.verdict
    open_times = [one.start for one in verdict.incidents if one.state in _UNDECIDED]
    open_times += [grant.until for grant in verdict.grants if grant.until + MINUTE > now or _waits(grant)]
    return max(judged.span.start, min([*open_times, door.changed_to]))


def _waits(grant: GrantVerdict) -> bool:
    return grant.outcome is GrantOutcome.WAITING


_UNDECIDED = frozenset({IncidentState.PROVISIONAL, IncidentState.UNCONFIRMED})
