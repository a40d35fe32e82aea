"""`/api/doors/{id}/history/restore`: takes a change of a door back, once somebody saw what that changes."""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.domain.policy import Policy, policy_to_mapping
from doorwatch.domain.time import Micros, from_iso
from doorwatch.server.api import door_history
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.shapes import Answer, Identifier, PathId, Request, Time
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller
from doorwatch.store import cameras, doors, former
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.former import DoorPart
from doorwatch.store.mapping import door_names

router = APIRouter(tags=["doors"], responses=ERRORS)


class RestoreInput(Request):
    """The change that is taken back, named as the history tells it; nothing is changed unless `apply` is true."""

    what: Literal["mapping", "scene", "policy", "pool"]
    before: Time = Field(description="The time of the change: what stood before it is put back")
    camera_id: Identifier | None = Field(None, description="Whose scene, for a scene")
    apply: bool = False
    stands: str | None = Field(
        None, max_length=64, description="What a former answer said: refused with 409 if it stands no longer"
    )


class RestoreShape(Answer):
    """What taking the change back changes."""

    changes: list[str] = Field(description="In sentences; empty when it stands as it stood then")
    stands: str = Field(description="Names what stands now, to be sent back with `apply`")
    applied: bool


@router.post("/api/doors/{door_id}/history/restore")
async def restore_door(door_id: PathId, body: RestoreInput, caller: Manager, parts: Parts) -> RestoreShape:
    """Put back what stood at a door before a change, from now on; without `apply` only tell what that would change."""
    part = DoorPart(door_id, body.what, body.camera_id if body.what == "scene" else None)
    now = parts.clock.now()

    def work(conn: Connection) -> RestoreShape:
        return _restore(conn, caller, part, body, now)

    if not body.apply:
        return await parts.db.read(work)
    told = await parts.db.write(work)
    parts.watch.wake()
    await parts.control.configure(caller.account)
    parts.feed.publish(caller.account, "mapping", {"door_ids": [door_id]})
    return told


def _restore(conn: Connection, caller: Caller, part: DoorPart, body: RestoreInput, now: Micros) -> RestoreShape:
    account = caller.account
    # Before anything that was sent is judged: a stranger's door is none, whatever is said of it.
    doors.must_exist(conn, account, part.door_id)
    before = _time(body.before)
    if part.what == "scene":
        cameras.get_camera(conn, account, part.camera_id or "")
    stands, wanted = (former.stood_at(conn, account, part, at) for at in (now, before - 1))
    name = _fingerprint(stands)
    changes = _changes(conn, account, part, stands, wanted)
    if not body.apply:
        return RestoreShape(changes=changes, stands=name, applied=False)
    if body.stands != name:
        raise ConflictError(
            "somebody changed this in the meantime, so nothing was taken back: look at what would change now"
        )
    if not changes:
        raise ConflictError("nothing is to be taken back: it stands as it stood before that change")
    value = former.still_there(conn, account, wanted) if part.what == "mapping" else wanted
    former.put_back(conn, account, part, value, now)
    told = {"what": part.what, "before_change_at": body.before, "before": stands, "after": value}
    note(
        conn,
        caller,
        now,
        "door.restore",
        part.door_id,
        told | ({"camera_id": part.camera_id} if part.camera_id else {}),
    )
    return RestoreShape(changes=changes, stands=_fingerprint(value), applied=True)


def _time(text: str) -> Micros:
    try:
        return from_iso(text)
    except ValueError:
        sentence = f"before is {text!r}; expected the time of a change, as the history tells it"
        raise ApiError(422, sentence, field="before") from None


def _fingerprint(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def _changes(conn: Connection, account: str, part: DoorPart, stands: Any, wanted: Any) -> list[str]:
    match part.what:
        case "mapping":
            names = cameras.names(conn, account)
            return _cameras(stands, wanted, former.still_there(conn, account, wanted), names)
        case "pool":
            known = door_names(conn, account, {*stands, *wanted})
            return _listed("Shares its grants with", set(wanted) - set(stands), known) + _listed(
                "No longer shares its grants with", set(stands) - set(wanted), known
            )
        case "policy":
            return door_history.policy_changes(policy_to_mapping(Policy()) | stands, wanted)
        case "scene":
            return _scene(stands, wanted)


def _cameras(stands: list[str], wanted: list[str], there: list[str], names: Mapping[str, str]) -> list[str]:
    told = _listed("Seen again by", set(there) - set(stands), names)
    told += _listed("No longer seen by", set(stands) - set(there), names)
    if not told and there != stands and there:
        told.append(f"{names.get(there[0], there[0])} is believed first")
    gone = _listed("Was removed since and stays away:", set(wanted) - set(there), names)
    return told + gone if told else []


def _listed(word: str, ids: set[str], names: Mapping[str, str]) -> list[str]:
    return [f"{word} {name}" for name in sorted(names.get(one, one) for one in ids)]


def _scene(stands: dict[str, Any] | None, wanted: dict[str, Any] | None) -> list[str]:
    if stands == wanted:
        return []
    if wanted is None:
        return ["The scene is taken away: people are no longer counted here by this camera"]
    if stands is None:
        return ["The scene is drawn again: people are counted here by this camera"]
    words = {"threshold": "the threshold", "inside": "the inside", "doorway": "the doorway", "floor": "the floor"}
    moved = [word for key, word in words.items() if stands.get(key) != wanted.get(key)]
    return [f"As they were drawn before: {', '.join(moved) or 'the size of the picture'}"]
