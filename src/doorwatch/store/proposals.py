"""What the store's history proposes for a door: how far its access control system's clock is ahead of the cameras'."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from doorwatch.domain.access import Meaning
from doorwatch.domain.policy import Policy, policy_from_mapping
from doorwatch.domain.time import DAY, Micros
from doorwatch.domain.verdict import OffsetProposal, PolicyVersion, propose_offset
from doorwatch.store.moments import EVENT_CODES
from doorwatch.store.schema.happenings import moments
from doorwatch.store.schema.places import policies
from doorwatch.store.windows import WindowReader

LOOKED_BACK = 7 * DAY
"""Clocks drift: what was longer ago says little about now."""

MOST_GRANTS = 1000
"""At a door with more of them a week, the newest are evidence enough."""


def clock_offset(conn: Connection, account: str, door_id: str, now: Micros) -> OffsetProposal | None:
    """A better clock offset for a door, learned from people who came alone; None when there is no need or no evidence.

    Raises UnknownError.
    """
    reader = WindowReader(conn, account, [door_id])
    since = max(now - LOOKED_BACK, _unchanged_since(reader.policies(door_id), now))
    wanted = {"account": account, "door": door_id, "since": since, "skip": MOST_GRANTS}
    enough: Micros | None = conn.execute(_NTH_NEWEST_GRANT, wanted).scalar()
    inputs = reader.read(door_id, since if enough is None else max(since, enough), now).inputs
    return propose_offset(inputs)


def _unchanged_since(versions: Sequence[PolicyVersion], now: Micros) -> Micros:
    """Since when the offset is what it is now: what another one corrected proves nothing about this one."""
    since = 0
    before = Policy().clock_offset
    for version in versions:
        if version.valid_from <= now and version.policy.clock_offset != before:
            since, before = version.valid_from, version.policy.clock_offset
    return since


def auto_doors(conn: Connection, now: Micros) -> list[tuple[str, str, Policy]]:
    """Account, door and policy of the doors whose clock is to be corrected unasked."""
    query = select(policies.c.account_id, policies.c.door_id, policies.c.policy).where(policies.c.valid_from <= now)
    current = {
        (account, door_id): policy for account, door_id, policy in conn.execute(query.order_by(policies.c.valid_from))
    }
    read = ((key, policy_from_mapping(policy)) for key, policy in sorted(current.items()))
    return [(account, door_id, policy) for (account, door_id), policy in read if policy.clock_offset_auto]


_NTH_NEWEST_GRANT = (
    select(moments.c.at)
    .where(
        moments.c.door_id == bindparam("door"),
        moments.c.kind == EVENT_CODES[Meaning.GRANT],
        moments.c.at >= bindparam("since"),
    )
    .order_by(moments.c.at.desc())
    .limit(1)
    .offset(bindparam("skip"))
)
