"""Sets of labels and of cameras, written once and shared by the moments that have them."""

from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import Connection, select

from doorwatch.store.engine import known
from doorwatch.store.engine.folding import fold
from doorwatch.store.engine.identity import hash_of
from doorwatch.store.engine.sql import insert
from doorwatch.store.schema.happenings import member_sets, set_members

LABELS = "labels"
CAMERAS = "cameras"
DOORS = "doors"
"""No sets of their own: which sets of cameras moments of a door have."""
KINDS = "kinds"
"""Nor these: which sets of labels moments of a kind have."""

NOBODY = 0
"""In place of a set of cameras where none saw the door."""

BITS = 47
"""SQLite keeps numbers of up to 48 bits, one of them the sign, in six bytes, and larger ones in eight."""


@lru_cache(16_384)
def set_id(kind: str, members: tuple[str, ...]) -> int:
    """The number of a set: the same for the same members in the same order."""
    return hash_of(kind, *members) & (1 << BITS) - 1


def write(conn: Connection, account: str, kind: str, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """The numbers of sets, which are there from now on."""
    ids = {members: set_id(kind, members) for members in wanted}
    unsure = known.unknown(conn, [("set", account, one) for one in ids.values()])
    fresh = {members: one for members, one in sorted(ids.items()) if ("set", account, one) in unsure}
    if fresh:
        rows = [
            {"account_id": account, "set_id": one, "kind": kind, "members": list(members)}
            for members, one in fresh.items()
        ]
        conn.execute(insert(conn, member_sets).on_conflict_do_nothing(), rows)
        folded = [
            {"account_id": account, "kind": kind, "member": member, "set_id": one}
            for members, one in fresh.items()
            for member in sorted({fold(m) if kind == LABELS else m for m in members})
        ]
        if folded:
            conn.execute(insert(conn, set_members).on_conflict_do_nothing(), folded)
        known.learn(conn, unsure)
    return ids


def note(conn: Connection, account: str, about: str, pairs: Iterable[tuple[int, int]]) -> None:
    """Note that there are moments of these sets and doors (DOORS), or of these sets and kinds (KINDS), all by number."""
    unsure = known.unknown(conn, [(about, account, f"{one} {other}") for one, other in pairs])
    if not unsure:
        return
    told = sorted(str(pair).split(" ") for _, _, pair in unsure)
    rows = [{"account_id": account, "kind": about, "member": other, "set_id": int(one)} for one, other in told]
    conn.execute(insert(conn, set_members).on_conflict_do_nothing(), rows)
    known.learn(conn, unsure)


def with_members(conn: Connection, account: str, kind: str, members: Iterable[str]) -> list[int]:
    """The sets that have one of the members."""
    mine = (set_members.c.account_id == account, set_members.c.kind == kind, set_members.c.member.in_(sorted(members)))
    return sorted(set(conn.execute(select(set_members.c.set_id).where(*mine)).scalars()))


def beside(conn: Connection, account: str, about: str, sets: Iterable[int]) -> frozenset[int]:
    """The numbers of doors (DOORS) or of kinds (KINDS) whose moments have one of the sets."""
    mine = (set_members.c.account_id == account, set_members.c.kind == about, set_members.c.set_id.in_(sorted(sets)))
    return frozenset(int(member) for member in conn.execute(select(set_members.c.member).where(*mine)).scalars())


def seen_by(conn: Connection, account: str, door_numbers: Iterable[int]) -> dict[int, set[int]]:
    """Door, by number, to the sets of cameras that its moments have; NOBODY among them where some have none."""
    found: dict[int, set[int]] = {}
    asked = [str(number) for number in door_numbers]
    mine = (set_members.c.account_id == account, set_members.c.kind == DOORS, set_members.c.member.in_(asked))
    for member, one in conn.execute(select(set_members.c.member, set_members.c.set_id).where(*mine)):
        found.setdefault(int(member), set()).add(one)
    return found
