"""Doors at which people follow others in, told to a server as a gateway and an analyzer tell it."""

import math
import urllib.request
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from watching.page_rig import Api

from doorwatch.domain.time import SECOND, Micros, SystemClock, to_iso

_SCENE = {
    "size": [640, 360],
    "threshold": [[200, 300], [440, 300]],
    "inside": [320, 350],
}
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Told:
    """One incident as it was told: where, when its second person went in, and when the telling began."""

    door: str
    at: Micros
    begun: Micros


class Doors:
    """So many doors, each before a camera of its own."""

    def __init__(self, owner: Api, count: int) -> None:
        self._owner = owner
        self._gateway = Api(owner.base, owner("POST", "/api/tokens", {"name": "gateway", "kind": "gateway"})["token"])
        self._token = owner("POST", "/api/tokens", {"name": "analyzer", "kind": "analyzer"})["token"]
        self._analyzer = Api(owner.base, self._token)
        names = [{"device_id": f"d{n}", "device_name": f"Door {n}"} for n in range(count)]
        self._gateway("POST", "/api/pacs/devices", {"devices": names, "gateway_id": "bench"})
        self._doors = {door["device_id"]: door["door_id"] for door in owner("GET", "/api/doors")}
        self._cameras = {}
        for name, door in self._doors.items():
            camera = owner("POST", "/api/cameras", {"name": f"Camera of {name}", "url": "rtsp://127.0.0.1:9/door"})
            self._cameras[name] = camera["camera_id"]
            owner("PUT", f"/api/doors/{door}/cameras", {"camera_ids": [camera["camera_id"]]})
            owner("PUT", f"/api/cameras/{camera['camera_id']}/scenes/{door}", {**_SCENE, "door": door})
            owner("PUT", f"/api/doors/{door}/policy", {"group_gap": 1.0})
        self._count = 0

    def follow(self, number: int, at: Micros) -> Told:
        """A grant a second before `at`, its person half a second before it, and then another one."""
        name = f"d{number % len(self._doors)}"
        event = {
            "device_id": name,
            "timestamp": to_iso(at - SECOND),
            "event_type": "AccessGranted",
            "actor_name": "Ana",
        }
        self._gateway("POST", "/api/pacs/webhooks", {"event": event})
        span = {"camera_id": self._cameras[name], "from": to_iso(at - 5 * SECOND), "until": to_iso(at)}
        self._analyzer("POST", "/api/analyzer/coverage", {"coverage": [span]})
        self._analyzer("POST", "/api/analyzer/crossings", {"crossings": [self._crossing(name, at - SECOND // 2)]})
        second = self._crossing(name, at)
        begun = _CLOCK.now()
        self._analyzer("POST", "/api/analyzer/crossings", {"crossings": [second]})
        return Told(self._doors[name], at, begun)

    def _crossing(self, name: str, at: Micros) -> dict[str, Any]:
        self._count += 1
        return {
            "crossing_id": f"bench-{self._count}",
            "camera_id": self._cameras[name],
            "door_id": self._doors[name],
            "track": str(self._count),
            "at": to_iso(at),
            "direction": "in",
            "confidence": 0.9,
            "continuous": True,
        }

    def picture(self, incident: dict[str, Any], data: bytes) -> None:
        """The picture of an incident, as its analyzer sends it."""
        door = next(name for name, door in self._doors.items() if door == incident["door"]["door_id"])
        headers = {
            "Authorization": f"Bearer {self._token}",
            "X-Camera-Id": self._cameras[door],
            "X-Start": incident["start"],
            "X-Duration-Us": "0",
            "X-Revision": str(incident["revision"]),
        }
        path = f"{self._owner.base}/api/analyzer/evidence/{incident['incident_id']}/picture.jpg"
        with urllib.request.urlopen(urllib.request.Request(path, data, headers, method="PUT"), timeout=30):
            return


def still(number: int) -> bytes:
    """A JPEG of 640 x 360 that weighs what a door camera's does (some 40 kB)."""
    rows, columns = np.mgrid[0:360, 0:640]
    waves = 128 + 60 * np.sin(columns / 37 + number) + 60 * np.cos(rows / 23 + number / math.e)
    grain = np.random.default_rng(number).normal(0, 6, (360, 640))
    picture = np.clip(waves + grain, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", np.dstack([picture] * 3), [cv2.IMWRITE_JPEG_QUALITY, 80])[1])
