"""`/api/doors/{id}/history`: who changed what about a door, in sentences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.policy import Policy, policy_to_mapping
from doorwatch.domain.time import to_iso
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.shapes import Answer, PathId, Time
from doorwatch.server.auth import Manager, Parts
from doorwatch.store import cameras, doors
from doorwatch.store.audit_trail import history
from doorwatch.store.audit_trail.audit import AuditEntry
from doorwatch.store.mapping import mappable_doors

router = APIRouter(tags=["doors"], responses=ERRORS)

_WHAT: dict[str, Literal["mapping", "scene", "policy", "pool", "certificate"]] = {
    "door.map": "mapping",
    "door.follow": "mapping",
    "scene.set": "scene",
    "door.policy": "policy",
    "door.clock": "policy",
    "door.pool": "pool",
    "door.certificate": "certificate",
}


class DoorHistoryEntry(Answer):
    """One change of a door; it holds from then on, what happened before was judged by what was in force then."""

    at: Time
    who: str = Field(description="A person's e-mail, a token's name, or system")
    what: Literal["mapping", "scene", "policy", "pool", "certificate"]
    sentence: str
    camera_id: str | None = Field(description="The camera of a scene")


@router.get("/api/doors/{door_id}/history")
async def door_history(door_id: PathId, caller: Manager, parts: Parts) -> list[DoorHistoryEntry]:
    """The newest fifty changes of a door's cameras, scenes, policy and pool, the newest first."""

    def read(conn: Connection) -> list[DoorHistoryEntry]:
        doors.must_exist(conn, caller.account, door_id)
        entries = history.of_door(conn, caller.account, door_id)
        names = cameras.names(conn, caller.account) | {
            door.door_id: door.name for door in mappable_doors(conn, caller.account)
        }
        return [
            DoorHistoryEntry(
                at=to_iso(entry.at),
                who=entry.actor,
                what=entry.detail["what"] if entry.action == "door.restore" else _WHAT[entry.action],
                camera_id=_camera_of(entry),
                sentence=_sentence(entry, entries[index + 1 :], door_id, names),
            )
            for index, entry in enumerate(entries)
        ]

    return await parts.db.read(read)


def _camera_of(entry: AuditEntry) -> str | None:
    return entry.subject if entry.action == "scene.set" else entry.detail.get("camera_id")


def _sentence(entry: AuditEntry, older: Sequence[AuditEntry], door_id: str, names: Mapping[str, str]) -> str:
    told, subject = entry.detail, entry.subject or ""
    seen_by, others = (_named(told.get(key, ()), names) for key in ("camera_ids", "door_ids"))
    if entry.action == "door.restore":
        return f"Taken back: the {told['what']} of before {told['before_change_at'][:19].replace('T', ' ')} UTC"
    if entry.action == "door.follow":
        if subject == door_id:
            return f"Its cameras, scenes and policy went to {names.get(told.get('door_id', ''), 'another door')}"
        return f"Took over cameras, scenes and policy of {names.get(subject, 'a door that is gone')}"
    sentences = {
        "door.map": f"Seen by {seen_by or 'no camera'}",
        "scene.set": f"Scene drawn on {names.get(subject, 'a camera')}",
        "door.clock": f"Clock corrected by {told.get('clock_offset', 0):g} s",
        "door.pool": f"Shares its grants with {others or 'no other door'}",
        "door.certificate": "Certificate issued",
    }
    return sentences.get(entry.action) or _policy(told, older)


def _named(ids: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(names.get(one, one) for one in ids)


def _policy(told: Mapping[str, Any], older: Sequence[AuditEntry]) -> str:
    """What differs from the policy before it, or from the defaults."""
    defaults = policy_to_mapping(Policy())
    before = defaults | next((policy for entry in older if (policy := _policy_of(entry)) is not None), {})
    changed = policy_changes(before, defaults | dict(told))
    return "Policy: " + ", ".join(changed) if changed else "Policy saved as it was"


def _policy_of(entry: AuditEntry) -> dict[str, Any] | None:
    if entry.action == "door.restore" and entry.detail["what"] == "policy":
        return dict(entry.detail["after"])
    return dict(entry.detail) if entry.action == "door.policy" else None


def policy_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What differs between two policies in the shape of policy.yaml, key by key in words."""
    return [
        f"{name.replace('_', ' ')} {_value(before.get(name))} to {_value(value)}"
        for name, value in after.items()
        if (value or 0) != (before.get(name) or 0)
    ]


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value).lower()
