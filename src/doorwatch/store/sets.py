"""Sets of labels and of cameras, written once and shared by the moments that have them."""

from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import Connection

from doorwatch.store import known
from doorwatch.store.folding import fold
from doorwatch.store.identity import hash_of
from doorwatch.store.schema.happenings import member_sets, set_members
from doorwatch.store.sql import insert

LABELS = "labels"
CAMERAS = "cameras"


@lru_cache(16_384)
def set_id(kind: str, members: tuple[str, ...]) -> int:
    """The number of a set: the same for the same members in the same order."""
    return hash_of(kind, *members)


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
