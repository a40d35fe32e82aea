"""What callbacks hear beside incidents: access events and crossings that are new, and what somebody changed in the account."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts import callbacks
from doorwatch.alerts.callbacks import CHANGES
from doorwatch.alerts.calling import Finds, write_call
from doorwatch.alerts.images import wanted as picture
from doorwatch.domain.time import Clock, Micros, to_iso
from doorwatch.search import matches
from doorwatch.server.alerting.filters import read_filter
from doorwatch.store import cameras, doors, moment_reading, sites
from doorwatch.store.audit_trail import audit
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.audit_trail.audit import AuditEntry
from doorwatch.store.moments import Moment, MomentKind, incident_moment_id
from doorwatch.store.people import users
from doorwatch.store.sites import Places

AT_ONCE = 100
"""So many happenings fit into one post."""
_MOST_CHANGES = 10_000

_HAPPENINGS = {
    MomentKind.ACCESS_EVENT: ("pacs.events.created", "events"),
    MomentKind.CROSSING: ("crossings.created", "crossings"),
}
_CHANGES: Mapping[str, tuple[str, str]] = {
    Act.CAMERA_ADD: ("camera.created", "camera"),
    Act.CAMERA_IMPORT: ("camera.updated", "cameras"),
    Act.CAMERA_CHANGE: ("camera.updated", "camera"),
    Act.SCENE_SET: ("camera.updated", "scene"),
    Act.CAMERA_REMOVE: ("camera.deleted", "camera"),
    Act.DOOR_MAP: ("device.updated", "door"),
    Act.DOOR_FOLLOW: ("device.updated", "door"),
    Act.DOOR_POLICY: ("device.updated", "door"),
    Act.DOOR_POOL: ("device.updated", "door"),
    Act.DOORS_DROP: ("device.deleted", "doors"),
    Act.DOORS_ACCEPT: ("device.deleted", "doors"),
    Act.SITE_ADD: ("zone.created", "site"),
    Act.SITE_CHANGE: ("zone.updated", "site"),
    Act.SITE_ASSIGN: ("zone.updated", "site"),
    Act.SITE_REMOVE: ("zone.deleted", "site"),
    Act.WEBHOOKS_ADDED: ("hook.created", "webhook"),
    Act.WEBHOOKS_REMOVED: ("hook.deleted", "webhook"),
    Act.CALLBACK_ADD: ("hook.created", "callback"),
    Act.CALLBACK_REMOVE: ("hook.deleted", "callback"),
}
"""What an act of the audit trail is to callbacks: the type, and of what kind the thing is."""


def finder(clock: Clock) -> Finds:
    """What says whether a search finds an incident."""

    def finds(conn: Connection, account: str, search: str, incident_id: str) -> bool:
        now = clock.now()
        query = read_filter(conn, account, search, sites.read(conn, account, now), now)
        return any(
            matches(query, one) for one in moment_reading.get_many(conn, account, [incident_moment_id(incident_id)])
        )

    return finds


def any_of_happenings(conn: Connection, account: str) -> bool:
    """Whether any callback hears of events or crossings: only then is every moment looked at."""
    wanted = [kind for kind, _ in _HAPPENINGS.values()]
    return any(one.hears(kind) for one in callbacks.list_callbacks(conn, account) for kind in wanted)


def follow_happenings(conn: Connection, account: str, found: Sequence[Moment], now: Micros) -> bool:
    """Write what callbacks are to hear of these new moments, in the order of commits; whether there was anything."""
    fresh = [moment for moment in found if moment.kind in _HAPPENINGS]
    if not fresh:
        return False
    places, names = sites.read(conn, account, now), cameras.names(conn, account)
    devices = _Devices(conn, account)
    told = False
    for callback in callbacks.list_callbacks(conn, account):
        kinds = {moment for moment, (kind, _) in _HAPPENINGS.items() if callback.hears(kind)}
        if not kinds:
            continue
        query = read_filter(conn, account, callback.finds, places, now)
        since = [one for one in fresh if one.written > callback.after_moment and one.kind in kinds]
        wanted = [one for one in since if not callback.finds or matches(query, one)]
        for kind in sorted(kinds):
            of_kind = [one for one in wanted if one.kind is kind]
            for piece in _pieces(of_kind):
                name, plural = _HAPPENINGS[kind]
                said = {plural: [_told(one, names, devices, places) for one in piece]}
                body = callback.body(name, said, callbacks.owner_of(conn, account))
                body = callback.pictured(body, _shown(piece, names))
                told = write_call(conn, account, callback, body, f"{name}:{piece[0].moment_id}", now) or told
    return told


def follow_changes(conn: Connection, account: str, since: int, now: Micros) -> bool:
    """Write what was changed in the account after this number of the audit trail; whether there was anything."""
    listening = [one for one in callbacks.list_callbacks(conn, account) if any(one.hears(kind) for kind in CHANGES)]
    if not listening:
        return False
    told = False
    names = cameras.names(conn, account)
    for entry in audit.since(conn, account, since, list(_CHANGES), _MOST_CHANGES):
        kind, thing = _CHANGES[entry.action]
        user = _who(conn, account, entry)
        for callback in listening:
            new = entry.number > callback.after_entry and entry.subject != callback.callback_id
            if new and callback.hears(kind):
                body = callback.body(kind, _changed(entry, thing, names), user)
                told = write_call(conn, account, callback, body, f"change:{entry.number}", now) or told
    return told


class _Devices:
    """What the access control system calls a door, looked up once each."""

    def __init__(self, conn: Connection, account: str) -> None:
        self._known = {door.door_id: door.device_id for door in doors.list_doors(conn, account)}

    def __getitem__(self, door_id: str | None) -> str | None:
        return self._known.get(door_id or "")


def _pieces(found: Sequence[Moment]) -> Iterator[Sequence[Moment]]:
    for first in range(0, len(found), AT_ONCE):
        yield found[first : first + AT_ONCE]


def _shown(piece: Sequence[Moment], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Pictures to lead to: of access events at doors that a camera sees; of a crossing there is none of its own."""
    return [
        picture(one.moment_id, one.at, names.get(one.camera_ids[0]))
        for one in piece
        if one.kind is MomentKind.ACCESS_EVENT and one.camera_ids
    ]


def _told(moment: Moment, names: Mapping[str, str], devices: _Devices, places: Places) -> dict[str, Any]:
    common = {
        "moment_id": moment.moment_id,
        "device_id": devices[moment.door_id],
        "device_name": moment.door_name,
        "door_id": moment.door_id,
        "site": places.of_door(moment.door_id).name,
        "camera_names": [names.get(one, one) for one in moment.camera_ids],
        "timestamp": to_iso(moment.at),
        "arrived_at": to_iso(moment.arrived_at),
        "labels": list(moment.labels),
    }
    if moment.kind is MomentKind.CROSSING:
        own = {"crossing_id": moment.crossing_id, "direction": moment.direction, "outcome": moment.outcome}
    else:
        own = {
            "event_id": moment.event_id,
            "event_type": moment.event_type,
            "actor_id": moment.actor_id,
            "actor_name": moment.actor_name,
        }
    return {**own, **common}


def _changed(entry: AuditEntry, thing: str, names: Mapping[str, str]) -> dict[str, Any]:
    name = names.get(entry.subject or "") if thing in {"camera", "scene"} else entry.detail.get("name")
    return {
        "kind": thing,
        "id": entry.subject,
        "name": name,
        "date": to_iso(entry.at),
        "by": entry.actor,
        "act": entry.action,
        "detail": dict(entry.detail),
    }


def _who(conn: Connection, account: str, entry: AuditEntry) -> dict[str, str | None]:
    """The person who did it; the account's owner where a machine did."""
    for user in users.list_users(conn, account):
        if user.email == entry.actor:
            return {"user_id": user.user_id, "email": user.email}
    return callbacks.owner_of(conn, account)
