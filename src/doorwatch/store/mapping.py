"""Changes of the mapping: several doors at once or none, and nobody overwrites what somebody else just saved."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, func, select

from doorwatch.domain.access import Meaning
from doorwatch.domain.time import Micros
from doorwatch.store import cameras, configuration, dirty, doors, settings
from doorwatch.store.doors import PacsCamera
from doorwatch.store.engine import numbers
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.json_rows import json_rows, rows_as
from doorwatch.store.engine.sql import among_these, upsert
from doorwatch.store.moments import EVENT_CODES
from doorwatch.store.schema.happenings import moments
from doorwatch.store.schema.places import doors as door_rows
from doorwatch.store.schema.places import mappings

_SAVED = "mapping_saved_at"


@dataclass(frozen=True, slots=True)
class MappingChange:
    """A door's cameras as somebody saw them, and as they shall be; the primary one first."""

    door_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappableDoor:
    """A door as the mapping needs it: no newest event, so that ten thousand of them are read quickly."""

    door_id: str
    device_id: str
    name: str
    pacs_id: str
    stale: bool


def change_mapping(conn: Connection, account: str, changes: Sequence[MappingChange], now: Micros) -> None:
    """Map doors anew from now on: all of them, or none.

    Raises UnknownError for a door or a camera that is not this account's, ConflictError when a door is named twice or
    is not mapped as it was when somebody began to change it.
    """
    # First, because the row stays locked until the commit: another replica's change waits here, then sees this one.
    settings.set_setting(conn, account, _SAVED, now, now)
    door_ids = [change.door_id for change in changes]
    if len(set(door_ids)) != len(door_ids):
        raise ConflictError("a door is named twice; name each door once")
    if set(door_ids) - doors.existing(conn, account, door_ids):
        raise UnknownError("one of the doors is not known any more; reload the page and choose again")
    wanted = sorted({camera_id for change in changes for camera_id in change.after})
    unknown = set(wanted) - cameras.present(conn, account, wanted)
    if unknown:
        raise UnknownError(f"there is no camera {min(unknown)}; reload the page and choose again")
    stands = configuration.current_mappings(conn, account, now)
    moved = [change for change in changes if stands.get(change.door_id, ()) != change.before]
    if moved:
        raise ConflictError(_overtaken(conn, account, [change.door_id for change in moved]))
    rows = [
        {
            "account_id": account,
            "door_id": change.door_id,
            "valid_from": now,
            "camera_ids": list(dict.fromkeys(change.after)),
            "changed_at": now,
        }
        for change in changes
    ]
    if rows:
        upsert(conn, mappings, rows)
        configuration.note_mappings_changed(conn, account)
        dirty.mark(conn, account, dict.fromkeys(door_ids, (now, now)), now)


def saved_at(conn: Connection, account: str) -> Micros | None:
    """When somebody last saved the mapping; None while nobody ever did."""
    told: Micros | None = settings.get_setting(conn, account, _SAVED)
    if told is not None:
        return told
    query = select(func.max(mappings.c.changed_at)).where(mappings.c.account_id == account)
    mapped: Micros | None = conn.execute(query).scalar()
    return mapped


def mappable_doors(conn: Connection, account: str, most: int | None = None) -> list[MappableDoor]:
    """The account's doors by name, or the first so many."""
    query = _mappable(account)
    if most is not None:
        query = query.order_by(*(door_rows.c[name] for name in _BY_NAME)).limit(most)
    return rows_as(conn, query, _BY_NAME, MappableDoor)


def mappable_doors_json(conn: Connection, account: str) -> bytes:
    """The account's doors by name as a JSON list, for whoever only hands them on."""
    return json_rows(conn, _mappable(account), _BY_NAME)


def _mappable(account: str) -> Select[Any]:
    table = door_rows.c
    return select(table.door_id, table.device_id, table.name, table.pacs_id, table.stale).where(
        table.account_id == account
    )


_BY_NAME = ("name", "door_id")


def door_names(conn: Connection, account: str, door_ids: Collection[str]) -> dict[str, str]:
    """Door id to name, of some doors."""
    query = select(door_rows.c.door_id, door_rows.c.name).where(
        door_rows.c.account_id == account, among_these(conn, door_rows.c.door_id, sorted(door_ids))
    )
    return {door_id: name for door_id, name in conn.execute(query).all()}  # noqa: C416 - rows are no pairs to `dict`


def associated_cameras(conn: Connection, account: str) -> dict[str, tuple[PacsCamera, ...]]:
    """Door id to the cameras that the access control system itself shows at it."""
    table = door_rows.c
    query = select(table.door_id, table.suggested_cameras).where(table.account_id == account, table.stale.is_(False))
    rows = conn.execute(query.order_by(table.door_id)).all()
    return {door_id: doors.pacs_cameras(told) for door_id, told in rows if told}


def grant_times(conn: Connection, account: str, door_id: str, start: Micros, end: Micros) -> list[Micros]:
    """When somebody was let in at a door from `start` to `end`, both included, in time order."""
    table = moments.c
    query = select(table.at).where(
        table.account == numbers.of_account(conn, account),
        table.door_id == door_id,
        table.kind == EVENT_CODES[Meaning.GRANT],
        table.at.between(start, end),
    )
    return list(conn.execute(query.order_by(table.at)).scalars())


def follow_door(conn: Connection, account: str, stale_id: str, new_id: str, now: Micros) -> tuple[str, ...]:
    """Let a door take over from a stale one: its cameras, their scenes and its policy; the cameras.

    Raises UnknownError for a door that is not there, ConflictError when the former one is still listed or maps
    nothing, or the new one is stale itself.
    """
    former, new = doors.get_door(conn, account, stale_id), doors.get_door(conn, account, new_id)
    if not former.stale:
        raise ConflictError(f"{former.name} is still listed by the access control system; map the other door instead")
    if new.stale:
        raise ConflictError(f"{new.name} is no longer listed by the access control system; choose a door that is")
    stands = configuration.current_mappings(conn, account, now)
    moving, there = stands.get(stale_id, ()), stands.get(new_id, ())
    if not moving:
        raise ConflictError(f"{former.name} has no camera any more; reload the page")
    together = tuple(dict.fromkeys((*there, *moving)))
    change_mapping(conn, account, [MappingChange(stale_id, moving, ()), MappingChange(new_id, there, together)], now)
    _take_over(conn, account, stale_id, new_id, moving, now)
    return together


def _take_over(
    conn: Connection, account: str, stale_id: str, new_id: str, camera_ids: Iterable[str], now: Micros
) -> None:
    """Scenes and policy, where the new door has none of its own."""
    drawn = configuration.current_scenes(conn, account, now)
    for camera_id in camera_ids:
        here = drawn.get(camera_id, {})
        if stale_id in here and new_id not in here:
            configuration.set_scene(conn, account, camera_id, new_id, replace(here[stale_id], door=new_id), now)
            configuration.set_scene(conn, account, camera_id, stale_id, None, now)
    policies = configuration.current_policies(conn, account, now)
    if stale_id in policies and new_id not in policies:
        configuration.set_policy(conn, account, new_id, policies[stale_id], now)


def _overtaken(conn: Connection, account: str, door_ids: Sequence[str]) -> str:
    names = sorted(door.name for door in mappable_doors(conn, account) if door.door_id in set(door_ids))
    told = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"somebody else changed the cameras of {told} in the meantime: nothing was saved; look again, then save"
