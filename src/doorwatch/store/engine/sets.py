"""Sets of labels and of cameras, written once and shared by the moments that have them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from sqlalchemy import Connection

from doorwatch.store.engine import known
from doorwatch.store.engine.asking import Sql, ask, joined, one_of
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
    wanted = sorted(members)
    if not wanted:
        return []
    mine = Sql(
        "SELECT DISTINCT set_id FROM set_members WHERE account_id = ? AND kind = ? AND member IN", (account, kind)
    )
    return sorted(one for (one,) in ask(conn, joined([mine, _listed(wanted)])))


def beside(conn: Connection, account: str, about: str, sets: Iterable[int]) -> frozenset[int]:
    """The numbers of doors (DOORS) or of kinds (KINDS) whose moments have one of the sets."""
    mine = Sql("SELECT DISTINCT member FROM set_members WHERE account_id = ? AND kind = ? AND", (account, about))
    return frozenset(int(member) for (member,) in ask(conn, joined([mine, one_of("set_id", sorted(sets))])))


def seen_by(conn: Connection, account: str, door_numbers: Iterable[int]) -> dict[int, set[int]]:
    """Door, by number, to the sets of cameras that its moments have; NOBODY among them where some have none."""
    found: dict[int, set[int]] = {}
    asked = [str(number) for number in door_numbers]
    mine = Sql(
        "SELECT member, set_id FROM set_members WHERE account_id = ? AND kind = ? AND member IN", (account, DOORS)
    )
    for member, one in ask(conn, joined([mine, _listed(asked)])) if asked else ():
        found.setdefault(int(member), set()).add(one)
    return found


def _listed(texts: Sequence[str]) -> Sql:
    return Sql(f"({','.join('?' * len(texts))})", tuple(texts))
