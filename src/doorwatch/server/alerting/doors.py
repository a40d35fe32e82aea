"""What doors say that lasts: forced open, held open, a fire release; each begins with one type of event and ends with others."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, select

from doorwatch.alerts.system import tell_lasting, tell_over
from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.time import HOUR, Micros
from doorwatch.store import moment_reading
from doorwatch.store.alerting import conditions
from doorwatch.store.alerting.conditions import Condition
from doorwatch.store.engine import numbers
from doorwatch.store.moments import Moment
from doorwatch.store.schema.happenings import moments as rows
from doorwatch.store.schema.happenings import stories

RECENT = HOUR
"""What began earlier and is heard only now, from a report after an outage, wakes nobody."""
_CLOSED = frozenset({"DoorClose", "DoorSecured", "DoorLock", "DoorScheduledLock"})
BEGINS = {
    "DoorOpenWhileLockSecure": Trouble.DOOR_FORCED,
    "DoorForcedOpen": Trouble.DOOR_FORCED,
    "DoorOpenedForTooLong": Trouble.DOOR_HELD,
    "DoorPullStationActivated": Trouble.FIRE_RELEASE,
    "EmergencyDoorUnlocked": Trouble.FIRE_RELEASE,
}
ENDS = {
    **dict.fromkeys(_CLOSED, (Trouble.DOOR_FORCED, Trouble.DOOR_HELD)),
    "DoorPullStationNormal": (Trouble.FIRE_RELEASE,),
    "EmergencyDoorReset": (Trouble.FIRE_RELEASE,),
}
_DETAILS = {
    Trouble.DOOR_FORCED: "It was opened while it was locked and nobody had been let in: look at its camera.",
    Trouble.DOOR_HELD: "It has been open for longer than the access control system allows: have it closed.",
    Trouble.FIRE_RELEASE: "Doors are released; people are not told of incidents as long as that lasts.",
}


def follow(conn: Connection, account: str, since: int, base: str, now: Micros) -> bool:
    """Note what began and ended in the moments after `since`, and tell it; whether anything was told."""
    told = False
    for moment in _news(conn, account, since):
        event, door = moment.event_type or "", moment.door_id or ""
        if event in BEGINS and moment.at > now - RECENT:
            trouble = BEGINS[event]
            name = moment.door_name or door
            conditions.begin(
                conn, account, Condition(_key(trouble, door), trouble.value, name, _DETAILS[trouble], moment.at)
            )
        for trouble in ENDS.get(event, ()):
            if _lasts(conn, account, trouble, door, moment.at):
                # What began and ended between two looks is told all the same.
                told = bool(tell_lasting(conn, account, base, now)) or told
                over = conditions.over(conn, account, _key(trouble, door))
                told = (over is not None and tell_over(conn, account, over, base, now)) or told
    return bool(tell_lasting(conn, account, base, now)) or told


def _lasts(conn: Connection, account: str, trouble: Trouble, door: str, at: Micros) -> bool:
    lasting = conditions.lasting(conn, account, [trouble.value])
    return any(one.condition_id == _key(trouble, door) and one.began_at <= at for one in lasting)


def _key(trouble: Trouble, door: str) -> str:
    return f"{trouble.value}:{door}"


def _news(conn: Connection, account: str, since: int) -> list[Moment]:
    """The events after `since` that begin a trouble, or end one that lasts, in the order of their times.

    Doors are closed and locked thousands of times a second, and nearly all of them had no trouble: what would end one is
    looked for only where one lasts or began.
    """
    begun = _said(conn, account, since, BEGINS)
    lasting = conditions.lasting(conn, account, [trouble.value for trouble in _DETAILS])
    doors = {one.condition_id.partition(":")[2] for one in lasting} | {one.door_id for one in begun if one.door_id}
    ended = _said(conn, account, since, ENDS, rows.c.door_id.in_(sorted(doors))) if doors else []
    return sorted([*begun, *ended], key=lambda one: (one.at, one.sequence))


def _said(
    conn: Connection, account: str, since: int, types: Iterable[str], *where: ColumnElement[bool]
) -> list[Moment]:
    """The events of some types after `since`."""
    told = _stories(conn, account, types)
    if not told:
        return []
    first = numbers.first_moment(conn, account)
    found = moment_reading.query_of(account).where(
        rows.c.number > first + since,
        rows.c.number < first + (1 << numbers.COUNT_BITS),
        rows.c.story.in_(told),
        *where,
    )
    return [moment_reading.from_row(row) for row in conn.execute(found)]


def _stories(conn: Connection, account: str, types: Iterable[str]) -> list[int]:
    query = select(stories.c.story).where(stories.c.account_id == account, stories.c.event_type.in_(list(types)))
    return list(conn.execute(query).scalars())
