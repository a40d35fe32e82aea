"""A camera's host is looked up once, looked at, and reached at that address."""

import socket

import pytest

from doorwatch.analyzer.onvif import OnvifError, ask_streams
from doorwatch.analyzer.reaching import pinned
from doorwatch.analyzer.source import open_source
from doorwatch.analyzer.trouble import CameraTrouble
from doorwatch.domain.reach import Reach, networks


@pytest.fixture
def names(monkeypatch):
    """What names lead to, one answer after the other."""
    answers = {}

    def look(host, port, *_, **__):
        found = answers.get(host, host)
        address = found.pop(0) if isinstance(found, list) else found
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return answers


def test_the_name_of_a_camera_becomes_the_address_that_was_looked_at(names):
    names["cam.example.com"] = ["10.1.1.1", "169.254.169.254"]
    url = "rtsp://viewer:se%2Fcret@cam.example.com:8554/stream?channel=1"
    assert pinned(url, Reach()) == "rtsp://viewer:se%2Fcret@10.1.1.1:8554/stream?channel=1"
    with pytest.raises(CameraTrouble, match=r"leads to 169\.254\.169\.254"):
        pinned(url, Reach())


def test_addresses_of_version_6_keep_their_brackets(names):
    assert pinned("rtsp://[fd12::7]:554/a", Reach()) == "rtsp://[fd12::7]:554/a"
    names["cam"] = "fd12::7"
    assert pinned("rtsp://cam/a", Reach()) == "rtsp://[fd12::7]/a"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://127.0.0.1/a",
        "rtsp://localhost/a",
        "rtsp://2130706433/a",
        "rtsp://0x7f.1/a",
        "rtsp://127.1/a",
        "rtsp://[::ffff:127.0.0.1]/a",
        "rtsp://169.254.169.254/latest/meta-data",
        "rtsp://0/a",
        "rtsp://user@10.0.0.1@127.0.0.1/a",
    ],
)
def test_every_spelling_of_this_machine_is_refused(url):
    with pytest.raises(CameraTrouble, match="where cameras may not be"):
        pinned(url, Reach())


@pytest.mark.parametrize("url", ["rtsp:///a", "rtsp://", "rtsp://cam:port/a", "rtsp://[::1/a"])
def test_what_names_no_host_is_told(url):
    with pytest.raises(CameraTrouble):
        pinned(url, Reach())


def test_no_stream_is_opened_where_no_camera_may_be(monkeypatch):
    monkeypatch.setenv("DOORWATCH_CAMERA_NETWORKS", "")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        with pytest.raises(CameraTrouble, match="DOORWATCH_CAMERA_NETWORKS"):
            open_source(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/a")
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_no_device_is_asked_where_no_camera_may_be(monkeypatch, host):
    monkeypatch.setenv("DOORWATCH_CAMERA_NETWORKS", "")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        with pytest.raises(OnvifError, match="DOORWATCH_CAMERA_NETWORKS"):
            await ask_streams(f"http://{host}:{listener.getsockname()[1]}/onvif/device_service")
        with pytest.raises(TimeoutError):
            listener.accept()


def test_what_is_named_may_be_reached(names):
    assert pinned("rtsp://127.0.0.1/a", Reach(networks("127.0.0.1/32"))) == "rtsp://127.0.0.1/a"


@pytest.mark.parametrize(
    ("host", "said"),
    [("no-such-camera.invalid", "Name or service not known|Temporary failure"), ("a" * 70 + ".invalid", "label")],
)
def test_a_name_that_nobody_knows_is_named_with_the_resolvers_word_and_the_cure(host, said):
    with pytest.raises(
        CameraTrouble, match=rf"the name {host} is not known here \(.*({said}).*\): correct it"
    ) as raised:
        pinned(f"rtsp://viewer:secret@{host}/a")
    assert raised.value.code == 408
    assert "secret" not in str(raised.value)
