"""Requests that nobody awaits: they go over connections that stand, and tell what came of them."""

import asyncio

import pytest

from doorwatch.spool import Reply, TransportError, WireTransport
from doorwatch.wire import ClosedEarlyError, HttpClient, NoAnswerError
from doorwatch.wire import client as clients

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: a\r\n\r\nhello"


async def polite(peer, reader, writer):
    while await peer.head(reader):
        writer.write(PLAIN)


async def asked_soon(client, url):
    """What is told of one request over the connection that stands."""
    told = asyncio.get_running_loop().create_future()
    assert client.ask_soon(client.prepare("POST", url, {"X-Two": "b"}), b"body", told.set_result)
    return await asyncio.wait_for(told, 5)


async def test_without_a_connection_nobody_is_asked(serve, client):
    peer = await serve(polite)
    told = []
    assert not client.ask_soon(client.prepare("POST", peer.url, None), b"x", told.append)
    assert (told, peer.connections) == ([], 0)


async def test_a_connection_that_stands_is_used_and_kept(serve, client):
    peer = await serve(polite)
    await client.ask("GET", peer.url)
    for _ in range(3):
        answer = await asked_soon(client, peer.url)
        assert (answer.status, answer.headers["x-one"], answer.body) == (200, "a", b"hello")
    assert peer.connections == 1
    assert b"X-Two: b\r\nContent-Length: 4" in peer.heads[-1]


async def test_many_may_be_out_at_once_each_over_its_own_connection(serve, client):
    peer = await serve(polite)
    await asyncio.gather(*(client.ask("GET", peer.url) for _ in range(8)))
    answers = await asyncio.gather(*(asked_soon(client, peer.url) for _ in range(8)))
    assert [answer.status for answer in answers] == [200] * 8
    assert peer.connections == 8


async def test_a_connection_that_proves_closed_is_told_as_such(serve, client):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(PLAIN)
        await peer.head(reader)  # and goes away without a word

    peer = await serve(talk)
    await client.ask("GET", peer.url)
    error = await asked_soon(client, peer.url)
    assert isinstance(error, ClosedEarlyError)
    assert error.silent


async def test_an_answer_that_does_not_come_is_given_up(serve, monkeypatch):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(PLAIN)
        await reader.read()

    monkeypatch.setattr(clients, "SWEEP_SECONDS", 0.05)
    peer, client = await serve(talk), HttpClient(timeout=0.2)
    await client.ask("GET", peer.url)
    assert isinstance(await asked_soon(client, peer.url), NoAnswerError)
    assert not client._busy
    await client.close()


async def test_what_is_out_when_the_client_closes_is_still_told(serve, client):
    peer = await serve(polite)
    await client.ask("GET", peer.url)
    told = asyncio.get_running_loop().create_future()
    assert client.ask_soon(client.prepare("GET", peer.url, None), b"", told.set_result)
    await client.close()
    assert (await asyncio.wait_for(told, 5)).status == 200


@pytest.mark.parametrize(("ending", "kind"), [(PLAIN, Reply), (b"no HTTP\r\n\r\n", TransportError), (b"", type(None))])
async def test_the_transport_tells_replies_failures_and_what_must_be_sent_again(serve, ending, kind):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(PLAIN)
        await peer.head(reader)
        writer.write(ending)
        await writer.drain()

    peer, transport = await serve(talk), WireTransport()
    await transport.send("POST", peer.url, b"{}", {})
    told = asyncio.get_running_loop().create_future()
    assert transport.send_soon(transport.prepare("POST", peer.url, {}), b"{}", told.set_result)
    assert isinstance(await asyncio.wait_for(told, 5), kind)
    await transport.close()
