"""The reader that only copies: pictures out of packets, signing in, and what is left to FFmpeg."""

import asyncio
import contextlib
import hashlib
import itertools
import re
import socket
import struct
import threading
from types import SimpleNamespace

import pytest

from doorwatch.analyzer import main_process
from doorwatch.analyzer.keeping import Recorded
from doorwatch.analyzer.rtsp import CopySource, UnlikeError, copying
from doorwatch.analyzer.rtsp.offered import video_of
from doorwatch.analyzer.rtsp.signing import SignIn
from doorwatch.analyzer.rtsp.units import H264Units, HevcUnits, Pictures
from doorwatch.analyzer.trouble import CameraTrouble
from doorwatch.domain.time import SECOND, SystemClock
from doorwatch.simulators.camera import CameraSimulator
from doorwatch.simulators.camera.clip import Clip
from doorwatch.simulators.camera.rtp import Packetiser
from doorwatch.simulators.camera.rtsp import session_description

NOW = 1_790_000_000 * SECOND


@pytest.fixture(scope="module")
def plain(resized_clip):
    """A clip without pictures that refer to later ones, as most cameras send."""
    return Clip.load(resized_clip(320, 180))


@pytest.fixture(scope="module")
def plain_hevc(hevc_clip):
    return Clip.load(hevc_clip)


@pytest.fixture
def swapped(request):
    """A clip whose pictures are sent in another order than they are shown in."""
    return Clip.load(request.path.parents[2] / "clips" / "s02-tailgating.mp4")


def packets_of(clip, count, *, base=NOW, source=None):
    source = source or Packetiser(clip.codec, 7, 65_000, 5)
    for one in clip.pictures[:count]:
        units = (*clip.parameters, *one.units) if one.key else one.units
        yield from source.picture(units, base + one.pts)


def as_recorded(clip, one):
    units = (*clip.parameters, *one.units) if one.key else one.units
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


# pictures out of packets


@pytest.mark.parametrize("name", ["plain", "plain_hevc"])
def test_pictures_are_what_the_camera_cut_into_packets(request, name):
    clip = request.getfixturevalue(name)
    pictures = Pictures(H264Units() if clip.codec == "h264" else HevcUnits(), 96)
    found = [one for packet in packets_of(clip, 60) for one in pictures.add(packet)]
    sent = [(*clip.parameters, *one.units) if one.key else one.units for one in clip.pictures[:60]]
    assert [tuple(one.units) for one in found] == sent
    assert [one.key for one in found] == [one.key for one in clip.pictures[:60]]
    assert {tuple(one.parameters) for one in found if one.key} == {clip.parameters}


def test_a_picture_of_which_a_packet_is_missing_is_left_out_and_its_neighbours_are_not(plain):
    sent = list(packets_of(plain, 12))
    pictures = Pictures(H264Units(), 96)
    # The second packet of the first picture, which has several.
    found = [one for packet in (sent[0], *sent[2:]) for one in pictures.add(packet)]
    assert [one.stamp for one in found] == sorted({struct.unpack(">I", one[4:8])[0] for one in sent})[1:]


def test_a_picture_whose_last_packet_is_missing_is_left_out(plain):
    sent = list(packets_of(plain, 12))
    last = next(n for n, one in enumerate(sent) if one[1] & 0x80)
    pictures = Pictures(H264Units(), 96)
    found = [one for packet in (*sent[:last], *sent[last + 1 :]) for one in pictures.add(packet)]
    assert sent[last][4:8] not in {one.stamp.to_bytes(4, "big") for one in found}
    assert len(found) == 10  # the one after it is not known to be whole, either


def test_pictures_without_a_mark_at_their_end_end_where_the_next_begins(plain):
    pictures = Pictures(H264Units(), 96)
    unmarked = (packet[:1] + bytes((packet[1] & 0x7F,)) + packet[2:] for packet in packets_of(plain, 12))
    assert len([one for packet in unmarked for one in pictures.add(packet)]) == 11


def packet(payload, *, number=1, stamp=1, flags=0x80, before=b"", after=b""):
    return struct.pack(">BBHII", flags, 0x80 | 96, number, stamp, 7) + before + payload + after


@pytest.mark.parametrize(
    "sent",
    [
        packet(b"\x41abc", flags=0xA0, after=b"\0\0\3"),
        packet(b"\x41abc", flags=0x90, before=b"\xbe\xde\0\1abcd"),
        packet(b"\x41abc", flags=0x82, before=b"sourcetwo"[:8]),
    ],
    ids=["padding", "extension", "contributing sources"],
)
def test_what_stands_around_a_payload_is_no_part_of_it(sent):
    assert [one.units for one in Pictures(H264Units(), 96).add(sent)] == [[b"\x41abc"]]


def test_several_units_may_come_in_one_packet():
    (one,) = Pictures(H264Units(), 96).add(packet(b"\x18\0\3\x67ab\0\2\x68c\0\2\x65d"))
    assert (one.units, one.key, one.parameters) == ([b"\x67ab", b"\x68c", b"\x65d"], True, [b"\x67ab", b"\x68c"])
    (two,) = Pictures(HevcUnits(), 96).add(packet(b"\x60\1\0\3\x42\1a\0\3\x26\1b"))
    assert (two.units, two.key, two.parameters) == ([b"\x42\1a", b"\x26\1b"], True, [b"\x42\1a"])


@pytest.mark.parametrize("payload", [b"", b"\x41", b"\x18\0\x09\x67ab", b"\x1d\x85abc", b"\x1c\x45abc"])
def test_what_cannot_be_understood_makes_no_picture(payload):
    pictures = Pictures(H264Units(), 96)
    assert pictures.add(packet(payload)) == []
    assert [one.units for one in pictures.add(packet(b"\x41good", number=2, stamp=2))] == [[b"\x41good"]]


def test_packets_of_something_else_are_passed_over():
    pictures = Pictures(H264Units(), 97)
    assert pictures.add(packet(b"\x41abc")) == []
    assert pictures.add(b"short") == []


# what a camera offers


def test_the_first_video_stream_of_a_description_is_taken(plain, plain_hevc):
    for clip in (plain, plain_hevc):
        told = session_description(clip, "127.0.0.1")
        sound = "m=audio 0 RTP/AVP 0\r\na=control:trackID=9\r\n"
        found = video_of(told.replace("m=video", f"{sound}m=video"))
        assert (found.codec, found.rate, found.payload, found.control) == (clip.codec, 90_000, 96, "trackID=0")
        assert set(found.parameters) == set(clip.parameters)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("H264/90000", "MP4V-ES/90000"),
        ("RTP/AVP", "RTP/SAVP"),
        ("packetization-mode=1", "packetization-mode=2"),
        ("m=video", "m=audio"),
        ("rtpmap:96", "rtpmap:97"),
        ("H264/90000", "H264/0"),
    ],
)
def test_what_is_sent_otherwise_is_not_taken(plain, old, new):
    assert video_of(session_description(plain, "127.0.0.1").replace(old, new)) is None


# signing in


def test_digests_are_those_of_the_standard(monkeypatch):
    # The example of RFC 7616, 3.9.1.
    monkeypatch.setattr("secrets.token_hex", lambda _: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    asked = (
        'realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    for offers, response in (
        ([f"Digest {asked.format('MD5')}"], "8ca523f5e9506fed4657c9700eebdbec"),
        (
            [f"Digest {asked.format('MD5')}", f"Digest {asked.format('SHA-256')}"],
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ):
        sign_in = SignIn("Mufasa", "Circle of Life")
        assert sign_in.header("GET", "/dir/index.html") is None
        assert sign_in.challenged(offers)
        assert f'response="{response}"' in sign_in.header("GET", "/dir/index.html")


def test_without_a_kind_of_protection_the_digest_is_that_of_the_older_standard():
    sign_in = SignIn("viewer", "right")
    assert sign_in.challenged(['Basic realm="x"', 'Digest realm="Cam, one", nonce="abc"'])

    def hashed(text):
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    expected = hashed(f"{hashed('viewer:Cam, one:right')}:abc:{hashed('PLAY:rtsp://x/a')}")
    assert f'response="{expected}"' in sign_in.header("PLAY", "rtsp://x/a")
    assert "qop" not in sign_in.header("PLAY", "rtsp://x/a")


def test_a_refused_answer_is_not_given_again_but_a_nonce_that_grew_old_is():
    sign_in = SignIn("viewer", "wrong")
    assert sign_in.challenged(['Digest realm="x", nonce="1"'])
    assert not sign_in.challenged(['Digest realm="x", nonce="2"'])
    assert sign_in.challenged(['Digest realm="x", nonce="3", stale=TRUE'])
    assert not SignIn("", "").challenged(['Digest realm="x", nonce="1"'])
    assert not SignIn("viewer", "right").challenged(["Negotiate", 'Digest realm="x", nonce="1", algorithm=SHA-512'])


# cameras


@contextlib.contextmanager
def scripted(clip, sent, *, refusing="nothing"):
    """A camera that answers all but one request, and sends so many bytes in one go when it is to play.

    `said` is what it was asked.
    """
    said = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                line, _ = listener.accept()
                with line:
                    answer(line)

    def answer(line):
        for request in iter(lambda: line.recv(65536).decode("utf-8", "replace"), ""):
            said.append(request)
            described = request.startswith("DESCRIBE")
            body = session_description(clip, "127.0.0.1") if described else ""
            first = "RTSP/1.0 " + ("461 Unsupported Transport" if request.startswith(refusing) else "200 OK")
            told = [f"CSeq: {n}" for n in re.findall(r"CSeq: (\d+)", request)[:1]]
            told += ["Session: 12;timeout=4", "Transport: RTP/AVP/TCP;unicast;interleaved=2-3"]
            told += ["Content-Type: application/sdp"] if described else []
            head = "\r\n".join([first, *told, f"Content-Length: {len(body)}"])
            line.sendall(f"{head}\r\n\r\n{body}".encode())
            if request.startswith("PLAY"):
                line.sendall(sent)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield SimpleNamespace(url=f"rtsp://127.0.0.1:{listener.getsockname()[1]}/a", said=said)
    finally:
        listener.close()


def framed(packets, channel=2):
    return b"".join(b"$" + bytes((channel,)) + len(one).to_bytes(2, "big") + one for one in packets)


def copied(url, count=None):
    with contextlib.closing(CopySource(url)) as source:
        return list(itertools.islice(source.packets(), count))


def copied_until_trouble(url):
    found = []
    with contextlib.closing(CopySource(url)) as source, pytest.raises(CameraTrouble) as trouble:
        found.extend(source.packets())
    return found, trouble.value


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A camera that says nothing for half a second is given up; what came in one go is not waited for."""
    monkeypatch.setattr(copying, "READ_TIMEOUT", 0.5)
    monkeypatch.setattr(copying, "MOST_PENDING", 2)


@pytest.mark.parametrize("name", ["plain", "plain_hevc", "swapped"])
async def test_every_picture_of_a_camera_comes_as_it_is_recorded_with_its_capture_time(request, name, monkeypatch):
    monkeypatch.setattr(copying, "READ_TIMEOUT", 4.0)
    clip = request.getfixturevalue(name)
    epoch = SystemClock().now() - clip.duration + SECOND // 2
    async with CameraSimulator({"/a": clip}, epoch=epoch, user="viewer", password="p:1%") as simulator:
        found = await asyncio.to_thread(copied, simulator.url("/a").replace("p:1%", "p%3A1%25"), 16)
    begun = epoch + clip.duration
    assert [one.data for one in found] == [as_recorded(clip, one) for one in clip.pictures[:16]]
    assert max(abs(one.pts - begun - sent.pts) for one, sent in zip(found, clip.pictures, strict=False)) < 1000
    assert all(one.arrived > one.pts for one in found)
    decoded = [one.dts for one in found]
    assert decoded == sorted(set(decoded))
    assert all(one.dts <= one.pts for one in found)


def test_answers_between_packets_are_passed_over_and_the_camera_is_told_that_somebody_listens(plain, monkeypatch):
    monkeypatch.setattr(copying, "_ANSWER_EVERY", 0.0)
    pieces = list(packets_of(plain, 8))
    between = b"RTSP/1.0 200 OK\r\nCSeq: 9\r\nContent-Length: 3\r\n\r\n$$$"
    sent = framed(pieces[:3]) + between + framed(pieces[3:4]) + framed([b"sound"], 8) + framed(pieces[4:])
    with scripted(plain, sent) as camera:
        found, _ = copied_until_trouble(camera.url)
        assert [one.data for one in found] == [as_recorded(plain, one) for one in plain.pictures[:8]]
        told = "".join(camera.said)
    assert [line.split()[0] for line in told.split("\r\n") if "RTSP/1.0" in line][:4] == [
        "OPTIONS",
        "DESCRIBE",
        "SETUP",
        "PLAY",
    ]
    assert f"SETUP {camera.url}/trackID=0 RTSP/1.0" in told
    assert "$\x03\0" in told  # a report on the channel beside that of the pictures


def test_a_picture_that_changes_its_size_ends_the_stream_and_parameters_that_only_come_again_do_not(
    plain, resized_clip
):
    other = Clip.load(resized_clip(160, 90))
    source = Packetiser("h264", 7, 1, 5)
    small = packets_of(other, 4, base=NOW + plain.duration, source=source)
    with scripted(plain, framed([*packets_of(plain, 60, source=source), *small])) as camera:
        found, trouble = copied_until_trouble(camera.url)
    assert len(found) == 60
    assert "changed the form of its pictures: it is opened again" in str(trouble)
    assert not isinstance(trouble, UnlikeError)


def test_a_camera_that_falls_silent_is_told(plain):
    with scripted(plain, framed(packets_of(plain, 4))) as camera:
        found, trouble = copied_until_trouble(camera.url)
    assert len(found) == 4
    assert "sends nothing: check the camera's power and network" in str(trouble)


@pytest.mark.parametrize(
    "spoilt",
    [b"\0\0\0\0\0", b"\r\n\r\n\r\n", b"RTSP/1.0 200 OK\r\nX: " + b"x" * (2 << 20)],
    ids=["nulls", "blank lines", "no end"],
)
def test_what_stands_between_packets_without_a_meaning_is_left_to_ffmpeg(plain, spoilt):
    pieces = list(packets_of(plain, 12))
    with scripted(plain, framed(pieces[:-1]) + spoilt + framed(pieces[-1:])) as camera, pytest.raises(UnlikeError):
        copied(camera.url)


def settings_of(url, **more):
    told = {"camera_id": "cam", "url": url, "stand_in": url, "recorded": Recorded("x").told(), **more}
    return main_process.MainSettings.read(told)


def opened(settings):
    with contextlib.closing(main_process._opened(settings)) as source:
        return type(source)


async def test_what_this_reader_does_not_know_is_left_to_ffmpeg_from_then_on(plain, monkeypatch):
    monkeypatch.setattr(copying, "READ_TIMEOUT", 4.0)
    epoch = SystemClock().now() - plain.duration + SECOND // 2
    async with CameraSimulator({"/a": plain}, epoch=epoch) as simulator:
        usual = settings_of(simulator.url("/a"))
        assert await asyncio.to_thread(opened, usual) is CopySource
        assert not usual.unlike
    with scripted(plain, b"", refusing="SETUP") as camera:
        datagrams_only = settings_of(camera.url)
        with pytest.raises(CameraTrouble, match="set the transport to the other of tcp and udp"):
            await asyncio.to_thread(opened, datagrams_only)
        assert datagrams_only.unlike
        assert sum("SETUP" in request for request in camera.said) == 2


def test_an_order_that_the_camera_did_not_say_is_left_to_ffmpeg():
    plain, swapped = copying.Decoding(0), copying.Decoding(2)
    shown = [0, 160, 80, 40, 120, 320, 240, 200, 280]
    assert [swapped.of(at) for at in shown] == [-2, -1, 0, 40, 80, 120, 160, 200, 240]
    assert [plain.of(at) for at in (0, 40, 80)] == [0, 40, 80]
    with pytest.raises(UnlikeError, match="another order"):
        plain.of(60)


@pytest.mark.parametrize(
    ("path", "password", "code", "says"),
    [("/a", "wrong", 401, "refuses user and password"), ("/b", "right", 404, "is not a stream of this camera")],
)
@pytest.mark.parametrize("scheme", ["digest", "basic"])
async def test_what_is_wrong_is_said_once_and_without_the_password(plain, path, password, code, says, scheme):
    async with CameraSimulator({"/a": plain}, user="viewer", password="right", scheme=scheme) as simulator:
        url = simulator.url(path).replace(":right@", f":{password}@")
        with pytest.raises(CameraTrouble, match=says) as trouble:
            await asyncio.to_thread(main_process._opened, settings_of(url))
    assert trouble.value.code == code
    assert password not in str(trouble.value)


def test_a_camera_that_is_not_there_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CameraTrouble, match=r"cannot be reached \(Connection refused\): check the port"):
        CopySource(f"rtsp://127.0.0.1:{port}/a")
