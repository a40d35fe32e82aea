"""Endless bodies: back-pressure, the end, and the ways in which there is none."""

import asyncio

import pytest

from doorwatch.wire import ClosedEarlyError, NoAnswerError, TooLargeError
from doorwatch.wire.connection import HIGH_WATER

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


async def read_into(got, stream):
    while data := await stream.read():
        got.append(data)


async def test_pieces_come_as_they_are_sent_and_the_end_is_empty(serve, client):
    turn = asyncio.Event()

    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(HEAD)
        for piece in (b"one", b"two"):
            writer.write(chunk(piece))
            await turn.wait()
            turn.clear()
        writer.write(b"0\r\n\r\n")

    stream = await client.open((await serve(talk)).url)
    assert stream.status == 200
    for piece in (b"one", b"two"):
        assert await stream.read() == piece
        turn.set()
    assert await stream.read() == b""
    stream.close()


async def test_a_stream_without_chunks_ends_with_the_connection(serve, client):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    stream = await client.open((await serve(talk)).url)
    got = b""
    while data := await stream.read():
        got += data
    assert got == b"all of it"


async def test_what_was_sent_before_a_break_is_read_before_the_error(serve, client):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(HEAD + chunk(b"last words") + b"ff\r\nhal")
        await writer.drain()
        await asyncio.sleep(0.01)

    stream = await client.open((await serve(talk)).url)
    got = []
    with pytest.raises(ClosedEarlyError):
        await read_into(got, stream)
    assert b"".join(got) == b"last wordshal"


async def test_a_reader_that_is_slow_makes_the_sender_wait_and_loses_nothing(serve, client):
    sent = 0
    total = 64 << 20

    async def talk(peer, reader, writer):
        nonlocal sent
        await peer.head(reader)
        writer.write(HEAD)
        piece = chunk(bytes(range(256)) * 256)
        while sent < total:
            writer.write(piece)
            await writer.drain()
            sent += 1 << 16
        writer.write(b"0\r\n\r\n")
        await reader.read()  # who goes at once takes along what was not sent yet

    stream = await client.open((await serve(talk)).url)
    before = -1
    while before != sent:
        before = sent
        await asyncio.sleep(0.05)
    # what the kernel holds for both sides, and our own share
    assert sent < total // 2
    assert stream._connection._size <= HIGH_WATER + (1 << 20)
    got, whole = 0, True
    while data := await stream.read():
        whole = whole and data[0] == got % 256 and data[-1] == (got + len(data) - 1) % 256
        got += len(data)
    assert (got, whole) == (total, True)


async def test_the_head_has_a_time_limit_and_the_body_none(serve, make_client):
    go_on = asyncio.Event()

    async def talk(peer, reader, writer):
        await peer.head(reader)
        if peer.connections == 1:
            await reader.read()
        writer.write(HEAD)
        await go_on.wait()
        writer.write(chunk(b"late"))
        await reader.read()

    peer, client = await serve(talk), make_client(timeout=0.3)
    with pytest.raises(NoAnswerError):
        await client.open(peer.url)
    stream = await client.open(peer.url)
    await asyncio.sleep(0.4)
    go_on.set()
    assert await stream.read() == b"late"
    stream.close()


async def test_bytes_that_never_become_a_body_are_given_up(serve, client):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(HEAD + b"5;")
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()
            await asyncio.sleep(0)

    stream = await client.open((await serve(talk)).url)
    with pytest.raises(TooLargeError):
        await stream.read()


async def test_a_closed_stream_is_seen_by_the_other_side_and_has_no_socket(serve, client):
    gone = asyncio.Event()

    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(HEAD + chunk(b"x"))
        try:
            await reader.read()
        finally:
            gone.set()

    stream = await client.open((await serve(talk)).url)
    assert stream.socket.fileno() > 0
    stream.close()
    await asyncio.wait_for(gone.wait(), 60)
    while stream.socket is not None:
        await asyncio.sleep(0)
