"""Of a camera with blurred people nothing leaves the analyzer, and nothing stays on its disk, that shows somebody."""

import asyncio
import contextlib
import gzip
import io
import json
import os

import aiohttp
import av
import cv2
import numpy as np
import pytest

from doorwatch.analyzer.detectors import Detectors
from doorwatch.analyzer.evidence import Evidence, Wanted
from doorwatch.analyzer.privacy import KEPT, PeopleSeen, sweep
from doorwatch.analyzer.settings import AnalyzerSettings, read_configuration
from doorwatch.analyzer.uploads import Uploads
from doorwatch.domain.time import DAY, SECOND, SystemClock, to_iso
from doorwatch.recording.clips import picture_at
from doorwatch.recording.segments import Recordings

CLIP = "s02-tailgating"


class Desk:
    """Evidence of a camera with blurred people, around a recording that ended a minute ago."""

    def __init__(self, settings, base, clips):
        self.settings, self.base, self.clips = settings, base, clips
        self.people = PeopleSeen()
        self.evidence = None

    def search(self, since=0.0, until=100.0):
        """Tell where people were from and until so many seconds into the clip."""
        told = json.loads(gzip.decompress((self.clips / "boxes" / f"{CLIP}.json.gz").read_bytes()))["frames"]
        for at, _, boxes in told:
            if since * SECOND <= at <= until * SECOND:
                self.people.add(self.base + at, (640, 360), boxes)

    def want(self):
        told = {
            "incident_id": "i",
            "revision": 1,
            "camera_id": "cam",
            "from": to_iso(self.base + 5 * SECOND),
            "until": to_iso(self.base + 8 * SECOND),
            "picture_at": to_iso(self.base + round(6.5 * SECOND)),
        }
        self.evidence.want(Wanted.read(told))

    def real(self):
        """The recorded picture as the camera sent it."""
        return picture_at(Recordings(self.settings.passing), "cam", self.base + round(6.5 * SECOND)).image


@pytest.fixture
async def desk(server, tmp_path, clips, record_clip):
    settings = AnalyzerSettings(server_url=server.url, token="analyzer-token", data_dir=tmp_path)
    made = Desk(settings, SystemClock().now() - 60 * SECOND, clips)
    record_clip(settings.passing, clips / f"{CLIP}.mp4", made.base)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {settings.token}"}) as session:
        uploads = Uploads(session, settings, True, SystemClock())
        made.evidence = Evidence(
            settings, uploads, lambda *_: None, lambda _: None, SystemClock(), people_of=lambda _: made.people
        )
        task = asyncio.create_task(made.evidence.run())
        yield made
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _image(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def _colours(image):
    """How many different shades a strip of the picture has; squares have few, whatever JPEG adds to them."""
    return len(np.unique(image.reshape(-1, 3) // 16, axis=0))


async def test_the_picture_and_the_clip_of_an_incident_show_nobody(desk, server):
    desk.search()
    desk.want()
    await server.until(lambda: len(server.evidence) == 2)
    picture, real = _image(server.evidence["i", "picture.jpg"][1]), desk.real()
    people, wall = np.s_[70:260, 230:400], np.s_[:200, 500:]
    assert np.abs(picture[wall].astype(int) - real[wall]).mean() < 3, "what is nobody stays as it was"
    assert np.abs(picture[people].astype(int) - real[people]).mean() > 8
    with av.open(io.BytesIO(server.evidence["i", "clip.mp4"][1])) as clip:
        assert clip.streams.video[0].codec_context.name == "vp9", "encoded anew: no picture is the camera's own"


async def test_evidence_of_a_time_that_nobody_searched_is_blurred_whole(desk, server):
    desk.want()
    await server.until(lambda: len(server.evidence) == 2)
    picture, real = _image(server.evidence["i", "picture.jpg"][1]), desk.real()
    assert _colours(picture) < 0.5 * _colours(real)
    assert np.abs(picture[:200, 500:].astype(int) - real[:200, 500:]).mean() > 3


async def test_a_snapshot_waits_for_the_search_and_is_blurred(desk):
    whole = cv2.imencode(".jpg", desk.real())[1].tobytes()
    at = desk.base + round(6.5 * SECOND)
    asked = asyncio.create_task(desk.evidence.snapshot("cam", whole, at))
    await asyncio.sleep(0)
    desk.search()
    shown = _image(await asked)
    assert np.abs(shown[:200, 500:].astype(int) - _image(whole)[:200, 500:]).mean() < 4
    assert np.abs(shown[70:260, 230:400].astype(int) - _image(whole)[70:260, 230:400]).mean() > 8


async def test_a_snapshot_that_cannot_be_read_is_not_passed_on(desk):
    assert await desk.evidence.snapshot("cam", b"no picture", desk.base) is None


async def test_the_snapshot_of_any_other_camera_is_passed_on_as_it_is(desk):
    desk.people = None
    assert await desk.evidence.snapshot("cam", b"as it is", desk.base) == b"as it is"


async def test_an_analyzer_keeps_no_raw_video_of_such_a_camera(bench, server, clips, scene_of):
    one = bench.camera(str(clips / f"{CLIP}.mp4"), [scene_of(CLIP)], blur_people=True)
    server.configuration = {"command": "configure", "revision": 1, "cameras": [one]}
    async with bench.analyzing():
        await server.until(lambda: len(server.crossings) >= 2)
        await server.command(command="snapshot", camera_id="cam-1")
        await server.until(lambda: server.snapshots)
        await server.until(lambda: list((bench.data_dir / "passing").glob("cam-1/*/*.mp4")))
    assert not server.segments
    assert not list((bench.data_dir / "recordings").rglob("*.mp4"))


@pytest.mark.parametrize("blur", [True, False])
async def test_at_a_far_door_the_whole_picture_is_searched_for_people_only_where_they_must_be_hidden(
    bench, server, clips, scene_of, monkeypatch, blur
):
    asked = []
    detect = Detectors.detect
    monkeypatch.setattr(
        Detectors,
        "detect",
        lambda self, camera, frame, *rest: (asked.append(frame["view"]), detect(self, camera, frame, *rest))[1],
    )
    far = {key: scene_of(CLIP)[key] for key in ("door", "door_id", "size") if key in scene_of(CLIP)}
    far |= {"threshold": [[320, 190], [350, 190]], "inside": [335, 240]}
    one = bench.camera(str(clips / f"{CLIP}.mp4"), [far], blur_people=blur)
    server.configuration = {"command": "configure", "revision": 1, "cameras": [one]}
    async with bench.analyzing():
        await server.until(lambda: len(asked) >= 3)
    assert (asked[0][:4] == (0, 0, 640, 360)) is blur
    assert asked[0].tall == pytest.approx(30), "people are looked for as finely either way"


def test_raw_video_is_deleted_when_its_time_is_over(tmp_path):
    clock = SystemClock()
    old, young, left = (tmp_path / "cam" / name for name in ("20260101/a.mp4", "20260102/b.part", "20260103/c.part"))
    for path in (old, young, left):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"video")
    long_ago = (clock.now() - KEPT) / SECOND - 1
    for path in (old, left):
        os.utime(path, (long_ago, long_ago))
    assert sweep(tmp_path, clock) == 2
    assert [path.name for path in tmp_path.rglob("*.*")] == ["b.part"]
    assert not old.parent.exists()
    os.utime(young, (long_ago, long_ago))
    assert sweep(tmp_path, clock) == 1
    assert not (tmp_path / "cam").exists()
    assert sweep(tmp_path / "nowhere", clock) == 0


def test_where_people_were_is_forgotten_with_the_video():
    seen = PeopleSeen()
    seen.add(0, (100, 50), [[10, 5, 20, 25, 0.9]])
    assert seen.between(0, 0).around(0) == [(0.1, 0.1, 0.2, 0.5)]
    seen.add(KEPT + 60 * SECOND, (100, 50), [])
    assert seen.between(0, 0).around(0) is None


def test_where_people_were_is_not_remembered_for_as_long_as_a_clock_was_set_back_by():
    seen = PeopleSeen()
    seen.add(DAY, (100, 50), [[10, 5, 20, 25, 0.9]])
    for second in range((KEPT + 60 * SECOND) // SECOND):
        seen.add(second * SECOND, (100, 50), [])
    assert len(seen.between(0, DAY).told()) <= KEPT // SECOND + 31


@pytest.mark.parametrize(("value", "blurred"), [(True, True), (False, False), ("no", True), (1, True), (None, True)])
def test_only_a_plain_no_leaves_people_to_be_seen(value, blurred):
    one = {"camera_id": "c", "settings": {"blur_people": value}}
    assert read_configuration({"cameras": [one]}).cameras[0].blur_people is blurred
    assert read_configuration({"cameras": [{"camera_id": "c"}]}).cameras[0].blur_people is False
