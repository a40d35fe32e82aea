"""What analyzers are told: their configuration, gates to open, cameras that somebody watches, files to delete."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.access import AccessEvent, Meaning
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import SECOND, Clock, to_iso, to_seconds
from doorwatch.server.live.analyzers import AnalyzerHub
from doorwatch.server.live.inquiries import Inquiries
from doorwatch.server.live.media import CameraKey, MediaHub
from doorwatch.store import appearances, cameras, configuration
from doorwatch.store.engine.database import Database

GATE = 20 * SECOND
"""How long people are looked for at a door after a grant or after it opened."""

_RECENT = 60 * SECOND
_GATES = frozenset({Meaning.GRANT, Meaning.OPENED})


class Control:
    """The server's side of the analyzers' streams."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.analyzers = AnalyzerHub(clock.now())
        self.media = MediaHub(self._watched)
        self.inquiries = Inquiries(self.analyzers, clock)

    async def configure(self, account: str) -> None:
        """Tell the account's analyzers which cameras they read now, and how these see which doors."""
        if not self.analyzers.links(account):
            return
        now = self._clock.now()
        self.analyzers.configure(account, await self._db.read(lambda conn: configured_cameras(conn, account, now)))
        for camera_id in self.media.watched(account):
            self._watched((account, camera_id), watched=True)

    def open_gates(self, account: str, events: Iterable[AccessEvent], doors: Mapping[str, str]) -> None:
        """Have people looked for where somebody was let in or a door opened just now."""
        if not self.analyzers.links(account):
            return
        now = self._clock.now()
        until: dict[str, int] = {}
        for event in events:
            if event.meaning in _GATES and abs(now - event.at) < _RECENT and event.device_id in doors:
                door_id = doors[event.device_id]
                until[door_id] = max(until.get(door_id, 0), now + GATE)
        for door_id, end in until.items():
            self.analyzers.tell_all(account, {"command": "gate", "door_id": door_id, "until": to_iso(end)})

    def ask_snapshot(self, key: CameraKey) -> bool:
        """Ask for a camera's newest picture; false when nobody can deliver it."""
        account, camera_id = key
        return self.analyzers.tell_camera(account, camera_id, {"command": "snapshot", "camera_id": camera_id})

    def _watched(self, key: CameraKey, watched: bool) -> None:
        account, camera_id = key
        command = {"command": "live", "camera_id": camera_id, "on": watched}
        self.analyzers.tell_camera(account, camera_id, command)


def configured_cameras(conn: Connection, account: str, now: int) -> list[dict[str, Any]]:
    """The account's cameras as an analyzer is told of them; doors are named by the server's ids."""
    scenes = configuration.current_scenes(conn, account, now)
    policies = configuration.current_policies(conn, account, now)
    colours = appearances.wants_colours(conn, account)
    doors = _doors_of(configuration.current_mappings(conn, account, now))
    return [
        {
            "camera_id": camera.camera_id,
            "name": camera.name,
            "url": camera.url,
            "main_url": camera.main_url,
            "enabled": camera.enabled,
            "settings": {"record": True, **camera.settings},
            # who is to be hidden is not described either
            "clothing": colours and camera.settings.get("blur_people", False) is False,
            "settle": _longest_settle(policies, scenes.get(camera.camera_id, {})),
            "doors": doors.get(camera.camera_id, []),
            "scenes": [
                {**scene.to_mapping(), "door": door_id, "door_id": door_id}
                for door_id, scene in sorted(scenes.get(camera.camera_id, {}).items())
            ],
        }
        for camera in cameras.list_cameras(conn, account)
    ]


def _longest_settle(policies: Mapping[str, Policy], door_ids: Iterable[str]) -> float:
    """Seconds after an entry at which the last verdict of a camera's doors becomes final."""
    return max((to_seconds(policies.get(door_id, Policy()).settle) for door_id in door_ids), default=0.0)


def _doors_of(mappings: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Camera to the doors that it is mapped to."""
    found: dict[str, list[str]] = {}
    for door_id, camera_ids in sorted(mappings.items()):
        for camera_id in camera_ids:
            found.setdefault(camera_id, []).append(door_id)
    return found
