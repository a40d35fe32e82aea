"""What somebody is told with whom only some cameras are shared: no id, name or picture of any other camera.

Each function takes what everybody else is told and the cameras that are shared (None: all of them, nothing changes).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from sqlalchemy import Connection

from doorwatch.server.api import happening_shapes, place_shapes
from doorwatch.server.api.door_detail import DoorDetail
from doorwatch.store import evidence
from doorwatch.store.engine.errors import UnknownError

Shared = Collection[str] | None

AnyDoor = TypeVar("AnyDoor", bound=place_shapes.DoorShape)
AnyIncident = TypeVar("AnyIncident", bound=happening_shapes.IncidentShape)


def doors(found: Iterable[AnyDoor], shared: Shared) -> list[AnyDoor]:
    """The doors that a shared camera sees, without the other cameras; which doors share grants is not told."""
    if shared is None:
        return list(found)
    told = []
    for door in found:
        seen_by = _named(door.cameras, shared)
        pool = {"pool": None} if isinstance(door, DoorDetail) else {}
        if seen_by:
            told.append(door.model_copy(update={"cameras": seen_by, "pacs_cameras": [], **pool}))
    return told


def door(found: AnyDoor, shared: Shared) -> AnyDoor:
    """One door; raises UnknownError when no shared camera sees it."""
    for one in doors([found], shared):
        return one
    raise UnknownError("there is no such door")


def incident(found: AnyIncident, shared: Shared) -> AnyIncident:
    """One incident, with the pictures of shared cameras alone; raises UnknownError when none of them saw it."""
    if shared is None:
        return found
    seen_by = _named(found.cameras, shared)
    if not seen_by:
        raise UnknownError("there is no such incident")
    changed: dict[str, object] = {"cameras": seen_by}
    if found.picture_camera_id not in shared:
        changed |= {"picture_url": None, "picture_camera_id": None}
    if found.clip_camera_id not in shared:
        changed |= {"clip_url": None, "clip_camera_id": None, "clip_start_us": None}
    if isinstance(found, happening_shapes.IncidentDetail):
        changed["crossings"] = [one for one in found.crossings if one.camera_id in shared]
        # Others may have been seen by other cameras; why evidence is kept is not for guests.
        changed |= {"merged": [], "superseded_by": None, "holds": [], "comments": []}
    return found.model_copy(update=changed)


def moments(
    conn: Connection, account: str, found: Iterable[happening_shapes.MomentShape], shared: Shared
) -> list[happening_shapes.MomentShape]:
    """The moments that shared cameras saw, with their pictures alone."""
    told = list(found)
    if shared is None:
        return told
    ids = [one.incident_id for one in told if one.incident_id is not None]
    proofs = evidence.of_incidents(conn, account, ids)
    pictures = {incident_id: of["picture.jpg"].camera_id for incident_id, of in proofs.items() if "picture.jpg" in of}
    return [narrowed for one in told if (narrowed := moment(one, shared, pictures)) is not None]


def moment(
    found: happening_shapes.MomentShape, shared: Collection[str], pictures: Mapping[str, str | None]
) -> happening_shapes.MomentShape | None:
    """One moment; None when no shared camera saw it. `pictures` tells of incidents which camera's picture they have."""
    seen_by = _named(found.cameras, shared)
    if not seen_by:
        return None
    # The picture of an access event is that of the first camera of its door.
    shown = found.cameras[0].camera_id if found.incident_id is None else pictures.get(found.incident_id)
    picture = found.picture_url if shown in shared else None
    return found.model_copy(update={"cameras": seen_by, "picture_url": picture})


def _named(found: Iterable[place_shapes.NamedCamera], shared: Collection[str]) -> list[place_shapes.NamedCamera]:
    return [camera for camera in found if camera.camera_id in shared]
