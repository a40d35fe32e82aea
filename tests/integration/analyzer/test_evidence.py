"""Evidence is made of what was recorded, for the newest revision, and delivered when the server is there again."""

import asyncio
import contextlib
from pathlib import Path

import aiohttp
import cv2
import numpy as np
import pytest

from doorwatch.analyzer.evidence import Evidence, StillWanted, Wanted
from doorwatch.analyzer.settings import AnalyzerSettings
from doorwatch.analyzer.uploads import Uploads
from doorwatch.domain.scene import scene_from_mapping
from doorwatch.domain.time import SECOND, SystemClock, to_iso


def _recorded(folder):
    return list((folder / "recordings").rglob("*.mp4"))


@pytest.fixture
async def desk(server, tmp_path, clips, scene_of, record_clip):
    """Evidence around a recording that ended a minute ago."""
    base = SystemClock().now() - 60 * SECOND
    settings = AnalyzerSettings(server_url=server.url, token="analyzer-token", data_dir=tmp_path)
    record_clip(settings.recordings, clips / "s02-tailgating.mp4", base)
    shape = {key: value for key, value in scene_of("s02-tailgating").items() if key != "door_id"}
    scene = scene_from_mapping({**shape, "door": "door-1"})
    headers = {"Authorization": f"Bearer {settings.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        uploads = Uploads(session, settings, True, SystemClock())
        made = Evidence(settings, uploads, lambda _camera, _door: scene, lambda _camera: None, SystemClock())
        task = asyncio.create_task(made.run())

        def want(revision=1, start=2.0, end=7.0, incident="i", camera="cam"):
            made.want(
                Wanted.read(
                    {
                        "incident_id": incident,
                        "revision": revision,
                        "camera_id": camera,
                        "from": to_iso(base + round(start * SECOND)),
                        "until": to_iso(base + round(end * SECOND)),
                        "picture_at": to_iso(base + 6 * SECOND),
                        "tiles": [],
                        "door_id": "door-1",
                    }
                )
            )

        yield made, want, base
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_picture_and_a_clip_are_delivered(desk, server):
    _, want, _ = desk
    want()
    await server.until(lambda: len(server.evidence) == 2)
    assert server.evidence["i", "clip.mp4"][0]["X-Duration-Us"] == "5040000"


async def _given_up(made):
    """Until nothing is being made any more."""
    async with asyncio.timeout(20):
        await asyncio.gather(*(task for _, task in made._tasks.values()), return_exceptions=True)


async def test_the_newest_revision_wins(desk, server):
    made, want, _ = desk
    want(1)
    want(2, end=9.0)
    want(1)
    await server.until(lambda: server.evidence.get(("i", "clip.mp4")))
    await _given_up(made)
    assert {headers["X-Revision"] for headers, _ in server.evidence.values()} == {"2"}


async def test_the_same_evidence_is_made_again_when_it_is_asked_for_again(desk, server):
    made, want, _ = desk
    want()
    await server.until(lambda: len(server.evidence) == 2)
    server.evidence.clear()
    await _given_up(made)
    want()
    await server.until(lambda: len(server.evidence) == 2)


async def test_evidence_waits_for_a_server_that_is_away(desk, server):
    _, want, _ = desk
    server.broken = True
    want()
    await server.until(lambda: server.refusals >= 2)
    assert not server.evidence
    server.broken = False
    await server.until(lambda: len(server.evidence) == 2)


async def test_a_worker_that_is_killed_is_replaced_and_the_evidence_made(desk, server):
    made, want, _ = desk
    async with asyncio.timeout(20):
        while made.pid is None:
            await asyncio.sleep(0.05)
    made._worker.kill()
    want()
    await server.until(lambda: len(server.evidence) == 2, 30)


async def test_what_was_never_recorded_holds_up_nobody(desk, server):
    _, want, _ = desk
    want(incident="lost", camera="other")
    want(incident="found")
    await server.until(lambda: len(server.evidence) == 2)
    assert {incident for incident, _ in server.evidence} == {"found"}


async def test_a_damaged_recording_holds_up_nobody(desk, server, tmp_path, record_clip):
    made, want, base = desk
    (path,) = _recorded(tmp_path)
    path.write_bytes(b"\0" * 1000)
    want(incident="damaged")
    await _given_up(made)
    assert not server.evidence
    path.unlink()
    clips = Path(__file__).parents[2] / "clips"
    record_clip(tmp_path / "recordings", clips / "s02-tailgating.mp4", base)
    want(incident="whole")
    await server.until(lambda: len(server.evidence) == 2)


async def test_a_small_picture_of_an_access_event_is_delivered_under_its_moment(desk, server):
    evidence, _, base = desk
    told = {"moment_id": "event:pacs/1:e 1", "camera_id": "cam", "at": to_iso(base + 6 * SECOND), "widest": 320}
    evidence.want_still(StillWanted.read(told))
    # One that was never recorded is given up, and harms nobody.
    evidence.want_still(StillWanted.read({**told, "moment_id": "event:pacs/1:e2", "camera_id": "elsewhere"}))
    await server.until(lambda: server.stills)
    picture = cv2.imdecode(np.frombuffer(server.stills["event:pacs/1:e 1"], np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (180, 320, 3)
    assert len(server.stills["event:pacs/1:e 1"]) < 30_000


@pytest.mark.parametrize("told", [{}, {"moment_id": "m", "camera_id": "c", "at": "yesterday"}])
def test_a_wish_for_a_picture_that_cannot_be_read_is_refused(told):
    with pytest.raises((KeyError, ValueError)):
        StillWanted.read(told)
