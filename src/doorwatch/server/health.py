"""What cameras say of themselves: kept, published when it changed, and a moment when one went away or came back."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from doorwatch.domain.time import Clock
from doorwatch.server.live.feed import EventFeed
from doorwatch.store import cameras, moments
from doorwatch.store.cameras import Camera, CameraStatus
from doorwatch.store.engine.database import Database

_STARTING, _ONLINE, _AWAY = 100, 200, 400

_WORDS = {
    400: "its stream can't be used",
    401: "it refuses user and password",
    404: "it has no such stream",
    408: "it sends nothing",
    500: "it is broken",
}


class CameraHealth:
    """Keeps the cameras' states."""

    def __init__(self, db: Database, clock: Clock, feed: EventFeed) -> None:
        self._db = db
        self._clock = clock
        self._feed = feed

    async def cameras_said(self, account: str, said: Mapping[str, CameraStatus]) -> None:
        """Keep what an analyzer says of cameras; unknown cameras are passed over."""
        now = self._clock.now()

        def keep(conn: Connection) -> list[tuple[Camera, CameraStatus]]:
            changed = []
            for camera in cameras.list_cameras(conn, account):
                status = said.get(camera.camera_id)
                if status is None:
                    continue
                if status.code == _STARTING and camera.status.code >= _AWAY:
                    # A camera that was away is not back because somebody tries to open it.
                    status = replace(status, code=camera.status.code, message=camera.status.message)
                cameras.set_status(conn, account, camera.camera_id, status)
                if status.code != camera.status.code:
                    changed.append((camera, status))
                    _record(conn, account, camera, status, now)
            return changed

        for camera, status in await self._db.write(keep):
            state = {"code": status.code, "message": status.message or ""}
            self._feed.publish(account, "camera", {"camera_id": camera.camera_id, "name": camera.name, "status": state})


def _record(conn: Connection, account: str, camera: Camera, status: CameraStatus, now: int) -> None:
    was_away, is_away = camera.status.code >= _AWAY, status.code >= _AWAY
    if is_away:
        title, label = f"{camera.name} is away", "camera offline"
        detail = status.message or _WORDS.get(status.code, "it can't be read")
    elif was_away and status.code == _ONLINE:
        title, label, detail = f"{camera.name} is back", "camera online", "its stream is read again"
    else:
        return
    moments.record_health(
        conn,
        account,
        f"camera:{camera.camera_id}:{now}",
        title,
        detail,
        at=now,
        now=now,
        labels=(label,),
        camera_ids=(camera.camera_id,),
    )
