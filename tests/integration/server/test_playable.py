"""A clip that every browser plays is made of HEVC video on request: with progress, kept for a day, noted, refused where it must be."""

import asyncio
import html
import io
import json
import re

import av
import pytest
import pytest_asyncio
from happened import LENGTH, put, tailgating

from conftest import eventually, running
from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.domain.time import DAY, SECOND, to_iso
from doorwatch.server.exporting.playable import FOLDER, Standing, Wanted
from doorwatch.store import evidence, segments
from doorwatch.store.segments import Segment

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory, hevc_clip):
    """A server with an incident of an HEVC camera, whose analyzer cuts what it is asked for; what it was asked."""
    async with running(tmp_path_factory.mktemp("shop")) as site:
        owner = await site.user(Role.OWNER)
        gateway, analyzer = await site.machine(TokenKind.GATEWAY), await site.machine(TokenKind.ANALYZER)
        happened = await tailgating(site, owner, gateway, analyzer)
        headers = {"X-Camera-Id": happened.camera_id, "X-Start": to_iso(happened.base), "X-Revision": "9999"}
        path = f"/api/analyzer/evidence/{happened.incident_id}/clip.mp4"
        await put(analyzer, path, hevc_clip.read_bytes(), {**headers, "X-Duration-Us": str(LENGTH)})
        asked, answers = [], {}

        async def cut(socket):
            while True:
                told = await socket.receive_json()
                if told["command"] == "cut":
                    asked.append(told)
                    data, more = answers["cut"]
                    await put(analyzer, f"/api/analyzer/cuts/{told['request_id']}", data, more)

        async with analyzer.http.ws_connect("/api/analyzer/stream") as socket:
            task = asyncio.create_task(cut(socket))
            answers["cut"] = (
                hevc_clip.read_bytes(),
                {"X-Start": to_iso(happened.base), "X-Duration-Us": str(LENGTH), "Content-Type": "video/mp4"},
            )
            yield site, owner, happened, asked, answers
            task.cancel()


async def made(owner, path, **asked):
    """A clip as it stands at the end, and the share of it that was told meanwhile."""

    async def done():
        found = await owner.get(path, **asked)
        told.append(found["progress"])
        return found if found["state"] in {"ready", "failed"} else None

    told = []
    return await eventually(done, 60), told


def times(happened, seconds=2, lasts=3):
    start = happened.base + seconds * SECOND
    return {"from_us": start, "until_us": start + lasts * SECOND}


async def pictures(owner, url):
    async with owner.http.get(url) as response:
        assert (response.status, response.content_type) == (200, "video/mp4")
        data = await response.read()
    with av.open(io.BytesIO(data)) as video:
        stream = video.streams.video[0]
        return stream.codec_context.name, [frame.time for frame in video.decode(video=0)]


async def test_a_piece_of_a_recording_becomes_a_clip_in_vp9_cut_to_the_picture(shop):
    _, owner, happened, asked, _ = shop
    path, wanted = f"/api/cameras/{happened.camera_id}/playable", times(happened)
    assert (await owner.get(path, params=wanted))["state"] == "none"
    async with owner.http.get(f"{path}.mp4", params=wanted) as response:
        assert response.status == 404
    assert (await owner.post(path, wanted))["state"] in {"waiting", "working"}
    done, _ = await made(owner, path, params=wanted)
    assert (done["state"], done["progress"], done["message"]) == ("ready", 100, None)
    assert wanted["from_us"] <= done["start_us"] < wanted["from_us"] + SECOND // 10
    assert abs(done["until_us"] - wanted["until_us"]) < SECOND // 5
    codec, shown = await pictures(owner, done["url"])
    assert codec in {"vp9", "libvpx-vp9"}
    assert abs(len(shown) - 3 * 12.5) <= 1
    # Asked for again it is there, and the analyzer is left alone.
    assert (await owner.post(path, wanted))["state"] == "ready"
    assert len(asked) == 1
    (noted,) = (await owner.get("/api/audit", params={"act": "video.playable"}))["entries"]
    assert (noted["subject"], noted["detail"]["from"]) == (happened.camera_id, to_iso(wanted["from_us"]))


async def test_a_part_of_it_can_be_asked_for_as_players_do(shop):
    _, owner, happened, _, _ = shop
    path = f"/api/cameras/{happened.camera_id}/playable"
    await owner.post(path, times(happened))
    done, _ = await made(owner, path, params=times(happened))
    async with owner.http.get(done["url"], headers={"Range": "bytes=0-9"}) as response:
        assert (response.status, len(await response.read())) == (206, 10)


async def test_the_clip_of_an_incident_is_made_playable_and_says_how_far_it_is(shop):
    _, owner, happened, asked, _ = shop
    path, before = f"/api/incidents/{happened.incident_id}/playable", len(asked)
    await owner.post(path)
    done, told = await made(owner, path)
    assert done["state"] == "ready"
    assert told == sorted(told)
    assert done["start_us"] == happened.base
    _, shown = await pictures(owner, done["url"])
    assert len(shown) > 150
    assert len(asked) == before  # the kept clip is enough


async def test_a_shared_incident_of_an_hevc_camera_has_a_clip_for_browsers_that_play_none(shop):
    site, owner, happened, _, _ = shop
    link = await owner.post(f"/api/incidents/{happened.incident_id}/share", {})
    path, nobody = "/share/" + link["url"].rpartition("/share/")[2], site.caller()
    page = await nobody.get(path)
    first, second = re.findall(r'<source src="([^"]+)" type="([^"]+)">', page)
    assert first[0] == f"{path}/clip.mp4"
    assert html.unescape(first[1]).startswith('video/mp4; codecs="hvc1.')
    assert second == (f"{path}/playable.mp4", "video/mp4")
    # Whoever asks waits until it is made.
    codec, shown = await pictures(nobody, f"{path}/playable.mp4")
    assert codec in {"vp9", "libvpx-vp9"}
    assert len(shown) > 150
    async with nobody.http.get(f"{path}/playable.mp4", headers={"Range": "bytes=0-9"}) as response:
        assert (response.status, len(await response.read())) == (206, 10)
    await owner.call("DELETE", f"/api/incidents/{happened.incident_id}/mail-links/{link['link_id']}")
    async with nobody.http.get(f"{path}/playable.mp4") as response:
        assert response.status == 404


async def test_what_cannot_be_made_says_why_and_is_tried_again(shop):
    _, owner, happened, _, answers = shop
    path, wanted = f"/api/cameras/{happened.camera_id}/playable", times(happened, 6)
    good = answers["cut"]
    answers["cut"] = b"nothing is recorded of that time", {"Content-Type": "text/plain"}
    await owner.post(path, wanted)
    done, _ = await made(owner, path, params=wanted)
    assert done["state"] == "failed"
    assert "nothing is recorded of that time" in done["message"]
    answers["cut"] = b"\x00\x00\x00\x18ftypdamaged", good[1]
    await owner.post(path, wanted)
    done, _ = await made(owner, path, params=wanted)
    assert done["state"] == "failed"
    assert "damaged" in done["message"]
    answers["cut"] = good
    await owner.post(path, wanted)
    assert (await made(owner, path, params=wanted))[0]["state"] == "ready"


async def test_a_wish_that_makes_no_sense_is_refused_with_a_sentence(shop):
    _, owner, happened, _, _ = shop
    path, start = f"/api/cameras/{happened.camera_id}/playable", happened.base
    backwards = {"from_us": start, "until_us": start - 1}
    assert (await owner.post(path, backwards, expect=422))["field"] == "until_us"
    told = await owner.post(path, {"from_us": start, "until_us": start + 600 * SECOND}, expect=422)
    assert "at most 2 minutes" in told["error"]
    await owner.post("/api/cameras/nothing/playable", times(happened), expect=404)
    await owner.post("/api/incidents/nothing/playable", expect=404)


async def test_a_camera_that_keeps_only_blurred_evidence_gives_none(shop):
    _, owner, happened, _, _ = shop
    await owner.call("PATCH", f"/api/cameras/{happened.camera_id}", {"blur_people": True})
    told = await owner.post(f"/api/cameras/{happened.camera_id}/playable", times(happened, 8), expect=404)
    assert "only blurred evidence" in told["error"]
    await owner.call("PATCH", f"/api/cameras/{happened.camera_id}", {"blur_people": False})


async def test_clips_of_another_account_are_nobodys_business(shop):
    site, owner, happened, _, _ = shop
    path = f"/api/cameras/{happened.camera_id}/playable"
    await owner.post(path, times(happened))
    await made(owner, path, params=times(happened))
    stranger = await site.user(Role.OWNER, await site.other_account())
    await stranger.get(path, params=times(happened), expect=404)
    async with stranger.http.get(f"{path}.mp4", params=times(happened)) as response:
        assert response.status == 404


async def test_clips_go_after_a_day_and_so_does_what_was_left_half_made(shop):
    site, owner, happened, _, _ = shop
    path = f"/api/cameras/{happened.camera_id}/playable"
    await owner.post(path, times(happened))
    await made(owner, path, params=times(happened))
    blobs, desk = site.services.blobs, site.services.playable
    old = Wanted(site.account, f"cameras/{happened.camera_id}", 5, 6)
    half = Wanted(site.account, f"cameras/{happened.camera_id}", 6, 7)
    blobs.put(old.name, b"old")
    blobs.put(old.note, json.dumps({"start": 5, "end": 6, "made_at": site.clock.now() - DAY - 1}).encode())
    blobs.put(half.name, b"half")
    assert (await desk.standing(half)) == Standing("none")
    await desk.forget(site.account)
    left = blobs.names(f"{FOLDER}/{site.account}/cameras/{happened.camera_id}/")
    start = times(happened)["from_us"]
    assert any(str(start) in name for name in left)
    assert not [name for name in left if "/5-6" in name or "/6-7" in name]


async def test_a_clip_goes_with_the_first_piece_of_the_recording_that_goes(shop):
    site, owner, happened, _, _ = shop
    path, wanted = f"/api/cameras/{happened.camera_id}/playable", times(happened, 4)
    pieces = [
        Segment(
            f"s{n}", happened.camera_id, happened.base + n * 5 * SECOND, happened.base + (n + 1) * 5 * SECOND, 9, f"{n}"
        )
        for n in range(3)
    ]
    await site.services.db.write(lambda conn: segments.store_segments(conn, site.account, pieces))
    await owner.post(path, wanted)
    assert (await made(owner, path, params=wanted))[0]["state"] == "ready"
    for gone, left in (("s2", "ready"), ("s0", "none")):
        await site.services.db.write(lambda conn, gone=gone: segments.forget_row(conn, site.account, gone))
        await site.services.playable.forget(site.account)
        assert (await owner.get(path, params=wanted))["state"] == left


async def test_the_clip_of_an_incident_goes_with_the_clip_that_is_kept_of_it(shop):
    site, _, happened, _, _ = shop
    desk, blobs, now = site.services.playable, site.services.blobs, site.clock.now()
    clips = [Wanted(site.account, f"incidents/{one}", 1, 2) for one in (f"{happened.incident_id}/7", "gone/7")]
    for clip in clips:
        blobs.put(clip.note, json.dumps({"start": 1, "end": 2, "made_at": now, "segments": []}).encode())
        blobs.put(clip.name, b"clip")
    kept = await made_of_incident(site, happened)
    await desk.forget(site.account)
    assert [(await desk.standing(clip)).state for clip in (*clips, kept)] == ["none", "none", "ready"]


async def made_of_incident(site, happened):
    """A clip of what is kept with the incident now."""
    found = await site.services.db.read(
        lambda conn: evidence.of_incidents(conn, site.account, [happened.incident_id])[happened.incident_id]["clip.mp4"]
    )
    clip = Wanted(site.account, f"incidents/{happened.incident_id}/{found.stored_at}", 1, 2)
    note = {"start": 1, "end": 2, "made_at": site.clock.now(), "segments": []}
    site.services.blobs.put(clip.note, json.dumps(note).encode())
    site.services.blobs.put(clip.name, b"clip")
    return clip
