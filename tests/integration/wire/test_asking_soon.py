"""Requests that nobody awaits: they go over connections that stand, and tell what came of them."""

import asyncio
from functools import partial

import pytest

from doorwatch.spool import Reply, TransportError, WireTransport
from doorwatch.wire import Answer, ClosedEarlyError, HttpClient, NoAnswerError
from doorwatch.wire import client as clients
from doorwatch.wire.connection import Connection
from doorwatch.wire.known import HEADS_KEPT, SHORT_BODY

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: a\r\n\r\nhello"


async def polite(peer, reader, writer):
    while await peer.head(reader):
        writer.write(PLAIN)


def as_it_is(error):
    return error


async def asked_soon(client, url):
    """What is told of one request over the connection that stands."""
    told = asyncio.get_running_loop().create_future()
    assert client.ask_soon(client.prepare("POST", url, {"X-Two": "b"}), [b"body"], [told.set_result], as_it_is)
    return await asyncio.wait_for(told, 60)


async def test_without_a_connection_nobody_is_asked(serve, client):
    peer = await serve(polite)
    told = []
    assert not client.ask_soon(client.prepare("POST", peer.url, None), [b"x"], [told.append], as_it_is)
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
    assert client.ask_soon(client.prepare("GET", peer.url, None), [b""], [told.set_result], as_it_is)
    await client.close()
    assert (await asyncio.wait_for(told, 60)).status == 200


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
    assert transport.send_soon(transport.prepare("POST", peer.url, {}), [b"{}"], [told.set_result])
    assert isinstance(await asyncio.wait_for(told, 60), kind)
    await transport.close()


def heads_read(monkeypatch):
    """Counts the heads that are parsed, of all connections."""
    count = [0]
    whole = Connection.on_headers_complete

    def counting(self):
        count[0] += 1
        whole(self)

    monkeypatch.setattr(Connection, "on_headers_complete", counting)
    return count


async def test_a_head_that_was_read_before_is_not_parsed_again_on_any_connection(serve, client, monkeypatch):
    count = heads_read(monkeypatch)
    peer = await serve(polite)
    await asyncio.gather(*(client.ask("GET", peer.url) for _ in range(4)))
    before = count[0]
    for _ in range(3):
        answers = await asyncio.gather(*(asked_soon(client, peer.url) for _ in range(4)))
        assert {(answer.status, answer.headers["x-one"], answer.body) for answer in answers} == {(200, "a", b"hello")}
    assert (await client.ask("GET", peer.url)).body == b"hello"
    assert count[0] == before <= 4
    assert peer.connections == 4


@pytest.mark.parametrize(
    ("again", "body"),
    [
        (PLAIN.replace(b"hello", b"world"), b"world"),
        (PLAIN.replace(b"200 OK", b"503 No"), b"hello"),
        (PLAIN.replace(b"a\r\n\r\n", b"b\r\n\r\n"), b"hello"),
        (PLAIN.replace(b"h: 5", b"h: 7") + b"!!", b"hello!!"),
        (PLAIN + b"more than was asked", b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, b"hello"),
        (PLAIN.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked").replace(b"hello", b"2\r\nhi\r\n0\r\n\r\n"),
         b"hi"),
        (PLAIN.replace(b"X-One: a", b"Connection: close"), b"hello"),
        (b"HTTP/1.1 204 None\r\n\r\n", b""),
    ],
)  # fmt: skip
async def test_another_answer_than_the_last_one_is_read_for_what_it_is(serve, client, again, body):
    answers = [PLAIN, PLAIN, again, again]

    async def talk(peer, reader, writer):
        while await peer.head(reader):
            writer.write(answers[len(peer.heads) - 1])

    peer = await serve(talk)
    await client.ask("GET", peer.url)
    assert (await asked_soon(client, peer.url)).body == b"hello"
    for _ in range(2):
        told = await asked_soon(client, peer.url)
        assert isinstance(told, Answer), told
        assert (told.body, told.status) == (body, int(again.rpartition(b"HTTP/1.1 ")[2][:3]))
        if b"close" in again or b"asked" in again:
            assert not client.ask_soon(client.prepare("POST", peer.url, None), [b""], [print], as_it_is), (
                "it was closed"
            )
            return


async def test_a_known_head_that_comes_in_pieces_is_read_as_any_other(serve, client):
    async def talk(peer, reader, writer):
        while await peer.head(reader):
            for start in range(0, len(PLAIN), 20 if len(peer.heads) > 1 else len(PLAIN)):
                writer.write(PLAIN[start : start + 20] if len(peer.heads) > 1 else PLAIN)
                await writer.drain()
                await asyncio.sleep(0.001)

    peer = await serve(talk)
    await client.ask("GET", peer.url)
    for _ in range(3):
        assert (await asked_soon(client, peer.url)).body == b"hello"


async def test_a_server_that_dates_its_answers_is_learned_anew_and_not_remembered_for_ever(serve, client):
    async def talk(peer, reader, writer):
        while await peer.head(reader):
            writer.write(PLAIN.replace(b"X-One: a", b"X-One: %d" % len(peer.heads)))

    peer = await serve(talk)
    await client.ask("GET", peer.url)
    for n in range(2, 2 + 2 * HEADS_KEPT):
        assert (await asked_soon(client, peer.url)).headers["x-one"] == str(n)
    (known,) = client._known.values()
    assert 0 < len(known.heads) <= HEADS_KEPT


async def test_answers_that_are_the_same_to_the_last_byte_are_read_once_and_a_longer_one_is_not_remembered(
    serve, client
):
    long = b"x" * (SHORT_BODY + 1)
    bodies = [b"hello", b"hello", b"hello", b"other", b"hello", long, long, b"hello", b"hello"]

    async def talk(peer, reader, writer):
        while await peer.head(reader):
            body = bodies[len(peer.heads) - 1]
            writer.write(PLAIN.replace(b"h: 5", b"h: %d" % len(body)).replace(b"hello", body))

    peer = await serve(talk)
    told = [await client.ask("GET", peer.url)]
    told += [await asked_soon(client, peer.url) for _ in bodies[1:]]
    assert [one.body for one in told] == bodies
    assert told[1] is told[2] is told[4] is told[7] is told[8]
    (known,) = client._known.values()
    assert all(len(answer.body) <= SHORT_BODY for answer in known.answers.values())


async def test_short_answers_that_are_never_the_same_are_not_remembered_for_ever(serve, client):
    async def talk(peer, reader, writer):
        while await peer.head(reader):
            writer.write(PLAIN.replace(b"hello", b"%05d" % len(peer.heads)))

    peer = await serve(talk)
    await client.ask("GET", peer.url)
    for n in range(2, 2 + 2 * HEADS_KEPT):
        assert (await asked_soon(client, peer.url)).body == b"%05d" % n
    (known,) = client._known.values()
    assert 0 < len(known.answers) <= HEADS_KEPT


OFFERING = PLAIN.replace(b"X-One: a", b"Connection: posts-together\r\nx-request-id: %03d")


async def asked_together(client, url, bodies):
    """What is told of several requests over one connection that stands, in the order in which it is told."""
    told, done = [], asyncio.get_running_loop().create_future()

    def hear(body, answer):
        told.append((body, answer))
        if len(told) == len(bodies):
            done.set_result(told)

    prepared = client.prepare("POST", url, None)
    assert client.most_together(prepared) >= len(bodies)
    assert client.ask_soon(prepared, bodies, [partial(hear, body) for body in bodies], as_it_is)
    return await asyncio.wait_for(done, 60)


class Together:
    """A server that offers to take several requests at once, and answers those that are there in one piece."""

    def __init__(self, answer=None):
        self.bodies = []
        self._answer = answer or (lambda number, body: OFFERING % number)

    async def __call__(self, peer, reader, writer):
        while await peer.head(reader):
            self.bodies.append(peer.body)
            writer.write(self._answer(len(self.bodies), peer.body))


async def test_nobody_is_asked_several_things_at_once_unasked_for(serve, client):
    peer = await serve(polite)
    await client.ask("GET", peer.url)
    await asked_soon(client, peer.url)
    assert client.most_together(client.prepare("POST", peer.url, None)) == 1


@pytest.mark.parametrize("cut", [None, 1, 7, 50, 111])
async def test_several_go_together_where_it_is_offered_and_each_is_told_its_own_answer(serve, client, cut):
    sent = []

    async def talk(peer, reader, writer):
        real = writer.write

        def write(data):
            sent.append(data)
            if len(sent) <= 2:
                real(data)

        writer.write = write
        server = asyncio.create_task(Together(answer)(peer, reader, writer))
        while len(sent) < 10:
            await asyncio.sleep(0.001)
        data = b"".join(sent[2:])
        for start in range(0, len(data), cut or len(data)):
            real(data[start : start + (cut or len(data))])
            await writer.drain()
            await asyncio.sleep(0.0005)
        await server

    def answer(number, body):
        size = len(body)
        return (OFFERING % number).replace(b"h: 5", b"h: %d" % size).replace(b"hello", body)

    peer = await serve(talk)
    for _ in range(2):
        await client.ask("POST", peer.url, body=b"first")
    bodies = [b"%d" % 10**number for number in range(8)]
    told = await asked_together(client, peer.url, bodies)
    assert [(body, one.status, one.body) for body, one in told] == [(body, 200, body) for body in bodies]
    assert peer.connections == 1


async def test_heads_that_differ_in_the_id_of_the_request_alone_are_read_once(serve, client, monkeypatch):
    count = heads_read(monkeypatch)
    peer = await serve(Together())
    await client.ask("POST", peer.url, body=b"x")
    for _ in range(4):
        told = await asked_together(client, peer.url, [b"a", b"b", b"c"])
        assert [one.body for _, one in told] == [b"hello"] * 3
    assert count[0] == 1


async def test_a_connection_that_ends_between_two_answers_leaves_the_rest_to_be_sent_again(serve, client):
    def answer(number, body):
        return OFFERING % number if number < 4 else (OFFERING % number).replace(b"posts-together", b"close")

    peer = await serve(Together(answer))
    await client.ask("POST", peer.url, body=b"x")
    told = await asked_together(client, peer.url, [b"a", b"b", b"c", b"d", b"e"])
    assert [body for body, _ in told] == [b"a", b"b", b"c", b"d", b"e"]
    assert [one.status for _, one in told[:3]] == [200] * 3
    assert all(isinstance(one, ClosedEarlyError) and one.silent for _, one in told[3:])
    # and for a while nothing is sent together any more
    assert client.most_together(client.prepare("POST", peer.url, None)) == 1


async def test_an_answer_too_many_ends_the_connection_and_is_nobodys(serve, client):
    peer = await serve(Together(lambda number, body: OFFERING % number * (3 if body == b"b" else 1)))
    await client.ask("POST", peer.url, body=b"x")
    told = await asked_together(client, peer.url, [b"a", b"b"])
    assert [one.status for _, one in told] == [200, 200]
    assert not client.ask_soon(client.prepare("POST", peer.url, None), [b""], [print], as_it_is)
