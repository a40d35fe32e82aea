"""ONVIF as cameras speak it: found in the network, asked for streams, and refused in every way that happens."""

import asyncio
import contextlib
import hashlib
import re
import time

import pytest
from aiohttp import ClientSession, web

from doorwatch.analyzer.onvif import OnvifError, ask_streams, discover
from doorwatch.domain.time import SECOND
from doorwatch.simulators.camera.onvif import OnvifProfile, OnvifSimulator

MAIN = OnvifProfile("main", "rtsp://10.0.0.9/main", "H264", 1920, 1080, 25, 50)
SUB = OnvifProfile("sub", "rtsp://10.0.0.9/sub?x=1&y=2", "H264", 640, 360, 12)
TINY = OnvifProfile("tiny", "rtsp://10.0.0.9/tiny", "H264", 320, 180, 12)
HEVC = OnvifProfile("hevc", "rtsp://10.0.0.9/hevc", "H265", 3840, 2160, 15)
PICTURES = OnvifProfile("pictures", "rtsp://10.0.0.9/jpeg", "JPEG", 800, 600, 5)
SOUND = OnvifProfile("sound", "rtsp://10.0.0.9/sound", None)


async def test_the_streams_of_a_device_are_told_with_the_one_to_analyse():
    profiles = (MAIN, SUB, TINY, HEVC, PICTURES, SOUND)
    async with OnvifSimulator(profiles, user="admin", password="p<&>") as device:
        found = await ask_streams(f"127.0.0.1:{device.port}", "admin", "p<&>")
    assert found.device.manufacturer == "Doorwatch"
    assert [one.token for one in found.profiles] == ["main", "sub", "tiny", "hevc", "pictures"]
    assert (found.analyse, found.main) == ("sub", "hevc")
    sub = found.profile("sub")
    assert (sub.codec, sub.width, sub.height, sub.fps, sub.key_every) == ("H264", 640, 360, 12, 25)
    assert sub.url == "rtsp://10.0.0.9/sub?x=1&y=2"
    assert found.problems == ("profile pictures sends JPEG, which cannot be analysed: set it to H.264 or HEVC",)
    assert found.as_mapping()["profiles"][4]["usable"] is False


async def test_a_device_without_the_newer_media_service_is_asked_the_older_one():
    async with OnvifSimulator((MAIN, SUB, HEVC, SOUND), newer=False) as device:
        found = await ask_streams(device.address)
    assert [one.token for one in found.profiles] == ["main", "sub"]
    assert found.profile("main").key_every == 50
    assert "tr2:GetProfiles" not in device.asked


async def test_an_old_device_that_does_not_know_its_services_tells_its_capabilities():
    async with OnvifSimulator((SUB,), modern=False, newer=False) as device:
        found = await ask_streams(device.address)
    assert found.analyse == "sub"


async def test_of_streams_that_are_all_small_the_largest_is_analysed():
    async with OnvifSimulator((TINY, OnvifProfile("less", "rtsp://h/l", width=160, height=90))) as device:
        assert (await ask_streams(device.address)).analyse == "tiny"


@pytest.mark.parametrize("hours", [-30, 2])
async def test_a_device_whose_clock_is_hours_off_is_signed_in_to_by_its_own_clock(hours):
    ahead = hours * 3600 * SECOND
    asked = time.monotonic()
    async with OnvifSimulator((SUB,), user="admin", password="right", clock_ahead=ahead) as device:
        found = await ask_streams(device.address, "admin", "right")
    # To the second that devices tell, and no better than the way there and back took.
    assert found.device.clock_ahead == pytest.approx(hours * 3600, abs=1.1 + time.monotonic() - asked)
    assert any("set up NTP" in problem for problem in found.problems)


async def test_a_device_that_hides_its_wrong_clock_is_said_to_need_a_right_one():
    ahead = 3600 * SECOND
    async with OnvifSimulator((SUB,), user="a", password="right", clock_ahead=ahead, tells_time=False) as device:
        with pytest.raises(OnvifError, match="does not tell its clock, so set that right as well"):
            await ask_streams(device.address, "a", "right")


@pytest.mark.parametrize(
    ("user", "password", "words"),
    [
        ("admin", "wrong-secret", "refuses user and password: many cameras keep ONVIF users apart"),
        ("nobody", "right", "refuses user and password"),
        (None, "", "asks for user and password: give those of an ONVIF user"),
    ],
)
async def test_a_refusal_is_one_sentence_without_the_password(user, password, words):
    async with OnvifSimulator((SUB,), user="admin", password="right") as device:
        with pytest.raises(OnvifError, match=words) as refused:
            await ask_streams(device.address, user, password)
    assert "wrong-secret" not in str(refused.value)


@pytest.mark.parametrize("profiles", [(), (SOUND,)])
async def test_a_device_without_video_is_told(profiles):
    async with OnvifSimulator(profiles) as device:
        with pytest.raises(OnvifError, match="has no media profile with video"):
            await ask_streams(device.address)


async def test_a_profile_without_an_address_is_told_and_never_chosen():
    async with OnvifSimulator((OnvifProfile("mute", ""), TINY)) as device:
        found = await ask_streams(device.address)
    assert found.analyse == "tiny"
    assert "profile mute has no RTSP address: switch RTSP on" in found.problems


async def test_a_device_that_answers_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr("doorwatch.analyzer.onvif.soap.REQUEST_SECONDS", 0.3)
    async with OnvifSimulator((SUB,)) as device:
        device.silent = True
        with pytest.raises(OnvifError, match="does not answer in time"):
            await ask_streams(device.address)


async def test_a_device_that_is_slow_everywhere_is_given_up_as_a_whole(monkeypatch):
    monkeypatch.setattr("doorwatch.analyzer.onvif.device.ALL_SECONDS", 0.3)
    async with OnvifSimulator((SUB,)) as device:
        device.silent = True
        with pytest.raises(OnvifError, match="restart the camera"):
            await ask_streams(device.address)


async def test_nobody_there_is_told(unused_port):
    with pytest.raises(OnvifError, match="cannot be reached"):
        await ask_streams(f"http://127.0.0.1:{unused_port}/onvif/device_service")


@pytest.mark.parametrize("url", ["", "rtsp://camera/1", "http://", "http://[", "http://a:99999999/", "a b c"])
async def test_what_is_no_address_is_told(url):
    with pytest.raises(OnvifError, match=r"is no address|cannot be reached"):
        await ask_streams(url)


@contextlib.asynccontextmanager
async def _answering(answer):
    """A web server that gives the same answer to everything."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


_BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b"<html>not here", "does not speak ONVIF there .HTTP status 404."),
        (200, b"<html/>", "does not speak ONVIF there"),
        (200, b"", "does not speak ONVIF there"),
        (200, _BOMB, "answers with what no camera sends"),
        (200, b"<a>" + b"x" * (2 << 20) + b"</a>", "answers with what no camera sends"),
        (302, b"", "does not speak ONVIF there"),
    ],
)
async def test_what_is_no_onvif_device_is_told(status, body, words):
    async def answer(_request):
        return web.Response(status=status, body=body, headers={"Location": "http://127.0.0.1:1/"})

    async with _answering(answer) as url:
        with pytest.raises(OnvifError, match=words):
            await ask_streams(url)


async def test_the_password_only_goes_to_the_host_that_was_named():
    asked = []

    async def stranger(request):
        asked.append(request.path)
        return web.Response(status=500)

    async with _answering(stranger) as elsewhere, OnvifSimulator((SUB,), user="a", password="b") as device:
        device._inner = lambda _name: f"{elsewhere}/onvif/media_service"
        assert (await ask_streams(device.address, "a", "b")).analyse == "sub"
    assert asked == []


async def test_a_device_that_wants_http_digest_gets_it():
    heads = []

    async def guarded(request):
        """A device whose web server asks for digest (RFC 7616) before its ONVIF service is asked anything."""
        body = await request.read()
        head = request.headers.get("Authorization", "")
        heads.append(head)
        if b"GetSystemDateAndTime" not in body and not _digests(head, "POST", "viewer", "secret"):
            asks = {"WWW-Authenticate": 'Digest realm="cam", nonce="abc", qop="auth"'}
            return web.Response(status=401, headers=asks)
        async with (
            ClientSession() as session,
            session.post(f"http://127.0.0.1:{device.port}{request.path}", data=body) as told,
        ):
            return web.Response(status=told.status, body=await told.read())

    async with OnvifSimulator((SUB,)) as device, _answering(guarded) as url:
        assert (await ask_streams(url, "viewer", "secret")).analyse == "sub"
        with pytest.raises(OnvifError, match="refuses user and password"):
            await ask_streams(url, "viewer", "wrong")
    assert not any("secret" in head for head in heads)


def _digests(head, method, user, password):
    """Whether a head of `Authorization` proves that its sender knows the password."""
    told = dict(re.findall(r'(\w+)="?([^",]+)"?', head))
    if told.get("username") != user:
        return False
    known, asked = _md5(f"{user}:{told['realm']}:{password}"), _md5(f"{method}:{told['uri']}")
    return told["response"] == _md5(f"{known}:abc:{told['nc']}:{told['cnonce']}:auth:{asked}")


def _md5(words):
    return hashlib.md5(words.encode()).hexdigest()


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


# discovery


async def test_a_camera_is_found_by_its_answer():
    async with OnvifSimulator((SUB,)) as device:
        await device.listen()
        (found,) = await discover(0.6, [device.ear])
    assert (found.address, found.name, found.hardware) == (device.address, "Simulated camera", "Doorwatch")


async def test_two_cameras_are_found_once_each_though_asked_twice():
    async with OnvifSimulator((SUB,)) as one, OnvifSimulator((SUB,), port=0) as two:
        two._endpoint = "urn:uuid:two"
        await one.listen()
        await two.listen()
        found = await discover(0.6, [one.ear, two.ear])
    assert [camera.address for camera in found] == sorted([one.address, two.address])


async def test_an_empty_network_has_no_cameras():
    async with OnvifSimulator((SUB,)) as device:
        await device.listen()
        silent = device.ear
    assert await discover(0.1, [silent]) == []


async def test_another_client_understands_the_simulated_device():
    """The simulator and the client were written together; an independent client proves that they speak ONVIF."""
    onvif = pytest.importorskip("onvif")
    async with OnvifSimulator((MAIN, SUB), user="admin", password="secret") as device:
        camera = onvif.ONVIFCamera("127.0.0.1", device.port, "admin", "secret")
        try:
            await camera.update_xaddrs()
            media = await camera.create_media_service()
            profiles = await media.GetProfiles()
            setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            told = await media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profiles[1].token})
            made_by = (await (await camera.create_devicemgmt_service()).GetDeviceInformation()).Manufacturer
        finally:
            await camera.close()
    assert [one.token for one in profiles] == ["main", "sub"]
    assert told.Uri == "rtsp://10.0.0.9/sub?x=1&y=2"
    assert made_by == "Doorwatch"


# The publishing library's IPv6 thread gives up where there is no IPv6; what it publishes over IPv4 is what counts here.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_device_published_by_another_library_is_found_in_the_real_network():
    from doorwatch.analyzer.onvif.discovery import own_addresses

    addresses = own_addresses()
    if not addresses:
        pytest.skip(
            "NOT PERMITTED HERE: the network cannot be searched, this machine has no address but the loopback's"
        )
    from wsdiscovery import QName, Scope
    from wsdiscovery.publishing import ThreadedWSPublishing

    published = ThreadedWSPublishing()
    await asyncio.to_thread(published.start)
    try:
        await asyncio.to_thread(
            lambda: published.publishService(
                types=[QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")],
                scopes=[Scope("onvif://www.onvif.org/name/Lobby%20east")],
                xAddrs=[f"http://{addresses[0]}:8899/onvif/device_service"],
            )
        )
        found = await discover(2.0)
    finally:
        await asyncio.to_thread(published.stop)
    ours = [one for one in found if one.address.endswith(":8899/onvif/device_service")]
    assert [one.name for one in ours] == ["Lobby east"]
    assert re.match(r"urn:uuid:", ours[0].endpoint)
