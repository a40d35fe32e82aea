"""Room for recordings: what analyzers say of their disks, what goes then, and who is told when nothing more can go."""

import pytest

from doorwatch.domain.time import DAY, HOUR, SECOND, to_iso
from doorwatch.recording.segments import Recordings
from doorwatch.server.alerting.chores import Installation, look
from doorwatch.store import holds, segments
from doorwatch.store.alerting import conditions

MEGABYTE = 1_000_000


@pytest.fixture
async def camera(owner):
    return (await owner.post("/api/cameras", {"name": "Dome", "url": "rtsp://127.0.0.1/x"}))["camera_id"]


@pytest.fixture
async def recorded(site, analyzer, camera):
    """Ten segments of a megabyte each on a disk, a minute apart, half an hour old; told to the server."""

    async def record(root):
        now = site.clock.now()
        start = now - now % SECOND - 2 * HOUR
        told = []
        for at in (start + n * 60 * SECOND for n in range(10)):
            name = f"{camera}/{to_iso(at, 0)[:10].replace('-', '')}/{to_iso(at).replace('-', '').replace(':', '')}.mp4"
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\0" * MEGABYTE)
            times = {"start": to_iso(at), "end": to_iso(at + 4 * SECOND)}
            told.append({"segment_id": f"{camera}~{at}", "camera_id": camera, "bytes": MEGABYTE, "name": name, **times})
        await analyzer.post("/api/analyzer/segments", {"segments": told})
        return [one["segment_id"] for one in told]

    return record


async def tell(analyzer, disk, camera, **more):
    told = {"total": disk.total, "free": disk.free, "floor": disk.total // 10, "cameras": [camera], **more}
    return await analyzer.put("/api/analyzer/disk", told)


def left(site, camera):
    def read(conn):
        return [one.segment_id for one in segments.between(conn, site.account, camera, 0, site.clock.now())]

    return site.services.db.read(read)


async def test_a_disk_that_fills_loses_its_oldest_recordings_until_there_is_room_again(
    site, analyzer, camera, recorded, small_disk
):
    ids = await recorded(small_disk.path)
    assert await tell(analyzer, small_disk, camera) == {"removed_bytes": 0}
    small_disk.fill(leave=0)
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        assert (await socket.receive_json())["command"] == "configure"
        assert await tell(analyzer, small_disk, camera) == {"removed_bytes": 2 * MEGABYTE}
        told = await socket.receive_json()
        assert (told["command"], told["segments"]) == ("delete", ids[:2])
        # As long as these files are there nothing more goes.
        assert await tell(analyzer, small_disk, camera) == {"removed_bytes": 0}
        gone = Recordings(small_disk.path).delete(told["segments"])
    await analyzer.post("/api/analyzer/segments", {"deleted": gone})
    assert await tell(analyzer, small_disk, camera) == {"removed_bytes": 0}
    assert await left(site, camera) == ids[2:]


async def test_another_disk_and_another_account_lose_nothing(site, analyzer, camera, recorded, small_disk):
    ids = await recorded(small_disk.path)
    full = {"total": 10**9, "free": 0, "floor": 10**8, "cameras": []}
    assert await analyzer.put("/api/analyzer/disk", full) == {"removed_bytes": 0}
    assert await analyzer.put("/api/analyzer/disk", {**full, "cameras": ["nothing", camera[:-1]]}) == {
        "removed_bytes": 0
    }
    assert await left(site, camera) == ids
    for wrong in ({}, {**full, "free": -1}, {**full, "cameras": "cam"}, {**full, "stopped": []}):
        await analyzer.put("/api/analyzer/disk", wrong, expect=422)


async def test_evidence_never_goes_and_its_disk_is_told_of_when_nothing_else_can(
    site, owner, gateway, analyzer, camera, recorded, small_disk
):
    ids = await recorded(small_disk.path)
    blob = site.services.blobs
    blob.put("evidence/x/y/z-clip.mp4", b"proof")
    small_disk.fill(leave=0)

    with pytest.MonkeyPatch.context() as patch:
        # As if somebody had placed a hold on an incident of that time.
        patch.setattr(holds, "held_spans", lambda *_: [holds.Span(camera, 0, site.clock.now() + DAY)])
        told = await tell(analyzer, small_disk, camera, stopped={camera: "the recording is stopped"})
    assert told == {"removed_bytes": 0}
    assert await left(site, camera) == ids
    assert blob.get("evidence/x/y/z-clip.mp4") == b"proof"
    place = Installation("http://x", site.services.settings.data_dir)

    def lasting(conn):
        look(conn, site.account, place, site.clock.now())
        return {one.kind: (one.subject, one.detail) for one in conditions.lasting(conn, site.account)}

    found = await site.services.db.write(lasting)
    assert found["recording_stopped"] == ("Dome", "The recording is stopped.")
    assert "end holds" in found["disk_filling"][1]
    small_disk.relieve()
    await tell(analyzer, small_disk, camera)
    assert "recording_stopped" not in await site.services.db.write(lasting)


async def test_a_camera_keeps_no_more_than_its_size_and_its_days(site, owner, analyzer, camera, recorded, small_disk):
    ids = await recorded(small_disk.path)
    await owner.call("PATCH", f"/api/cameras/{camera}", {"recording": {"gigabytes": 0.0075}})
    await site.services.room.limit(site.account)
    assert await left(site, camera) == ids[3:]
    await owner.call("PATCH", f"/api/cameras/{camera}", {"recording": {"days": 0.08}})
    await site.services.caretaker.round()
    assert len(await left(site, camera)) < 7


async def test_how_a_camera_is_recorded_is_kept_told_to_the_analyzer_and_changed_key_by_key(
    site, owner, analyzer, camera
):
    usual = {
        "mode": "continuous",
        "stream": "main",
        "pre_roll": 10,
        "post_roll": 10,
        "on_motion": True,
        "days": None,
        "event_days": None,
        "gigabytes": None,
    }
    path = f"/api/cameras/{camera}"
    assert (await owner.get(path))["recording"] == usual
    await owner.call("PATCH", path, {"recording": {"mode": "event", "pre_roll": 5}})
    changed = await owner.call("PATCH", path, {"recording": {"days": 2}, "blur_people": False})
    assert changed["recording"] == {**usual, "mode": "event", "pre_roll": 5, "days": 2}
    changed = await owner.call("PATCH", path, {"settings": {"transport": "udp"}})
    assert changed["recording"]["mode"] == "event"
    async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
        (told,) = (await socket.receive_json())["cameras"]
        assert told["settings"]["recording"]["pre_roll"] == 5
    for wrong in ({"mode": "sometimes"}, {"pre_roll": 61}, {"days": 0}, {"gigabytes": -1}, {"surprise": 1}):
        await owner.call("PATCH", path, {"recording": wrong}, expect=422)
    added = await owner.post("/api/cameras", {"name": "Off", "url": "rtsp://127.0.0.1/y", "recording": {"mode": "off"}})
    assert added["recording"]["mode"] == "off"
    old = await owner.post("/api/cameras", {"name": "Old", "url": "rtsp://127.0.0.1/z", "settings": {"record": False}})
    assert old["recording"]["mode"] == "off"
