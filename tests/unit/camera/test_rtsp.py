"""Requests are read as viewers write them; signing in takes the right password only."""

import asyncio
import base64
import hashlib

import pytest

from doorwatch.simulators.camera.rtsp import Request, SignIn, answer, read_request


async def _read(data):
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read_request(reader)


async def test_a_request_is_read():
    request = await _read(b"DESCRIBE rtsp://h:1/lobby RTSP/1.0\r\nCSeq: 3\r\nAccept: application/sdp\r\n\r\n")
    assert (request.method, request.path) == ("DESCRIBE", "/lobby")
    assert request.headers == {"cseq": "3", "accept": "application/sdp"}


async def test_packets_between_requests_are_passed_over():
    request = await _read(b"$\x01\x00\x03abc$\x00\x00\x00OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    assert request.method == "OPTIONS"


async def test_a_body_is_read_away():
    request = await _read(b"SET_PARAMETER rtsp://h/a RTSP/1.0\r\nContent-Length: 4\r\n\r\nabcd")
    assert request.method == "SET_PARAMETER"


async def test_the_end_is_no_request():
    assert await _read(b"") is None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("rtsp://h:554/a/b", "/a/b"),
        ("RTSPS://h/a/trackID=0", "/a"),
        ("rtsp://h/a/?x=1", "/a"),
        ("rtsp://h", "/"),
        ("rtsp://u:p@h/a", "/a"),
    ],
)
def test_a_path_is_found_in_its_url(url, path):
    assert Request("SETUP", url, {}).path == path


def test_an_answer_repeats_the_number_of_its_request():
    text = answer(Request("PLAY", "rtsp://h/a", {"cseq": "8"}), 200, {"Session": "1"}, "body").decode()
    assert text == "RTSP/1.0 200 OK\r\nCSeq: 8\r\nSession: 1\r\nContent-Length: 4\r\n\r\nbody"


def _digest(sign_in, user, password, method="PLAY", uri="rtsp://h/a"):
    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    nonce = sign_in.challenge()["WWW-Authenticate"].split('nonce="')[1].split('"')[0]
    response = md5(f"{md5(f'{user}:{sign_in.realm}:{password}')}:{nonce}:{md5(f'{method}:{uri}')}")
    return f'Digest username="{user}", realm="{sign_in.realm}", nonce="{nonce}", uri="{uri}", response="{response}"'


def _asks(header, method="PLAY"):
    return Request(method, "rtsp://h/a", {"authorization": header} if header else {})


def test_digest_takes_the_right_password_only():
    sign_in = SignIn("viewer", "right")
    assert sign_in.admits(_asks(_digest(sign_in, "viewer", "right")))
    assert not sign_in.admits(_asks(_digest(sign_in, "viewer", "wrong")))
    assert not sign_in.admits(_asks(_digest(sign_in, "other", "right")))
    assert not sign_in.admits(_asks(_digest(sign_in, "viewer", "right"), method="TEARDOWN"))
    assert not sign_in.admits(_asks(None))


def test_basic_takes_the_right_password_only():
    sign_in = SignIn("viewer", "right", "basic")
    assert sign_in.admits(_asks("Basic " + base64.b64encode(b"viewer:right").decode()))
    assert not sign_in.admits(_asks("Basic " + base64.b64encode(b"viewer:wrong").decode()))
    assert sign_in.challenge() == {"WWW-Authenticate": 'Basic realm="Doorwatch camera"'}
