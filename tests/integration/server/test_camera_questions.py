"""Questions about cameras go from the page over the server to a real analyzer and a simulated camera, and come back."""

import base64
import contextlib
import json

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.analyzer import AnalyzerSettings
from doorwatch.analyzer.service import Analyzer
from doorwatch.simulators.camera import CameraSimulator
from doorwatch.simulators.camera.onvif import OnvifProfile, OnvifSimulator

CLIP = "tests/clips/s09-nobody.mp4"


@pytest.fixture
async def analyzer(site, tmp_path):
    """A real analyzer of this server."""
    import asyncio

    settings = AnalyzerSettings(site.base, await site.token(TokenKind.ANALYZER), tmp_path / "analyzer")
    task = asyncio.create_task(Analyzer(settings).run())
    async with asyncio.timeout(20):
        while not site.services.analyzers.links(site.account):
            await asyncio.sleep(0.02)
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_device_tells_its_streams_through_the_analyzer(site, owner, analyzer):
    profiles = [OnvifProfile("main", "rtsp://h/main", width=1920, height=1080), OnvifProfile("sub", "rtsp://h/sub")]
    async with OnvifSimulator(profiles, user="admin", password="right") as device:
        body = {"url": device.address, "user": "admin", "password": "right"}
        told = await owner.post("/api/cameras/streams", body)
        refused = await owner.post("/api/cameras/streams", body | {"password": "wrong-secret"}, expect=422)
    assert (told["analyse"], told["main"]) == ("sub", "main")
    assert told["device"]["manufacturer"] == "Doorwatch"
    assert "refuses user and password" in refused["error"]
    assert "wrong-secret" not in json.dumps(refused)


async def test_a_stream_is_looked_at_before_it_is_added_and_after(site, owner, analyzer, request):
    clip = request.config.rootpath / CLIP
    async with CameraSimulator({"/a": clip}, user="viewer", password="see-me") as simulator:
        told = await owner.post("/api/cameras/probe", {"url": simulator.url("/a"), "seconds": 2})
        added = await owner.post("/api/cameras", {"name": "A", "url": simulator.url("/a"), "enabled": False})
        again = await owner.post("/api/cameras/probe", {"camera_id": added["camera_id"], "seconds": 2})
    assert (told["codec"], told["width"], told["height"]) == ("avc1.640016", 640, 360)
    assert base64.b64decode(told["picture"]).startswith(b"\xff\xd8\xff")
    assert again["width"] == 640
    assert "see-me" not in json.dumps([told, again])


async def test_the_network_is_searched_by_the_analyzer(site, owner, analyzer):
    assert isinstance(await owner.post("/api/cameras/discover", {"seconds": 1}), list)


async def test_without_an_analyzer_it_is_said_what_to_start(site, owner):
    for path, body in (("discover", {}), ("streams", {"url": "h"}), ("probe", {"url": "rtsp://h/1"})):
        told = await owner.post(f"/api/cameras/{path}", body, expect=409)
        assert "no analyzer is connected: start" in told["error"]


async def test_only_who_manages_may_ask(site):
    viewer = await site.user(Role.VIEW)
    for path in ("discover", "streams", "probe"):
        await viewer.post(f"/api/cameras/{path}", {"url": "rtsp://h"}, expect=403)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "name either the stream's url"),
        ({"url": "rtsp://h", "camera_id": "c"}, "name either the stream's url"),
        ({"url": "file:/etc/passwd"}, "only rtsp"),
        ({"url": "/etc/passwd"}, "only rtsp"),
        ({"url": "rtsp://h", "seconds": 500}, "seconds"),
    ],
)
async def test_what_cannot_be_probed_is_told(site, owner, body, words):
    assert words in (await owner.post("/api/cameras/probe", body, expect=422))["error"]


async def test_the_camera_of_another_account_cannot_be_probed(site, owner):
    other = await site.user(Role.OWNER, await site.other_account())
    camera = await other.post("/api/cameras", {"name": "Theirs", "url": "rtsp://u:p@h/1"})
    await owner.post("/api/cameras/probe", {"camera_id": camera["camera_id"]}, expect=404)


async def test_an_answer_nobody_waits_for_is_refused(site):
    machine = await site.machine(TokenKind.ANALYZER)
    await machine.put("/api/analyzer/answers/none", {"answer": {}}, expect=404)
    await machine.put("/api/analyzer/answers/none", [1], expect=422)
