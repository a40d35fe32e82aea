"""Where one request ends and the next begins is never in doubt: what a proxy could read otherwise is refused, and the connection ends."""

import asyncio

import pytest

BEHIND = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HEAD = b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Doorwatch: 1\r\n"


async def answers(site, sent):
    """How often and with which states the server answers what is sent in one piece, until it closes the connection."""
    host, _, port = site.base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    try:
        async with asyncio.timeout(60):
            heard = await reader.read()
    finally:
        writer.close()
    return [int(part[1:4]) for part in heard.split(b"HTTP/1.1")[1:]]


@pytest.mark.parametrize(
    "doubtful",
    [
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 44\r\n\r\n{}",
        b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Length: 2, 44\r\n\r\n{}",
        b"Content-Length: +2\r\n\r\n{}",
        b"Content-Length: -2\r\n\r\n{}",
        b"Content-Length: 0x2\r\n\r\n{}",
        b"Content-Length : 2\r\n\r\n{}",
        b"Content-Length: 2\nX: y\r\n\r\n{}",
        b"Content-Length: 99999999999999999999999\r\n\r\n{}",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2;\r\n{}\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
    ],
)
async def test_a_request_whose_end_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_read(site, doubtful):
    found = await answers(site, HEAD + doubtful + BEHIND)
    assert len(found) <= 1, "what stood behind it was taken for a request"
    assert all(400 <= state < 500 for state in found)


async def test_requests_whose_ends_are_clear_are_answered_one_by_one(site):
    clear = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    last = BEHIND.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert await answers(site, HEAD + clear + BEHIND + last) == [422, 200, 200]
