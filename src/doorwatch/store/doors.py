"""Doors: what the access control systems' device lists say, held back where a list looks wrong."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, ScalarSelect, Select, and_, bindparam, delete, select, union_all, update

from doorwatch.domain.time import Micros
from doorwatch.store import moments
from doorwatch.store.engine import known
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.identity import door_id_for
from doorwatch.store.engine.sql import among, chunks, insert, keys_for, upsert
from doorwatch.store.schema.happenings import moments as rows
from doorwatch.store.schema.happenings import stories
from doorwatch.store.schema.places import doors, held_device_lists


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A reader or sensor of a door; `side` is in or out where known."""

    id: str
    side: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A door as a gateway's list names it; `camera_names` are names by id of those of its cameras that have one."""

    device_id: str
    name: str
    cameras: tuple[str, ...] = ()
    access_points: tuple[AccessPoint, ...] = ()
    camera_names: Mapping[str, str] = field(default_factory=dict)


class PacsCamera(NamedTuple):
    """A camera that the access control system shows at a door: its own id of it, and its name where that is told."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Door:
    """A door; `listed` says that a device list named it, `stale` that the newest one did not any more."""

    door_id: str
    pacs_id: str
    device_id: str
    name: str
    listed: bool
    stale: bool
    gateway_id: str | None
    access_points: tuple[AccessPoint, ...]
    suggested_cameras: tuple[PacsCamera, ...]
    last_event_at: Micros | None = None
    last_event_type: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceListResult:
    """What became of a device list: how many doors it named, which turned stale, and why it was held, if so."""

    doors: int
    stale: tuple[str, ...] = ()
    held: str | None = None


@dataclass(frozen=True, slots=True)
class HeldList:
    """A device list that waits for somebody to accept that doors vanish."""

    pacs_id: str
    gateway_id: str
    dropped: tuple[str, ...]
    reason: str
    arrived_at: Micros


def store_device_list(
    conn: Connection, account: str, pacs: str, devices: Sequence[Device], now: Micros, *, gateway_id: str | None = None
) -> DeviceListResult:
    """Take a gateway's list of doors: it replaces what that gateway named before, and nothing else.

    A list that is empty or drops more than half of the doors adds and renames, but drops none: that waits.
    """
    named = {device.device_id: device for device in devices}
    before = set(
        conn.execute(
            select(doors.c.device_id).where(
                doors.c.account_id == account,
                doors.c.pacs_id == pacs,
                doors.c.gateway_id.is_not_distinct_from(gateway_id),
                doors.c.listed.is_(True),
                doors.c.stale.is_(False),
            )
        ).scalars()
    )
    upsert(
        conn,
        doors,
        [_listed_row(account, pacs, gateway_id, device, now) for device in named.values()],
        keep=("first_seen_at",),
    )
    dropped = sorted(before - set(named))
    if dropped and (not named or 2 * len(dropped) > len(before)):
        return DeviceListResult(len(named), (), _hold(conn, account, pacs, gateway_id, dropped, len(before), now))
    _release(conn, account, pacs, gateway_id)
    return DeviceListResult(len(named), _mark_stale(conn, account, pacs, dropped))


def held_lists(conn: Connection, account: str) -> list[HeldList]:
    """Device lists that wait for somebody."""
    query = select(held_device_lists).where(held_device_lists.c.account_id == account)
    return [
        HeldList(row.pacs_id, row.gateway_id, tuple(row.dropped), row.reason, row.arrived_at)
        for row in conn.execute(query.order_by(held_device_lists.c.arrived_at))
    ]


def accept_held_list(conn: Connection, account: str, pacs: str, gateway_id: str) -> tuple[str, ...]:
    """Let the doors go that a held list no longer names: their ids; raises UnknownError when none is held."""
    for held in held_lists(conn, account):
        if (held.pacs_id, held.gateway_id) == (pacs, gateway_id):
            _release(conn, account, pacs, gateway_id or None)
            return _mark_stale(conn, account, pacs, held.dropped)
    raise UnknownError("no device list of this gateway waits any more")


def ensure_known(conn: Connection, account: str, pacs: str, device_ids: Iterable[str], now: Micros) -> dict[str, str]:
    """Door ids for device ids; doors that nobody listed yet are added under their device id."""
    ids = {device_id: door_id_for(account, pacs, device_id) for device_id in device_ids}
    unsure = known.unknown(conn, [("door", account, door_id) for door_id in ids.values()])
    if not unsure:
        return ids
    present = existing(conn, account, (door_id for door_id in ids.values() if ("door", account, door_id) in unsure))
    missing = [
        _row(account, pacs, None, Device(device_id, device_id), now)
        for device_id, door_id in sorted(ids.items())
        if ("door", account, door_id) in unsure and door_id not in present
    ]
    if missing:
        conn.execute(insert(conn, doors).on_conflict_do_nothing(), missing)
    known.learn(conn, unsure)
    return ids


def list_doors(conn: Connection, account: str, only: Collection[str] | None = None) -> list[Door]:
    """The account's doors by name, with the newest event of each; or those of some ids."""
    if only is None:
        return [_door(row) for row in conn.execute(_ALL, {"account": account})]
    wanted = {"account": account, "keys": keys_for(conn, sorted(only))}
    return [_door(row) for row in conn.execute(_ALL.where(among(conn.dialect.name, doors.c.door_id)), wanted)]


def get_door(conn: Connection, account: str, door_id: str) -> Door:
    """One door; raises UnknownError."""
    row = conn.execute(_ONE, {"account": account, "door": door_id}).first()
    if row is None:
        raise UnknownError("there is no such door")
    return _door(row)


def must_exist(conn: Connection, account: str, door_id: str) -> None:
    """Raises UnknownError when there is no such door."""
    if not existing(conn, account, [door_id]):
        raise UnknownError("there is no such door")


def existing(conn: Connection, account: str, door_ids: Iterable[str]) -> set[str]:
    """Those of the ids that are doors of this account."""
    wanted = {"account": account, "keys": keys_for(conn, sorted(set(door_ids)))}
    return set(conn.execute(_existing_query(conn.dialect.name), wanted).scalars())


@cache
def _existing_query(dialect: str) -> Select[Any]:
    return select(doors.c.door_id).where(doors.c.account_id == bindparam("account"), among(dialect, doors.c.door_id))


def ids(conn: Connection, account: str) -> list[str]:
    """Ids of all doors of the account."""
    return list(conn.execute(select(doors.c.door_id).where(doors.c.account_id == account)).scalars())


def doors_of_pacs(conn: Connection, account: str, pacs: str) -> list[str]:
    """Ids of the doors of one access control system."""
    query = select(doors.c.door_id).where(doors.c.account_id == account, doors.c.pacs_id == pacs)
    return list(conn.execute(query.order_by(doors.c.door_id)).scalars())


def _listed_row(account: str, pacs: str, gateway_id: str | None, device: Device, now: Micros) -> dict[str, Any]:
    return {**_row(account, pacs, gateway_id, device, now), "listed": True, "stale": False}


def _row(account: str, pacs: str, gateway_id: str | None, device: Device, now: Micros) -> dict[str, Any]:
    return {
        "account_id": account,
        "door_id": door_id_for(account, pacs, device.device_id),
        "pacs_id": pacs,
        "device_id": device.device_id,
        "name": device.name or device.device_id,
        "gateway_id": gateway_id,
        "access_points": [{"id": point.id, "side": point.side} for point in device.access_points],
        "suggested_cameras": [
            {"id": camera, "name": name} if (name := device.camera_names.get(camera)) else camera
            for camera in device.cameras
        ],
        "first_seen_at": now,
        "number": door_id_for(account, pacs, device.device_id),
    }


def _mark_stale(conn: Connection, account: str, pacs: str, device_ids: Sequence[str]) -> tuple[str, ...]:
    for piece in chunks(device_ids):
        conn.execute(
            update(doors)
            .where(doors.c.account_id == account, doors.c.pacs_id == pacs, doors.c.device_id.in_(piece))
            .values(stale=True)
        )
    return tuple(door_id_for(account, pacs, device_id) for device_id in device_ids)


def _hold(
    conn: Connection, account: str, pacs: str, gateway_id: str | None, dropped: list[str], total: int, now: Micros
) -> str:
    reason = (
        f"the newest device list lacks {len(dropped)} of {total} doors, so none was dropped: "
        "accept it if they are really gone"
    )
    held = {"pacs_id": pacs, "gateway_id": gateway_id or "", "dropped": dropped, "reason": reason}
    query = select(held_device_lists.c.dropped).where(_held(account, pacs, gateway_id))
    if conn.execute(query).scalar() != dropped:
        moments.record_health(
            conn, account, f"device-list:{pacs}:{gateway_id or ''}:{now}", "Device list held", reason, at=now, now=now
        )
    upsert(conn, held_device_lists, [{"account_id": account, **held, "arrived_at": now}])
    return reason


def _release(conn: Connection, account: str, pacs: str, gateway_id: str | None) -> None:
    conn.execute(delete(held_device_lists).where(_held(account, pacs, gateway_id)))


def _held(account: str, pacs: str, gateway_id: str | None) -> Any:
    table = held_device_lists.c
    return and_(table.account_id == account, table.pacs_id == pacs, table.gateway_id == (gateway_id or ""))


def _newest_event() -> ScalarSelect[int]:
    """The number of a door's newest event: the newest of each kind, one probe of the index each, then of those."""
    table = rows.c
    probes = []
    for code in moments.CODES[moments.MomentKind.ACCESS_EVENT]:
        probe = (
            select(table.at, table.number)
            .where(table.door_id == doors.c.number, table.kind == code)
            .order_by(table.at.desc(), table.number.desc())
            .limit(1)
            .correlate(doors)
        )
        probes.append(select(*probe.subquery().c))
    each = union_all(*probes).subquery()
    return select(each.c.number).order_by(each.c.at.desc(), each.c.number.desc()).limit(1).scalar_subquery()


def _door(row: Row[Any]) -> Door:
    return Door(
        row.door_id,
        row.pacs_id,
        row.device_id,
        row.name,
        row.listed,
        row.stale,
        row.gateway_id,
        tuple(_access_point(point) for point in row.access_points),
        pacs_cameras(row.suggested_cameras),
        row.last_event_at,
        row.last_event_type,
    )


def pacs_cameras(stored: Iterable[str | Mapping[str, str]]) -> tuple[PacsCamera, ...]:
    """What the column `suggested_cameras` holds: plain ids, or ids with names."""
    return tuple(
        PacsCamera(one, None) if isinstance(one, str) else PacsCamera(one["id"], one["name"]) for one in stored
    )


def last_events(conn: Connection, account: str, door_ids: Iterable[str]) -> dict[str, tuple[Micros, str]]:
    """When the newest event of each door happened and its type; doors without any are left out."""
    query = _DOORS.where(among(conn.dialect.name, doors.c.door_id)).with_only_columns(
        doors.c.door_id, _newest.c.at, stories.c.event_type
    )
    wanted = {"account": account, "keys": keys_for(conn, sorted(set(door_ids)))}
    return {row.door_id: (row.at, row.event_type) for row in conn.execute(query, wanted) if row.at is not None}


def _access_point(value: Mapping[str, Any]) -> AccessPoint:
    return AccessPoint(value["id"], value.get("side"))


_newest = rows.alias("newest")
_DOORS = (
    select(doors, _newest.c.at.label("last_event_at"), stories.c.event_type.label("last_event_type"))
    .outerjoin_from(doors, _newest, _newest.c.number == _newest_event())
    .outerjoin(stories, and_(stories.c.account_id == doors.c.account_id, stories.c.story == _newest.c.story))
    .where(doors.c.account_id == bindparam("account"))
)
_ALL = _DOORS.order_by(doors.c.name, doors.c.door_id)
_ONE = _DOORS.where(doors.c.door_id == bindparam("door"))
