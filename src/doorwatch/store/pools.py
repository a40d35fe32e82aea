"""Pools: doors that share their grants, such as the two leaves of one doorway or a bank of turnstiles with one reader.

A pool is judged as one door, its head; what happened at a member while it belonged to the pool counts there. A member
that leaves, or joins later, is judged alone for the time outside.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from doorwatch.domain.time import Micros
from doorwatch.domain.verdict import Span
from doorwatch.store import dirty, doors
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.engine.sql import upsert
from doorwatch.store.schema.places import pools

_BEGINNING, _END = -(1 << 62), 1 << 62


@dataclass(frozen=True, slots=True)
class Pools:
    """All that an account's doors ever shared: member to (from when, with which head; None alone), in order."""

    versions: dict[str, tuple[tuple[Micros, str | None], ...]]

    def parts(self, head: str) -> list[tuple[str, Span]]:
        """The doors that are judged as this one, itself first, and when."""
        found = [(head, span) for span, with_head in self._spans(head) if with_head is None]
        for member in sorted(self.versions):
            found += [(member, span) for span, with_head in self._spans(member) if with_head == head]
        return found

    def heads(self, door_id: str, changed: Span) -> set[str]:
        """The other doors as which this one was judged in some time."""
        return {
            head
            for span, head in self._spans(door_id)
            if head is not None and span.start <= changed.end and span.end >= changed.start
        }

    def members(self, head: str, at: Micros) -> list[str]:
        """The doors that share the grants of this one at a time, without itself."""
        return [door for door, span in self.parts(head) if door != head and span.start <= at <= span.end]

    def head_at(self, door_id: str, at: Micros) -> str:
        """The door as which this one is judged at a time: itself when it stands alone."""
        return next(iter(self.heads(door_id, Span(at, at))), door_id)

    def _spans(self, door_id: str) -> list[tuple[Span, str | None]]:
        versions = self.versions.get(door_id, ())
        starts = [_BEGINNING, *(since for since, _ in versions), _END + 1]
        heads = [None, *(head for _, head in versions)]
        return [(Span(starts[index], starts[index + 1] - 1), head) for index, head in enumerate(heads)]


def read(conn: Connection, account: str) -> Pools:
    """All pools of an account, past ones too: there are few."""
    found: dict[str, list[tuple[Micros, str | None]]] = defaultdict(list)
    for door_id, since, head in conn.execute(_ALL, {"account": account}):
        found[door_id].append((since, head))
    return Pools({door_id: tuple(versions) for door_id, versions in found.items()})


def set_members(conn: Connection, account: str, head: str, members: Sequence[str], now: Micros) -> None:
    """From now on judge these doors together with `head`, and no others; none dissolves the pool.

    Raises UnknownError, and ConflictError when doors belong to different systems or to another pool.
    """
    wanted = set(members) - {head}
    system = doors.get_door(conn, account, head).pacs_id
    known = read(conn, account)
    if known.head_at(head, now) != head:
        raise ConflictError("this door shares the grants of another one already: change the pool there")
    for member in sorted(wanted):
        door = doors.get_door(conn, account, member)
        if door.pacs_id != system:
            raise ConflictError(
                f"{door.name} belongs to another access control system: only doors of one can be pooled"
            )
        if known.head_at(member, now) not in {head, member} or known.members(member, now):
            raise ConflictError(f"{door.name} is in another pool: take it out there first")
    before = set(known.members(head, now))
    changes = [(member, head) for member in sorted(wanted - before)] + [(one, None) for one in sorted(before - wanted)]
    upsert(conn, pools, [_row(account, member, with_head, now) for member, with_head in changes])
    dirty.mark(conn, account, dict.fromkeys([head, *(member for member, _ in changes)], (now, now)), now)


def pass_on(conn: Connection, account: str, changed: Iterable[tuple[str, Span]], now: Micros) -> None:
    """Have the pools looked at whose members changed."""
    known = read(conn, account)
    if not known.versions:
        return
    spans: dict[str, tuple[Micros, Micros]] = {}
    for door_id, span in changed:
        for head in known.heads(door_id, span):
            start, end = spans.get(head, span)
            spans[head] = (min(start, span.start), max(end, span.end))
    dirty.mark(conn, account, spans, now)


def _row(account: str, door_id: str, head: str | None, now: Micros) -> dict[str, object]:
    return {"account_id": account, "door_id": door_id, "valid_from": now, "head_id": head, "changed_at": now}


_ALL = (
    select(pools.c.door_id, pools.c.valid_from, pools.c.head_id)
    .where(pools.c.account_id == bindparam("account"))
    .order_by(pools.c.valid_from)
)
