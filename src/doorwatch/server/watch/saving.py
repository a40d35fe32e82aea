"""Stores what was seen at doors: incidents, outcomes, and when to look again, all in one transaction."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import Border, Change
from doorwatch.server.watch.wire import Looked
from doorwatch.store import borders, dirty, outcomes, verdicts
from doorwatch.store.dirty import DirtyDoor, Finished
from doorwatch.store.engine.sql import Stretch
from doorwatch.store.incidents import StoredIncident
from doorwatch.store.outcomes import Outcomes

OnChange = Callable[[Connection, str, Change, StoredIncident], None]
"""Told of an account's change and of what is stored of it, in the transaction that stores it."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a look: the changes, as they are stored."""

    door: DirtyDoor
    changes: tuple[tuple[Change, StoredIncident], ...]


def save_looks(
    conn: Connection, looks: Sequence[tuple[DirtyDoor, Looked]], now: Micros, on_change: OnChange
) -> list[Saved]:
    """Store what is news since the last looks and give the doors back.

    A door that another worker has taken meanwhile is left out: the other may know more. One whose incidents were
    changed meanwhile, by a person who reviewed them, is looked at again at once.
    """
    stale = _stale(conn, looks)
    held = dirty.finish_all(
        conn,
        [
            Finished(door, now, door.changed_from) if index in stale else Finished(door, look.again_at, look.again_from)
            for index, (door, look) in enumerate(looks)
        ],
    )
    saved: list[Saved] = []
    news: dict[str, list[Outcomes]] = defaultdict(list)
    kept: dict[str, dict[str, Border | None]] = defaultdict(dict)
    for index, (door, look) in enumerate(looks):
        if not held[index]:
            _log.warning("a verdict came too late: another worker has the door", door=door.door_id)
        elif index not in stale:
            news[door.account].append(look.outcomes)
            if look.new_border:
                kept[door.account][door.door_id] = look.border
            saved.append(Saved(door, _save_changes(conn, door, look, now, on_change)))
    for account, found in news.items():
        outcomes.keep(conn, account, found)
    for account, found_borders in kept.items():
        borders.keep(conn, account, found_borders)
    return saved


def _stale(conn: Connection, looks: Sequence[tuple[DirtyDoor, Looked]]) -> set[int]:
    """The looks whose changes were worked out from incidents that are not what they were."""
    asked: dict[str, list[Stretch]] = defaultdict(list)
    for index, (door, look) in enumerate(looks):
        if look.changes:
            asked[door.account].append(Stretch(index, door.door_id, *look.span))
    stale: set[int] = set()
    for account, stretches in asked.items():
        known = verdicts.known_in(conn, account, stretches)
        stale.update(index for index, now_known in known.items() if tuple(now_known) != looks[index][1].known)
    return stale


def _save_changes(
    conn: Connection, door: DirtyDoor, look: Looked, now: Micros, on_change: OnChange
) -> tuple[tuple[Change, StoredIncident], ...]:
    kept = []
    for change in look.changes:
        stored = verdicts.save(conn, door.account, change, now)
        kept.append((change, stored))
        on_change(conn, door.account, change, stored)
    return tuple(kept)
