"""Evidence is exported as one signed file: cut, drawn upon, said what is missing, fetched, and let go."""

import asyncio
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
from happened import LENGTH, VIDEO, put, tailgating

from conftest import eventually, running
from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.blobs import BlobMissingError, DiskBlobs
from doorwatch.domain.time import SECOND, from_iso, to_iso
from doorwatch.recording.clips import cut_clip
from doorwatch.recording.fmp4 import Fragmenter, Sample, init_segment, with_lengths
from doorwatch.recording.segments import Recordings, SegmentWriter
from doorwatch.server.exporting import footage
from doorwatch.server.exporting.signing import PublicKey
from doorwatch.server.exporting.verifying import Trusted, verify
from doorwatch.store import exports
from doorwatch.vision.models import data_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory):
    """A server with an incident; detectors lie in its data folder."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "models").symlink_to(data_folder() / "models")
    async with running(folder) as site:
        owner = await site.user(Role.OWNER)
        gateway, analyzer = await site.machine(TokenKind.GATEWAY), await site.machine(TokenKind.ANALYZER)
        yield site, owner, analyzer, await tailgating(site, owner, gateway, analyzer)


async def export(owner, incident_id, **wish):
    """An export that is done, ready or failed."""
    asked = await owner.post(f"/api/incidents/{incident_id}/exports", wish)

    async def done():
        found = await owner.get(f"/api/exports/{asked['export_id']}")
        return found if found["state"] not in {"waiting", "working"} else None

    return await eventually(done, 60)


def second(happened):
    """One second of the clip: quickly made."""
    start = happened.base + 5 * SECOND
    return {"from": to_iso(start), "until": to_iso(start + SECOND)}


async def fetched(owner, done, folder):
    async with owner.http.get(done["url"]) as response:
        assert response.status == 200
        data = await response.read()
    assert hashlib.sha256(data).hexdigest() == done["sha256"]
    file = Path(folder) / "evidence.zip"
    file.write_bytes(data)
    return file, zipfile.ZipFile(io.BytesIO(data))


def told(packed):
    return json.loads(packed.read("manifest.json"))


def pictures(data):
    with av.open(io.BytesIO(data)) as video:
        return [(frame.time, frame.to_ndarray(format="bgr24")) for frame in video.decode(video=0)]


async def test_a_signed_file_holds_what_the_incident_rests_on_and_verifies(shop, tmp_path):
    _, owner, _, happened = shop
    done = await export(owner, happened.incident_id)
    assert (done["state"], done["progress"], done["message"]) == ("ready", 100, None)
    file, packed = await fetched(owner, done, tmp_path)
    assert sorted(packed.namelist()) == [
        "READ-ME.txt",
        *("access-events.csv", "access-events.json", "crossings.csv", "crossings.json", "incident.json"),
        *("manifest.json", "manifest.sig", "original/Lobby-inside.mp4", "public-key.pem", "report.html"),
        *("video/Lobby-inside.jpg", "video/Lobby-inside.mp4"),
    ]
    key = PublicKey.read((await owner.get("/api/evidence-key"))["pem"].encode())
    found = verify(file, Trusted(key))
    assert (found.wrong, found.pinned, found.missing) == ((), False, [])
    assert packed.read("original/Lobby-inside.mp4") == VIDEO.read_bytes()
    events = json.loads(packed.read("access-events.json"))
    assert [one["event_type"] for one in events] == ["AccessGranted", "DoorOpen", "DoorClose"]
    assert [one["excess"] for one in json.loads(packed.read("crossings.json"))] == [False, True]
    assert json.loads(packed.read("incident.json"))["policy"]["grant_after"] == 10
    report = packed.read("report.html").decode()
    assert "Ben Rivera" in report
    assert 'src="video/Lobby-inside.mp4"' in report


async def test_the_video_is_cut_to_the_picture_and_drawn_upon_in_step(shop, tmp_path):
    _, owner, _, happened = shop
    start, end = happened.base + 5 * SECOND, happened.base + 7 * SECOND
    times = {"from": to_iso(start), "until": to_iso(end)}
    plain = await export(owner, happened.incident_id, **times, overlay=False)
    drawn = await export(owner, happened.incident_id, **times)
    (_, one), (_, other) = await fetched(owner, plain, tmp_path), await fetched(owner, drawn, tmp_path)
    (video,) = told(one)["video"]
    assert abs(from_iso(video["from"]) - start) < 0.08 * SECOND
    assert abs(from_iso(video["until"]) - end) <= 0.16 * SECOND
    bare, painted = (pictures(zipped.read("video/Lobby-inside.mp4")) for zipped in (one, other))
    assert len(bare) == len(painted) == video["pictures"]
    assert bare[0][1].shape == (360, 640, 3)
    assert painted[0][1].shape[0] > 360  # words stand below the picture
    early, late = (
        np.abs(bare[at][1].astype(int) - painted[at][1][:360].astype(int)).mean() for at in (2, len(bare) - 2)
    )
    assert late > 2 * early  # tiles are painted as people step on them


@pytest.mark.parametrize("blurs_since", [False, True], ids=["a camera as it was", "a camera that blurs since then"])
async def test_people_are_hidden_and_the_recording_is_left_out(shop, tmp_path, blurs_since):
    _, owner, _, happened = shop
    await owner.call("PATCH", f"/api/cameras/{happened.camera_id}", {"blur_people": blurs_since})
    times = {"from": to_iso(happened.base + 5 * SECOND), "until": to_iso(happened.base + 6 * SECOND)}
    done = await export(owner, happened.incident_id, **times, blur=True, overlay=False)
    _, packed = await fetched(owner, done, tmp_path)
    assert not [name for name in packed.namelist() if name.startswith("original/")]
    assert any("whom it did not find is not hidden" in what for what in told(packed)["video"][0]["done_to_it"])
    blurred = pictures(packed.read("video/Lobby-inside.mp4"))
    with av.open(str(VIDEO)) as clip:
        originals = [frame.to_ndarray(format="bgr24") for frame in clip.decode(video=0) if 5.0 <= frame.time <= 6.0]
    changed = np.abs(blurred[6][1].astype(int) - originals[6].astype(int)).max(axis=2) > 60
    assert 0.002 < changed.mean() < 0.5  # somebody, and not everything
    await owner.call("PATCH", f"/api/cameras/{happened.camera_id}", {"blur_people": False})


async def test_what_was_asked_for_and_is_not_there_is_said_in_the_manifest(shop, tmp_path):
    _, owner, _, happened = shop
    times = {"from": to_iso(happened.base - 20 * SECOND), "until": to_iso(happened.base + SECOND)}
    done = await export(owner, happened.incident_id, **times)
    assert "no pictures from" in done["message"]
    _, packed = await fetched(owner, done, tmp_path)
    assert told(packed)["missing"] == done["message"].split("\n")
    assert "What is missing" in packed.read("report.html").decode()


@pytest.fixture(scope="module")
def hevc_recording(hevc_clip, tmp_path_factory):
    """Writes the clip of an HEVC camera, from a time on, as an analyzer records it; its recordings."""

    def write(camera_id, base):
        root = tmp_path_factory.mktemp("recordings")
        writer, cut = SegmentWriter(root, camera_id), Fragmenter()
        with av.open(str(hevc_clip)) as video:
            track = video.streams.video[0]
            writer.begin(init_segment(track), base)
            extra = bytes(track.codec_context.extradata)
            for packet in [one for one in video.demux(track) if one.size]:
                times = [base + round(float(at * packet.time_base) * SECOND) for at in (packet.dts, packet.pts)]
                piece = cut.add(Sample(with_lengths(bytes(packet), extra), *times, packet.is_keyframe))
                if piece is not None:
                    writer.add(piece)
        writer.add(cut.finish())
        writer.finish()
        return Recordings(root)

    return write


async def test_what_the_clip_does_not_show_is_cut_from_the_recording_of_an_hevc_camera_piece_by_piece(
    shop, hevc_recording, tmp_path, monkeypatch
):
    monkeypatch.setattr(footage, "_PIECE", SECOND)
    _, owner, analyzer, happened = shop
    until = happened.base + LENGTH + 5 * SECOND
    recordings = hevc_recording(happened.camera_id, until - 6 * SECOND)
    asked = []
    async with analyzer.http.ws_connect("/api/analyzer/stream") as stream:
        times = {"from": to_iso(until - 3 * SECOND), "until": to_iso(until)}
        export_id = (await owner.post(f"/api/incidents/{happened.incident_id}/exports", times))["export_id"]
        while len(asked) < 3:
            if (command := await stream.receive_json())["command"] != "cut":
                continue
            asked.append((command["from"], command["until"]))
            one = cut_clip(recordings, happened.camera_id, *map(from_iso, asked[-1]))
            headers = {"X-Start": to_iso(one.start), "X-Duration-Us": str(one.duration), "Content-Type": "video/mp4"}
            await put(analyzer, f"/api/analyzer/cuts/{command['request_id']}", one.data, headers)

        async def ready():
            found = await owner.get(f"/api/exports/{export_id}")
            return found if found["state"] == "ready" else None

        done = await eventually(ready, 60)
    assert (asked[0][0], asked[-1][1]) == (times["from"], times["until"])
    assert done["message"] is None
    file, packed = await fetched(owner, done, tmp_path)
    assert verify(file, Trusted(None)).wrong == ()
    (video,) = told(packed)["video"]
    assert video["origin"] == "cut from the recording"
    assert from_iso(video["until"]) >= until - SECOND // 5
    assert video["pictures"] == len(pictures(packed.read(video["file"]))) == pytest.approx(3 * 12.5, abs=2)
    with av.open(io.BytesIO(packed.read(video["original"]))) as original:
        assert original.streams.video[0].codec_context.name == "hevc"
        captured = [frame.time for frame in original.decode(video=0)]
    assert captured == sorted(set(captured))
    assert 3 <= captured[-1] - captured[0] + 0.2 < 5  # from the key picture before


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"from": "yesterday"}, "expected a time"),
        ({"from": "2026-01-01T00:00:10Z", "until": "2026-01-01T00:00:00Z"}, "exchange them"),
        ({"from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}, "at most 10 minutes"),
        ({"from": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:01:00Z"}, "nothing to do with"),
        ({"overlay": "perhaps"}, "overlay"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused_with_a_sentence(shop, wish, says):
    _, owner, _, happened = shop
    answer = await owner.post(f"/api/incidents/{happened.incident_id}/exports", wish, expect=422)
    assert says in json.dumps(answer)


async def test_exports_are_in_the_audit_trail_and_their_files_can_be_deleted(shop, tmp_path):
    _, owner, _, happened = shop
    done = await export(owner, happened.incident_id, **second(happened))
    await fetched(owner, done, tmp_path)
    gone = await owner.call("DELETE", f"/api/exports/{done['export_id']}")
    assert (gone["state"], gone["url"]) == ("gone", None)
    assert "ask for another" in json.dumps(await owner.get(done_url(done), expect=404))
    trail = (await owner.get("/api/audit?limit=50"))["entries"]
    acts = [one["act"] for one in trail if one["detail"].get("export_id") == done["export_id"]]
    assert acts == ["evidence.drop", "evidence.fetch", "evidence.export"]


async def test_an_export_of_somebody_who_is_erased_is_fetched_by_nobody_and_its_file_goes(shop):
    site, owner, _, happened = shop
    done = await export(owner, happened.incident_id, **second(happened))
    await site.services.db.write(lambda conn: exports.withdraw(conn, site.account, done["export_id"]))
    assert (await owner.get(f"/api/exports/{done['export_id']}"))["url"] is None
    await owner.get(done_url(done), expect=404)
    blob = (await site.services.db.read(lambda conn: exports.get(conn, site.account, done["export_id"]))).blob
    await site.services.exports.forget(site.account)
    with pytest.raises(BlobMissingError):
        site.services.blobs.open(blob)


def done_url(done):
    return f"/api/exports/{done['export_id']}/evidence.zip"


async def test_an_export_whose_server_was_killed_is_made_by_the_next(shop):
    site, owner, _, happened = shop
    asked = await owner.post(f"/api/incidents/{happened.incident_id}/exports", second(happened))

    async def ready():
        found = await owner.get(f"/api/exports/{asked['export_id']}")
        return found if found["state"] == "ready" else None

    await eventually(ready, 60)
    long_ago = site.clock.now() - 3600 * SECOND

    def as_left(conn):
        conn.execute(
            exports.exports.update()
            .where(exports.exports.c.export_id == asked["export_id"])
            .values(state="working", touched_at=long_ago, blob=None)
        )

    await site.services.db.write(as_left)
    site.services.exports.wake()
    await eventually(ready, 60)


async def test_a_full_disk_is_told_and_leaves_no_half_export_and_all_evidence(shop, small_disk, monkeypatch):
    site, owner, _, happened = shop
    blobs = site.services.blobs
    before = {name: blobs.get(name) for name in blobs.names("evidence/")}
    room = DiskBlobs(small_disk.path)
    for name, data in before.items():
        room.put(name, data)
    small_disk.fill(leave=4096)
    # All that the export writes for good goes to the full disk, and what it reads comes from there.
    for method in ("put", "get", "names", "delete", "size"):
        monkeypatch.setattr(blobs, method, getattr(room, method))
    done = await export(owner, happened.incident_id, **second(happened))
    assert done["state"] == "failed"
    assert "No space left on device" in done["message"]
    assert done["url"] is None
    assert [path for path in (small_disk.path / "exports").rglob("*") if path.is_file()] == []
    assert {name: room.get(name) for name in room.names("evidence/")} == before
    small_disk.relieve()
    assert (await export(owner, happened.incident_id, **second(happened)))["state"] == "ready"


async def test_old_exports_lose_their_files_by_themselves(shop):
    site, owner, _, happened = shop
    done = await export(owner, happened.incident_id, **second(happened))
    long_ago = site.clock.now() - 8 * 24 * 3600 * SECOND

    def age(conn):
        mine = exports.exports.c.export_id == done["export_id"]
        conn.execute(exports.exports.update().where(mine).values(touched_at=long_ago))

    await site.services.db.write(age)
    await site.services.exports.forget(site.account)
    assert (await owner.get(f"/api/exports/{done['export_id']}"))["state"] == "gone"
    assert site.services.blobs.names("exports/") == [
        name for name in site.services.blobs.names("exports/") if done["export_id"] not in name
    ]


def command(*arguments):
    doorwatch = Path(sys.executable).with_name("doorwatch")
    return subprocess.run([doorwatch, "verify", *arguments], capture_output=True, text=True, timeout=60, check=False)


async def test_the_command_tells_what_was_altered_and_ends_with_one(shop, tmp_path):
    _, owner, _, happened = shop
    file, packed = await fetched(owner, await export(owner, happened.incident_id, **second(happened)), tmp_path)
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as out:
        for name in packed.namelist():
            data = packed.read(name)
            out.writestr(name, data.replace(b"Ben Rivera", b"Eve Rivera") if name == "access-events.json" else data)
    good, bad = await asyncio.to_thread(command, file), await asyncio.to_thread(command, forged, "--json")
    assert (good.returncode, bad.returncode) == (0, 1)
    assert "key that lies in the bundle itself" in good.stdout
    assert json.loads(bad.stdout)["altered"] == ["access-events.json was altered"]
