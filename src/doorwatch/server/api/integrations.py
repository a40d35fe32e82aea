"""`/api/integrations`: which cameras see which doors, for the whole account at once, and what could be mapped."""

from collections.abc import Collection, Mapping

import msgspec
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from doorwatch.domain.suggestion import WITHIN, Followed, follow, pair_names
from doorwatch.domain.time import HOUR, Micros
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.integration_shapes import (
    FollowInput,
    MappingInput,
    MappingShape,
    MappingSuggestion,
    RenamedDoor,
    SuggestionsShape,
)
from doorwatch.server.api.shapes import PathId
from doorwatch.server.api.views import iso
from doorwatch.server.auth import Manager, Parts, Viewer
from doorwatch.server.noting import note
from doorwatch.server.packing import json_answer
from doorwatch.server.permissions import Caller
from doorwatch.store import cameras, configuration, walks
from doorwatch.store.cameras import CameraOutline
from doorwatch.store.engine.folding import fold
from doorwatch.store.mapping import (
    MappableDoor,
    MappingChange,
    associated_cameras,
    change_mapping,
    follow_door,
    grant_times,
    mappable_doors,
    mappable_doors_json,
    saved_at,
)

router = APIRouter(tags=["integrations"], responses=ERRORS)

_LONGEST = 48 * HOUR
"""Of grants that are compared with people in view: what a camera saw is kept for its newest people only."""


@router.get("/api/integrations/mapping", response_model=MappingShape)
async def get_mapping(request: Request, caller: Viewer, parts: Parts) -> Response:
    """All doors, all cameras, and which see which."""
    return await _standing(request, parts, caller)


@router.put("/api/integrations/mapping", response_model=MappingShape)
async def save_mapping(request: Request, body: MappingInput, caller: Manager, parts: Parts) -> Response:
    """Save changes of several doors in one go; 409 when somebody else changed one of them in the meantime."""
    now = parts.clock.now()
    changes = [MappingChange(one.door_id, tuple(one.before), tuple(one.after)) for one in body.changes]

    def keep(conn: Connection) -> None:
        change_mapping(conn, caller.account, changes, now)
        for change in changes:
            told = {"before": list(change.before), "camera_ids": list(change.after)}
            note(conn, caller, now, "door.map", change.door_id, told)

    await parts.db.write(keep)
    await _changed(parts, caller, [change.door_id for change in changes])
    return await _standing(request, parts, caller)


@router.post("/api/integrations/doors/{door_id}/follow", response_model=MappingShape)
async def follow_renamed(
    request: Request, door_id: PathId, body: FollowInput, caller: Manager, parts: Parts
) -> Response:
    """Let another door take over cameras, scenes and policy of this one, which is no longer listed."""
    now = parts.clock.now()

    def keep(conn: Connection) -> None:
        camera_ids = follow_door(conn, caller.account, door_id, body.door_id, now)
        note(conn, caller, now, "door.follow", door_id, {"door_id": body.door_id, "camera_ids": list(camera_ids)})

    await parts.db.write(keep)
    await _changed(parts, caller, [door_id, body.door_id])
    return await _standing(request, parts, caller)


@router.get("/api/integrations/suggestions")
async def suggest_mapping(caller: Viewer, parts: Parts) -> SuggestionsShape:
    """Cameras that probably see doors: by the PACS's own list, by grants followed by somebody in view, and by names."""
    now = parts.clock.now()
    return await parts.db.read(lambda conn: _suggestions(conn, caller.account, now))


async def _changed(parts: Parts, caller: Caller, door_ids: list[str]) -> None:
    parts.watch.wake()
    await parts.control.configure(caller.account)
    parts.feed.publish(caller.account, "mapping", {"door_ids": door_ids})


async def _standing(request: Request, parts: Parts, caller: Caller) -> Response:
    """A `MappingShape`, written straight from the rows: there may be ten thousand doors, and a model for each is dear."""
    now = parts.clock.now()

    def read(conn: Connection) -> Response:
        drawn = configuration.drawn_scenes(conn, caller.account, now)
        known = [
            {
                "camera_id": camera.camera_id,
                "name": camera.name,
                "enabled": camera.enabled,
                "groups": [*camera.groups, *camera.labels],
                "counting": sorted(drawn.get(camera.camera_id, {})),
            }
            for camera in cameras.outlines(conn, caller.account)
        ]
        told = {
            "saved_at": iso(saved_at(conn, caller.account)),
            "doors": msgspec.Raw(mappable_doors_json(conn, caller.account)),
            "cameras": known,
            "mapping": configuration.current_mappings(conn, caller.account, now),
        }
        return json_answer(request, told)

    return await parts.db.read(read)


def _suggestions(conn: Connection, account: str, now: Micros) -> SuggestionsShape:
    doors = mappable_doors(conn, account)
    mapped = configuration.current_mappings(conn, account, now)
    renamed = _renamed(doors, mapped)
    free = [door for door in doors if not door.stale and door.door_id not in mapped]
    if not free:
        return SuggestionsShape(suggestions=[], renamed=renamed)
    busy = {camera_id for seen_by in mapped.values() for camera_id in seen_by}
    known = cameras.outlines(conn, account)
    idle = {one.camera_id: one.name for one in known if one.camera_id not in busy}
    names = {door.door_id: door.name for door in doors}
    by_pacs = _associated(conn, account, {door.door_id for door in free}, known, mapped, names)
    told = {(one.camera_id, one.door_id) for one in by_pacs}
    by_grants = [one for one in _followed(conn, account, free, idle) if (one.camera_id, one.door_id) not in told]
    seen = told | {(one.camera_id, one.door_id) for one in by_grants}
    return SuggestionsShape(suggestions=by_pacs + by_grants + _alike(free, idle, seen), renamed=renamed)


def _alike(
    free: list[MappableDoor], idle: Mapping[str, str], seen: Collection[tuple[str, str]]
) -> list[MappingSuggestion]:
    """Pairs whose names are alike, but for those that are suggested already."""
    if not idle:
        return []
    folded = {camera_id: fold(name) for camera_id, name in idle.items()}
    return [
        MappingSuggestion(camera_id=camera_id, door_id=door_id, because="names", reason="Their names are alike")
        for camera_id, door_id in pair_names({door.door_id: fold(door.name) for door in free}, folded).items()
        if (camera_id, door_id) not in seen
    ]


def _associated(
    conn: Connection,
    account: str,
    free: Collection[str],
    known: list[CameraOutline],
    mapped: Mapping[str, tuple[str, ...]],
    names: Mapping[str, str],
) -> list[MappingSuggestion]:
    """Pairs that follow from the access control system's own list of cameras at doors.

    It knows cameras by ids of its own, and may tell what it calls them: one is known when a camera here has that name, or
    has the id or the name as a label, or by a door at which it is the only one and which somebody mapped to one camera.
    """
    listed = associated_cameras(conn, account)
    if not listed:
        return []
    called = {fold(word): one.camera_id for one in known for word in (*one.labels, one.name, one.camera_id)}
    learnt = {
        theirs[0].id: (ours[0], f"The access control system shows the same camera at this door as at {names[door_id]}")
        for door_id, theirs in listed.items()
        if len(theirs) == 1 and len(ours := mapped.get(door_id, ())) == 1
    }
    found = []
    for door_id in sorted(set(listed) & set(free)):
        for theirs in listed[door_id]:
            if camera_id := called.get(fold(theirs.id)):
                reason = "The access control system shows this camera at this door"
            elif theirs.name and (camera_id := called.get(fold(theirs.name))):
                reason = f"The access control system shows its camera {theirs.name} at this door"
            elif theirs.id in learnt:
                camera_id, reason = learnt[theirs.id]
            else:
                continue
            found.append(MappingSuggestion(camera_id=camera_id, door_id=door_id, because="pacs", reason=reason))
    return found


def _followed(
    conn: Connection, account: str, doors: list[MappableDoor], camera_ids: Collection[str]
) -> list[MappingSuggestion]:
    """Pairs where grants are followed by people far more often than by chance, the clearest first."""
    views = {camera_id: spans for camera_id, spans in walks.times_of(conn, account).items() if camera_id in camera_ids}
    if not views:
        return []
    last = max(end for spans in views.values() for _, end in spans)
    first = max(last - _LONGEST, min(start for spans in views.values() for start, _ in spans))
    found: list[tuple[float, Followed, str, str]] = []
    for door in doors:
        grants = grant_times(conn, account, door.door_id, first - WITHIN, last)
        for camera_id, spans in views.items():
            pattern = follow(grants, spans)
            if pattern.convincing:
                found.append((pattern.followed / pattern.grants - pattern.chance, pattern, camera_id, door.door_id))
    found.sort(key=lambda one: (-one[0], one[2], one[3]))
    return [
        MappingSuggestion(camera_id=camera_id, door_id=door_id, because="grants", reason=pattern.sentence)
        for _, pattern, camera_id, door_id in found
    ]


def _renamed(doors: list[MappableDoor], mapped: dict[str, tuple[str, ...]]) -> list[RenamedDoor]:
    gone = [door for door in doors if door.stale and door.door_id in mapped]
    if not gone:
        return []
    listed: dict[str, list[str]] = {}
    for door in doors:
        if not door.stale:
            listed.setdefault(fold(door.name), []).append(door.door_id)
    return [
        RenamedDoor(stale_id=door.door_id, door_id=same[0])
        for door in gone
        if len(same := listed.get(fold(door.name), [])) == 1
    ]
