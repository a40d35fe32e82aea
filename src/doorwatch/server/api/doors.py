"""`/api/doors`: doors, the cameras that see them, and how they are judged."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from doorwatch.domain.policy import Policy, policy_from_mapping
from doorwatch.domain.time import to_seconds
from doorwatch.server.api import door_detail, narrow, place_shapes, place_views, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.door_detail import DoorDetail, PoolInput
from doorwatch.server.auth import Guest, Manager, Parts
from doorwatch.server.noting import note
from doorwatch.server.packing import json_answer
from doorwatch.server.permissions import Caller
from doorwatch.store import configuration, pools, proposals
from doorwatch.store.engine.errors import ConflictError

router = APIRouter(tags=["doors"], responses=ERRORS)

Text = Annotated[str, Query(max_length=200, description="Words in the name, the id or the cameras of a door")]
SiteId = Annotated[str | None, Query(max_length=200, description="Only doors of this site")]
Limit = Annotated[int | None, Query(ge=1, le=1000, description="At most so many")]


@router.get("/api/doors")
async def list_doors(
    caller: Guest, parts: Parts, text: Text = "", site_id: SiteId = None, limit: Limit = None
) -> list[place_shapes.DoorShape]:
    """The doors of the account, by name; or those with all words of a text, of a site, the first so many."""
    now = parts.clock.now()
    choice = place_views.DoorChoice(text, site_id, limit, caller.cameras)
    found = await parts.db.read(lambda conn: place_views.chosen_doors(conn, caller.account, now, choice))
    return narrow.doors(found, caller.cameras)


@router.get("/api/door-outlines", response_model=list[place_shapes.DoorOutline])
async def list_door_outlines(request: Request, caller: Guest, parts: Parts) -> Response:
    """All doors of the account in a few words, by name: ten thousand of them are told quickly."""
    now = parts.clock.now()

    def read(conn: Connection) -> Response:
        return json_answer(request, place_views.door_outlines(conn, caller.account, now, caller.cameras))

    return await parts.db.read(read)


@router.get("/api/doors/{door_id}")
async def get_door(door_id: shapes.PathId, caller: Guest, parts: Parts) -> DoorDetail:
    """One door, with what could be mended about it."""
    now = parts.clock.now()
    found = await parts.db.read(lambda conn: door_detail.read(conn, caller.account, now, door_id))
    return narrow.door(found, caller.cameras)


@router.patch("/api/doors/{door_id}")
async def change_door(
    door_id: shapes.PathId, body: place_shapes.DoorChange, caller: Manager, parts: Parts
) -> place_shapes.DoorShape:
    """Change mapping, policy, or single keys of the policy; its name is the access control system's."""
    if body.camera_ids is not None:
        await _map(parts, caller, door_id, body.camera_ids)
    if body.policy is not None:
        now = parts.clock.now()
        changes = body.policy.model_dump(exclude_unset=True)

        def merged(conn: Connection) -> dict[str, Any]:
            policy = configuration.current_policies(conn, caller.account, now).get(door_id)
            return {} if policy is None else place_views.policy_shape(policy).model_dump()

        former = await parts.db.read(merged)
        await _judge(parts, caller, door_id, former | changes)
    return await _door(parts, caller, door_id)


@router.put("/api/doors/{door_id}/cameras")
async def map_cameras(
    door_id: shapes.PathId, body: place_shapes.DoorCameras, caller: Manager, parts: Parts
) -> place_shapes.DoorShape:
    """Say which cameras see the door from now on; the count of the first one is believed."""
    await _map(parts, caller, door_id, body.camera_ids)
    return await _published(parts, caller, door_id)


@router.put("/api/doors/{door_id}/policy")
async def set_policy(
    door_id: shapes.PathId, body: place_shapes.PolicyShape, caller: Manager, parts: Parts
) -> place_shapes.DoorShape:
    """Judge the door by this policy from now on; what is left out takes its default."""
    await _judge(parts, caller, door_id, body.model_dump())
    return await _published(parts, caller, door_id)


@router.put("/api/doors/{door_id}/pool")
async def pool_doors(door_id: shapes.PathId, body: PoolInput, caller: Manager, parts: Parts) -> DoorDetail:
    """Say which doors share the grants of this one from now on, such as the other leaf or the next turnstile."""
    now = parts.clock.now()

    def keep(conn: Connection) -> DoorDetail:
        pools.set_members(conn, caller.account, door_id, body.door_ids, now)
        note(conn, caller, now, "door.pool", door_id, {"door_ids": body.door_ids})
        return door_detail.read(conn, caller.account, now, door_id)

    detail = await parts.db.write(keep)
    parts.watch.wake()
    return detail


@router.post("/api/doors/{door_id}/clock-offset")
async def accept_clock_offset(door_id: shapes.PathId, caller: Manager, parts: Parts) -> DoorDetail:
    """Correct the access control system's clock by what is proposed, from now on."""
    now = parts.clock.now()

    def accept(conn: Connection) -> DoorDetail:
        proposal = proposals.clock_offset(conn, caller.account, door_id, now)
        if proposal is None:
            raise ConflictError("nothing is proposed for the clock of this door any more; reload the page")
        policy = configuration.current_policies(conn, caller.account, now).get(door_id, Policy())
        accepted = replace(policy, clock_offset=proposal.offset)
        configuration.set_policy(conn, caller.account, door_id, accepted, now)
        note(conn, caller, now, "door.clock", door_id, {"clock_offset": to_seconds(proposal.offset)})
        return door_detail.read(conn, caller.account, now, door_id)

    detail = await parts.db.write(accept)
    parts.watch.wake()
    return detail


async def _map(parts: Parts, caller: Caller, door_id: str, camera_ids: list[str]) -> None:
    now = parts.clock.now()

    def keep(conn: Connection) -> None:
        configuration.set_mapping(conn, caller.account, door_id, camera_ids, now)
        note(conn, caller, now, "door.map", door_id, {"camera_ids": camera_ids})

    await parts.db.write(keep)
    parts.watch.wake()
    await parts.control.configure(caller.account)


async def _judge(parts: Parts, caller: Caller, door_id: str, values: dict[str, Any]) -> None:
    policy = policy_from_mapping(values)
    now = parts.clock.now()

    def keep(conn: Connection) -> None:
        configuration.set_policy(conn, caller.account, door_id, policy, now)
        note(conn, caller, now, "door.policy", door_id, values)

    await parts.db.write(keep)
    parts.watch.wake()
    await parts.control.configure(caller.account)


async def _published(parts: Parts, caller: Caller, door_id: str) -> place_shapes.DoorShape:
    shape = await _door(parts, caller, door_id)
    parts.feed.publish(caller.account, "door", shape.model_dump(by_alias=True))
    return shape


async def _door(parts: Parts, caller: Caller, door_id: str) -> place_shapes.DoorShape:
    now = parts.clock.now()
    return await parts.db.read(lambda conn: place_views.door_shape(conn, caller.account, now, door_id))
