"""`/api/recordings`: how far each camera's recordings reach, what they take, and for how long the disks have room."""

from collections.abc import Mapping

from fastapi import APIRouter

from doorwatch.domain.time import DAY, to_iso
from doorwatch.server.api import recording_shapes as told
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.patrol import Found
from doorwatch.server.stocktaking import CameraStock, DiskStock
from doorwatch.store.retention import Next

router = APIRouter(tags=["cameras"], responses=ERRORS)


@router.get("/api/recordings")
async def recordings(caller: Manager, parts: Parts) -> told.Recordings:
    """What is recorded of each camera, and how each disk is; where counting takes long, as it was some time ago."""
    found = await parts.stocktaking.take(caller.account)
    names = {one.camera_id: one.name for one in found.cameras}
    return told.Recordings(
        at=to_iso(found.at),
        cameras=[_camera(one) for one in found.cameras],
        disks=[_disk(one, names) for one in found.disks],
    )


def _camera(one: CameraStock) -> told.CameraRecordings:
    found = one.stock
    return told.CameraRecordings(
        camera_id=one.camera_id,
        name=one.name,
        mode=one.plan.mode,
        blur_people=one.blurred,
        removed=one.removed,
        kept_for=told.KeptFor(
            days=one.keep.ordinary / DAY, event_days=one.keep.eventful / DAY, bytes=one.keep.most_bytes
        ),
        oldest_at=None if found is None else to_iso(found.oldest),
        newest_at=None if found is None else to_iso(found.newest),
        bytes=0 if found is None else found.bytes,
        event_bytes=0 if found is None else found.eventful_bytes,
        bytes_per_day=one.bytes_per_day,
        held_incidents=one.held.incidents,
        held_bytes=one.held.bytes,
        damage=None if one.damage is None else _damage(one.damage),
        stopped=one.stopped,
    )


def _damage(found: Found) -> told.FootageDamage:
    times = {name: to_iso(getattr(found, name)) for name in ("since", "at", "start", "end")}
    return told.FootageDamage(segments=found.segments, **times)


def _disk(one: DiskStock, names: Mapping[str, str]) -> told.DiskRecordings:
    return told.DiskRecordings(
        analyzer_id=one.analyzer_id,
        name=one.name,
        at=to_iso(one.at),
        total_bytes=one.disk.total,
        free_bytes=one.disk.free,
        floor_bytes=one.disk.floor,
        camera_ids=list(one.disk.cameras),
        next=None if one.following is None else _next(one.following, names),
        outlook=one.outlook,
        days=one.days,
    )


def _next(following: Next, names: Mapping[str, str]) -> told.NextToGo:
    return told.NextToGo(
        camera_id=following.camera_id,
        name=names.get(following.camera_id, following.camera_id),
        at=to_iso(following.start),
        eventful=following.eventful,
    )
