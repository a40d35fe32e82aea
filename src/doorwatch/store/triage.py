"""Which dirty doors can wait, so that those with news for a person are judged at once.

Only people who pass make incidents. A door at which somebody passed whom the rule has not looked at is urgent, and so is
one whose time has come. At any other door events may explain an incident or change what became of grants: that can
wait, and what comes meanwhile is looked at together. A door that no camera ever saw is not judged at all.
"""

from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, delete, exists, not_, or_, select, update

from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import SECOND, Micros
from doorwatch.store import dirty
from doorwatch.store.schema.happenings import crossings, dirty_doors, incidents
from doorwatch.store.schema.places import mappings, pools

BESIDE_UNDECIDED = SECOND // 4
"""How long events wait at a door whose incident is still being decided: they may withdraw it."""

BESIDE_PEOPLE = SECOND
"""How long events wait at a door where people passed lately: they may explain or rename, but find nobody new."""

BESIDE_NOBODY = 10 * SECOND
"""How long events wait at a door where nobody passed."""

_NEAR = 90 * SECOND
"""An event says nothing about people who passed longer before it, nor about incidents that began so long after it."""

_UNDECIDED = (IncidentState.PROVISIONAL.value, IncidentState.UNCONFIRMED.value)
_GONE = (IncidentState.WITHDRAWN.value, IncidentState.EXPLAINED.value)


def let_wait(conn: Connection, now: Micros, *, patience: int = 1) -> int:
    """Put off the due doors that can wait, and drop the marks of those that no camera sees; how many these were.

    With more than one for `patience`, doors where people passed wait so many times as long: for servers that do not keep
    up, so that urgent ones come first.
    """
    waiting: list[dict[str, Any]] = []
    unseen: list[dict[str, Any]] = []
    for account, door, generation, due_at, seen in conn.execute(
        _PATIENT, {"now": now, "near": _NEAR, "beside": BESIDE_PEOPLE * patience}
    ):
        row = {"_account": account, "_door": door, "_generation": generation, "_due": due_at}
        (waiting if seen else unseen).append(row)
    if waiting:
        conn.execute(_PUT_OFF, waiting)
    if unseen:
        conn.execute(_DROP, [{key: row[key] for key in ("_account", "_door", "_generation")} for row in unseen])
    return len(waiting) + len(unseen)


def _here(table: Any) -> Any:
    return and_(table.c.account_id == dirty_doors.c.account_id, table.c.door_id == dirty_doors.c.door_id)


def _patient() -> Select[Any]:
    """Due doors without urgent news whose wait is not over yet, with the time until which they wait."""
    since = dirty_doors.c.changed_from - bindparam("near")
    unjudged = _anybody(crossings.c.at >= since, crossings.c.outcome.is_(None))
    begun = incidents.c.start >= since
    undecided = exists().where(_here(incidents), begun, incidents.c.state.in_(_UNDECIDED))
    at_stake = exists().where(
        _here(incidents),
        begun,
        incidents.c.state.not_in(_GONE),
        incidents.c.start <= dirty_doors.c.changed_to + bindparam("near"),
    )
    passed = _anybody(crossings.c.at >= since)
    until = dirty_doors.c.marked_at + case(
        (undecided, BESIDE_UNDECIDED), (or_(passed, at_stake), bindparam("beside")), else_=BESIDE_NOBODY
    )
    its_time = and_(dirty_doors.c.generation == dirty.ITS_TIME, undecided)
    return select(
        dirty_doors.c.account_id,
        dirty_doors.c.door_id,
        dirty_doors.c.generation,
        until.label("until"),
        _ever_seen().label("seen"),
    ).where(
        dirty_doors.c.due_at <= bindparam("now"),
        dirty_doors.c.leased_until <= bindparam("now"),
        not_(unjudged),
        not_(its_time),
        or_(dirty_doors.c.due_at < until, not_(_ever_seen())),
    )


def _anybody(*conditions: Any) -> Any:
    """Whether somebody passed the door, or one that is judged as it, under these conditions."""
    member = and_(
        pools.c.account_id == dirty_doors.c.account_id,
        pools.c.head_id == dirty_doors.c.door_id,
        crossings.c.account_id == pools.c.account_id,
        crossings.c.door_id == pools.c.door_id,
    )
    return or_(exists().where(_here(crossings), *conditions), exists().where(member, *conditions))


def _ever_seen() -> Any:
    return or_(exists().where(_here(mappings)), _anybody())


URGENT = _anybody(crossings.c.at >= dirty_doors.c.changed_from - _NEAR, crossings.c.outcome.is_(None))
"""Somebody passed whom the rule has not looked at: for `dirty.take`."""

_PATIENT = _patient()

_SAME = and_(
    dirty_doors.c.account_id == bindparam("_account"),
    dirty_doors.c.door_id == bindparam("_door"),
    # Whoever marked the door since then knew of something that was not looked at here.
    dirty_doors.c.generation == bindparam("_generation"),
)
_PUT_OFF = update(dirty_doors).where(_SAME).values(due_at=bindparam("_due"))
_DROP = delete(dirty_doors).where(_SAME, not_(_ever_seen()))
