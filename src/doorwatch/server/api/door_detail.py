"""All there is to know about one door: beside what is listed, what its owner could mend, and on what that rests."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.time import SECOND, Micros, to_seconds
from doorwatch.domain.verdict import OffsetProposal, missing_types
from doorwatch.server.api import place_shapes, place_views, shapes, views
from doorwatch.store import doors, pools, proposals, sites, tenants
from doorwatch.store.summaries import count_sensed


class ClockProposal(shapes.Answer):
    """How far the access control system's clock seems to be ahead of the cameras', in seconds, and on what that rests.

    Half of `pairs` people who came alone passed between `delay_low` and `delay_high` after their grant.
    """

    offset: float = Field(description="What the policy's `clock_offset` is proposed to become")
    pairs: int
    delay: float = Field(description="The middle delay from grant to passing, as the clocks stand")
    delay_low: float
    delay_high: float


class MissingTypes(shapes.Answer):
    """Something the rule can't see: no event type that says it is asked of the access control system."""

    meaning: str
    types: list[str] = Field(description="Any of these would do")


class SensorCounts(shapes.Answer):
    """What the door's own entry sensor counted since midnight, beside what the cameras saw."""

    sensed: int
    entered: int


class PoolShape(shapes.Answer):
    """Doors that share their grants; incidents are told of the first one."""

    door: place_shapes.NamedDoor = Field(description="The door as which the others are judged")
    with_doors: list[place_shapes.NamedDoor]


class PoolInput(shapes.Request):
    """The doors that shall share the grants of this one; none dissolves the pool."""

    door_ids: Annotated[list[shapes.Identifier], Field(max_length=50)]


class DoorDetail(place_shapes.DoorShape):
    """A door with what could be mended about it."""

    clock_proposal: ClockProposal | None
    missing_types: list[MissingTypes]
    sensor: SensorCounts | None = Field(description="Null at a door without an entry sensor")
    pool: PoolShape | None = Field(description="Null at a door that shares its grants with no other")


def read(conn: Connection, account: str, now: Micros, door_id: str) -> DoorDetail:
    """One door; raises UnknownError."""
    shape = place_views.door_shape(conn, account, now, door_id)
    system = tenants.get_pacs(conn, account, doors.get_door(conn, account, door_id).pacs_id)
    missing = missing_types(None if system.subscribed is None else frozenset(system.subscribed))
    today = views.midnight(now, sites.read(conn, account, now).of_door(door_id).time_zone)
    sensed = count_sensed(conn, account, door_id, today, now + SECOND)
    proposal = proposals.clock_offset(conn, account, door_id, now)
    return DoorDetail(
        **shape.model_dump(),
        clock_proposal=None if proposal is None else _proposal(proposal),
        missing_types=[MissingTypes(meaning=meaning.value, types=list(types)) for meaning, types in missing.items()],
        sensor=SensorCounts(sensed=sensed, entered=shape.counts_today.entries_in) if sensed else None,
        pool=_pool(conn, account, now, door_id),
    )


def _pool(conn: Connection, account: str, now: Micros, door_id: str) -> PoolShape | None:
    known = pools.read(conn, account)
    head = known.head_at(door_id, now)
    members = known.members(head, now)
    if not members:
        return None
    names = {door.door_id: door.name for door in doors.list_doors(conn, account)}
    named = [place_shapes.NamedDoor(door_id=one, name=names[one]) for one in (head, *members)]
    return PoolShape(door=named[0], with_doors=named[1:])


def _proposal(found: OffsetProposal) -> ClockProposal:
    return ClockProposal(
        offset=round(to_seconds(found.offset), 3),
        pairs=found.pairs,
        delay=round(to_seconds(found.delay), 3),
        delay_low=round(to_seconds(found.delay_low), 3),
        delay_high=round(to_seconds(found.delay_high), 3),
    )
