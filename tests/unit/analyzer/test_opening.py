"""A camera that sends its reader on leads nobody where no camera may be."""

import asyncio
import contextlib
import errno
import re
import resource
import socket
import threading
from types import SimpleNamespace

import pytest

from doorwatch.analyzer import main_process
from doorwatch.analyzer.keeping import Recorded
from doorwatch.analyzer.source import open_source
from doorwatch.analyzer.trouble import CameraTrouble
from doorwatch.domain.time import SECOND, SystemClock
from doorwatch.simulators.camera import CameraSimulator
from doorwatch.simulators.camera.clip import Clip
from doorwatch.simulators.camera.rtsp import session_description


@pytest.fixture(scope="module")
def clip(resized_clip):
    return Clip.load(resized_clip(320, 180))


@contextlib.contextmanager
def sending_on(clip, target, *, at="DESCRIBE", host="127.0.0.1", status="302 Moved Temporarily"):
    """A camera that answers so to one request, with the address to go to; `said` is what it was asked."""
    said = []
    listener = socket.create_server((host, 0))

    def serve():
        while True:
            try:
                line, _ = listener.accept()
            except OSError as error:
                if error.errno == errno.EMFILE:
                    continue  # it lives in the reader's process, which opens nothing for a moment
                return
            with line, contextlib.suppress(OSError):
                talk(line)

    def talk(line):
        for request in iter(lambda: line.recv(65536).decode(), ""):
            said.append(request)
            line.sendall(answer(request))

    def answer(request):
        asked = request.startswith(at)
        body = session_description(clip, host) if request.startswith("DESCRIBE") and not asked else ""
        told = [f"RTSP/1.0 {status if asked else '200 OK'}", *re.findall(r"CSeq: \d+", request)]
        told += [f"Location: {target or camera.url}", 'WWW-Authenticate: Basic realm="x"'] if asked else []
        told += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        return "\r\n".join([*told, "", body]).encode()

    camera = SimpleNamespace(url=f"rtsp://viewer:secret@{host}:{listener.getsockname()[1]}/a", said=said)
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield camera
    finally:
        listener.close()


def recorded_only(url, transport):
    told = {"camera_id": "cam", "url": url, "stand_in": url, "recorded": Recorded("x").told(), "transport": transport}
    return main_process._opened(main_process.MainSettings.read(told))


READERS = {"counted": open_source, "recorded": recorded_only}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("at", ["OPTIONS", "DESCRIBE"])
def test_nobody_is_led_to_a_forbidden_network(clip, monkeypatch, reader, transport, at):
    monkeypatch.setenv("DOORWATCH_CAMERA_NETWORKS", "127.0.0.1/32")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_server(("127.0.0.2", 0)) as inner:
        inner.setblocking(False)
        with sending_on(clip, f"rtsp://127.0.0.2:{inner.getsockname()[1]}/x", at=at) as camera:
            for _ in range(2):
                with pytest.raises(
                    CameraTrouble, match=r"sends us on: .* leads to 127\.0\.0\.2, where cameras may not"
                ):
                    READERS[reader](camera.url, transport)
        with pytest.raises(BlockingIOError):
            inner.accept()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_a_camera_that_sends_on_whoever_asks_for_its_media_is_not_followed(clip):
    with socket.create_server(("127.0.0.2", 0)) as inner:
        inner.setblocking(False)
        target = f"rtsp://127.0.0.2:{inner.getsockname()[1]}/x"
        with sending_on(clip, target, at="SETUP") as camera, pytest.raises(CameraTrouble):
            open_source(camera.url)
        with pytest.raises(BlockingIOError):
            inner.accept()


async def test_a_camera_that_sends_on_to_another_of_its_addresses_is_followed(clip):
    epoch = SystemClock().now() - clip.duration + SECOND // 2
    async with CameraSimulator({"/b": clip}, epoch=epoch, user="viewer", password="secret") as simulator:
        with sending_on(clip, simulator.url("/b").replace("viewer:secret@", "")) as camera:
            source = await asyncio.to_thread(open_source, camera.url)
            with contextlib.closing(source):
                assert await asyncio.to_thread(lambda: next(source.packets()).key)


def test_the_password_goes_to_no_other_host(clip):
    with (
        sending_on(clip, None, at="DESCRIBE", host="127.0.0.2", status="401 Unauthorized") as other,
        sending_on(clip, other.url.replace("viewer:secret@", "")) as camera,
        pytest.raises(CameraTrouble, match=r"sends us on: rtsp://127\.0\.0\.2.* refuses user and password") as trouble,
    ):
        open_source(camera.url)
    assert not [request for request in other.said if "Authorization" in request]
    assert "secret" not in str(trouble.value)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("", "sends us on again and again"),
        ("http://127.0.0.1/x", "sends us on to what is no camera's address"),
        (
            "rtsp://127.0.0.1:port/x",
            "sends us on: rtsp://viewer:.*:port/x is no camera's address: correct host and port",
        ),
    ],
)
def test_a_camera_that_leads_nowhere_is_told(clip, target, says):
    with sending_on(clip, target) as camera, pytest.raises(CameraTrouble, match=says) as trouble:
        open_source(camera.url)
    assert trouble.value.code == 400
    assert len(camera.said) <= 8
