"""The rendered clip of two people on one grant, told to a server as gateway and analyzer would: an incident with its clip."""

import json
from dataclasses import dataclass
from pathlib import Path

from conftest import eventually
from doorwatch.domain.time import SECOND, to_iso

CLIPS = Path(__file__).parents[2] / "clips"
TRUTH = next(
    clip for clip in json.loads((CLIPS / "truth.json").read_text())["clips"] if clip["name"] == "s02-tailgating"
)
VIDEO = CLIPS / "s02-tailgating.mp4"
LENGTH = round(TRUTH["frames"] / TRUTH["fps"] * SECOND)


@dataclass
class Happened:
    """What happened: the incident, its door and camera, and when the clip begins."""

    incident: dict
    incident_id: str
    door_id: str
    camera_id: str
    base: int


async def tailgating(site, owner, gateway, analyzer, *, ago=60):
    """Two people on one grant so many seconds ago; whole, with picture and clip."""
    base = site.clock.now() - ago * SECOND
    await gateway.post("/api/pacs/devices", {"devices": [{"device_id": "lobby", "device_name": "Lobby east"}]})
    door_id = (await owner.get("/api/doors"))[0]["door_id"]
    camera = await owner.post("/api/cameras", {"name": "Lobby inside", "url": "rtsp://u:secret@127.0.0.1:9/lobby"})
    camera_id = camera["camera_id"]
    await owner.put(f"/api/doors/{door_id}/cameras", {"camera_ids": [camera_id]})
    await owner.put(f"/api/cameras/{camera_id}/scenes/{door_id}", TRUTH["scene"])
    events = [
        {
            "device_id": "lobby",
            "timestamp": to_iso(base + round(event["offset_s"] * SECOND)),
            "event_type": event["event_type"],
            **({"actor_name": "Ben Rivera"} if event["actor_name"] else {}),
        }
        for event in TRUTH["events"]
    ]
    await gateway.post("/api/pacs/webhooks", {"events": events})
    await analyzer.post("/api/analyzer/crossings", {"crossings": _crossings(base, door_id, camera_id)})
    span = {"camera_id": camera_id, "from": to_iso(base - 60 * SECOND), "until": site.iso()}
    await analyzer.post("/api/analyzer/coverage", {"coverage": [span]})
    held = {"covered_from": to_iso(base - 60 * SECOND), "covered_until": site.iso()}
    await gateway.post(
        "/api/pacs/coverage", {**held, "subscribed": ["AccessGranted", "DoorOpen", "DoorClose"], "refused": []}
    )

    async def final():
        found = await owner.get("/api/incidents")
        return next((one for one in found if one["state"] == "final"), None)

    incident = await eventually(final)
    headers = {"X-Camera-Id": camera_id, "X-Start": to_iso(base), "X-Duration-Us": str(LENGTH)}
    path = f"/api/analyzer/evidence/{incident['incident_id']}"
    await put(analyzer, f"{path}/clip.mp4", VIDEO.read_bytes(), {**headers, "X-Revision": str(incident["revision"])})
    return Happened(incident, incident["incident_id"], door_id, camera_id, base)


async def put(analyzer, path, data, headers):
    async with analyzer.http.put(path, data=data, headers=headers) as response:
        assert response.status < 300, await response.text()


def _crossings(base, door_id, camera_id):
    return [
        {
            "crossing_id": f"c{number}",
            "camera_id": camera_id,
            "door_id": door_id,
            "track": f"t{number}",
            "at": to_iso(base + round(one["time_s"] * SECOND)),
            "direction": one["direction"],
            "confidence": 0.9,
            "continuous": True,
            "possible": 0,
            "trail": [[base + round((one["time_s"] + step / 2) * SECOND), step % 4, step] for step in range(4)],
        }
        for number, one in enumerate(TRUTH["crossings"])
    ]
