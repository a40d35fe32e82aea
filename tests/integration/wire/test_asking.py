"""Whole answers: however they are cut, framed, kept or broken off."""

import asyncio

import pytest

from doorwatch.wire import ClosedEarlyError, NoAnswerError, NotHttpError, TooLargeError, WireError

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: a\r\nx-one: b\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2;note=x\r\nhe\r\n1\r\nl\r\n2\r\nlo\r\n0\r\nX-Trailer: ignored\r\n\r\n"
)
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"
INTERIM = b"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" + PLAIN


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED, UNTIL_THE_END, INTERIM], ids=["length", "chunks", "end", "interim"])
async def test_an_answer_is_whole_wherever_it_was_cut(serve, client, answer):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        cut = len(peer.heads)
        writer.write(answer[:cut])
        await asyncio.sleep(0.0005)
        writer.write(answer[cut:])
        if answer is UNTIL_THE_END:
            writer.close()
        else:
            await reader.read()

    peer = await serve(talk)
    for _ in range(1, len(answer)):
        got = await client.ask("GET", peer.url)
        assert (got.status, got.body) == (200, b"hello")
        assert "x-interim" not in got.headers
        assert "x-trailer" not in got.headers
        await client.close()
        client._closed = False


async def test_an_answer_may_drip_byte_by_byte(serve, client):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        for byte in CHUNKED:
            writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        await reader.read()

    got = await client.ask("GET", (await serve(talk)).url)
    assert got.body == b"hello"


async def test_headers_are_told_in_lower_case_and_repeated_ones_are_joined(serve, client):
    got = await client.ask("GET", (await serve(PLAIN)).url)
    assert got.headers == {"content-length": "5", "x-one": "a, b"}


async def test_a_request_is_written_as_it_was_meant(serve, make_client):
    peer = await serve(PLAIN)
    client = make_client(headers={"Accept": "text/json"})
    await client.ask("POST", f"{peer.url}a/b?q=Entity=x,y", {"X-More": "1"}, b"{}")
    await client.ask("GET", peer.url)
    await client.ask("POST", peer.url)
    host = f"Host: 127.0.0.1:{peer.port}\r\n".encode()
    assert peer.heads == [
        b"POST /a/b?q=Entity=x,y HTTP/1.1\r\n" + host + b"Accept: text/json\r\nX-More: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + host + b"Accept: text/json\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + host + b"Accept: text/json\r\nContent-Length: 0\r\n\r\n",
    ]


@pytest.mark.parametrize("headers", [{"Authorization": "se\r\ncret"}, {"Authorization": "s\u00e9cret"}])
async def test_what_http_cannot_carry_is_refused_without_telling_it(serve, client, headers):
    peer = await serve(PLAIN)
    with pytest.raises(WireError, match="Authorization: it holds characters") as caught:
        await client.ask("GET", peer.url, headers)
    assert "cret" not in str(caught.value)
    assert peer.connections == 0


@pytest.mark.parametrize("url", ["ftp://host/", "nothing", "http://", "http://host:port/", "http://[::1/"])
async def test_what_is_no_address_is_refused(client, url):
    with pytest.raises(WireError, match="is no address"):
        await client.ask("GET", url)


# -- keeping -----------------------------------------------------------------------------------------------------------


async def test_connections_are_kept_and_used_again(serve, client):
    peer = await serve(CHUNKED)
    for _ in range(20):
        await client.ask("GET", peer.url)
    assert peer.connections == 1
    await asyncio.gather(*(client.ask("GET", peer.url) for _ in range(8)))
    assert peer.connections == 8
    await asyncio.gather(*(client.ask("GET", peer.url) for _ in range(8)))
    assert peer.connections == 8


async def test_no_more_than_allowed_are_asked_at_once(serve, make_client):
    now = most = 0

    async def talk(peer, reader, writer):
        nonlocal now, most
        while await peer.head(reader) is not None:
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.005)
            now -= 1
            writer.write(PLAIN)

    peer, client = await serve(talk), make_client(most_at_once=3)
    await asyncio.gather(*(client.ask("GET", peer.url) for _ in range(12)))
    assert most == 3
    assert peer.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        UNTIL_THE_END,
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    ],
)
async def test_a_connection_that_shall_not_be_kept_is_not(serve, client, answer):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(answer)
        await writer.drain()
        writer.close()

    peer = await serve(talk)
    for _ in range(3):
        assert (await client.ask("GET", peer.url)).body == b"hello"
    assert peer.connections == 3


async def test_what_nobody_asked_for_ends_the_connection_and_is_no_later_answer(serve, client):
    async def talk(peer, reader, writer):
        while await peer.head(reader) is not None:
            writer.write(PLAIN + PLAIN.replace(b"hello", b"wrong"))

    peer = await serve(talk)
    for _ in range(5):
        assert (await client.ask("GET", peer.url)).body == b"hello"
        await asyncio.sleep(0.01)


async def test_a_request_that_met_a_closing_connection_goes_once_more_and_no_more(serve, client):
    async def talk(peer, reader, writer):
        if await peer.head(reader) is not None and peer.connections == 1:
            writer.write(PLAIN)
            await peer.head(reader)

    peer = await serve(talk)
    await client.ask("GET", peer.url)
    with pytest.raises(ClosedEarlyError) as caught:
        await client.ask("GET", peer.url)
    assert caught.value.silent
    assert peer.connections == 2


async def test_a_kept_connection_that_breaks_within_an_answer_is_not_asked_again(serve, client):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(PLAIN)
        await peer.head(reader)
        writer.write(PLAIN[:-2])
        await writer.drain()

    peer = await serve(talk)
    await client.ask("GET", peer.url)
    with pytest.raises(ClosedEarlyError, match="in the middle of an answer"):
        await client.ask("GET", peer.url)
    assert peer.connections == 1


async def test_old_connections_are_let_go(serve, client, monkeypatch):
    peer = await serve(PLAIN)
    await client.ask("GET", peer.url)
    monkeypatch.setattr("doorwatch.wire.client.KEPT_SECONDS", -1.0)
    await client.ask("GET", peer.url)
    assert peer.connections == 2


# -- trouble -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 10, 60, len(CHUNKED) - 3])
async def test_an_answer_that_is_broken_off_is_an_error_wherever(serve, client, cut):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(CHUNKED[:cut])
        await writer.drain()

    with pytest.raises(ClosedEarlyError, match="in the middle of an answer") as caught:
        await client.ask("GET", (await serve(talk)).url)
    assert not caught.value.silent


async def test_silence_ends_in_time_and_the_connection_with_it(serve, make_client):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(PLAIN[:20])
        await reader.read()

    peer, client = await serve(talk), make_client(timeout=0.05)
    for _ in range(2):
        with pytest.raises(NoAnswerError, match=r"did not answer within 0\.05 s"):
            await client.ask("GET", peer.url)
    assert peer.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"220 mail.example.com ESMTP\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46" * 4,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nbytes",
    ],
)
async def test_what_is_no_http_is_said(serve, client, answer):
    with pytest.raises(NotHttpError, match="is no HTTP"):
        await client.ask("GET", (await serve(answer)).url)


async def test_an_oversized_head_is_given_up_however_it_comes(serve, client):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()
            await asyncio.sleep(0)

    with pytest.raises(TooLargeError, match="the head of an answer"):
        await client.ask("GET", (await serve(talk)).url)


@pytest.mark.parametrize("head", [b"Content-Length: 3000", b"Transfer-Encoding: chunked"])
async def test_an_oversized_body_is_given_up(serve, make_client, head):
    body = b"x" * 3000 if b"Length" in head else b"bb8\r\n" + b"x" * 3000 + b"\r\n0\r\n\r\n"
    peer = await serve(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body)
    assert len((await make_client(most_body=3000).ask("GET", peer.url)).body) == 3000
    with pytest.raises(TooLargeError, match="longer than 2999 bytes"):
        await make_client(most_body=2999).ask("GET", peer.url)


async def test_a_cancelled_request_leaves_no_connection_that_another_could_take(serve, client):
    hold = asyncio.Event()

    async def talk(peer, reader, writer):
        while await peer.head(reader) is not None:
            if peer.connections == 1:
                await hold.wait()
            writer.write(PLAIN)

    peer = await serve(talk)
    task = asyncio.create_task(client.ask("GET", peer.url))
    while not peer.heads:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    hold.set()
    assert (await client.ask("GET", peer.url)).body == b"hello"
    assert peer.connections == 2


async def test_an_early_refusal_of_a_large_body_is_heard(serve, client):
    async def talk(peer, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    peer = await serve(talk)
    assert (await client.ask("POST", peer.url, {}, b"x" * (8 << 20))).status == 413
