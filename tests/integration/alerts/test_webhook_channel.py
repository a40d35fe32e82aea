"""Webhooks against real HTTP servers on real sockets."""

import asyncio
import contextlib
import socket

import pytest
from aiohttp import web

from doorwatch.alerts.channels import guard
from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.webhook import Delivery, WebhookChannel, WebhookError, check_headers, signature
from doorwatch.domain.reach import Reach, networks
from doorwatch.domain.time import from_iso

NOW = from_iso("2026-01-05T18:02:11Z")
HERE = Reach(networks("127.0.0.1/32"))
BODY = b'{"id":"m1","type":"test"}'


class Receiver:
    """Keeps what is posted; answers what it is told to."""

    def __init__(self):
        self.posts = []
        self.answer = lambda: web.Response(status=204)

    async def take(self, request):
        self.posts.append((request.path, dict(request.headers), await request.read()))
        return self.answer()


@pytest.fixture
async def receiver():
    found = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", found.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


def delivery(url):
    return Delivery(url, ("s1",), "m1", BODY)


async def failure(channel, url):
    with pytest.raises(DeliveryError) as caught:
        await sent(channel, url)
    return caught.value


async def sent(channel, url):
    try:
        await channel.send(delivery(url), NOW)
    finally:
        await channel.close()


async def test_a_post_arrives_signed_with_its_delivery_id(receiver):
    await sent(WebhookChannel(HERE), f"http://127.0.0.1:{receiver.port}/in?x=1")
    [(path, headers, body)] = receiver.posts
    assert (path, body) == ("/in", BODY)
    assert headers["X-Doorwatch-Delivery"] == "m1"
    assert headers["X-Doorwatch-Signature"] == signature(["s1"], NOW, BODY)
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (429, True), (408, True), (400, False), (404, False), (410, False)]
)
async def test_what_the_other_side_answered_is_told_and_says_whether_to_try_again(receiver, status, again):
    receiver.answer = lambda: web.Response(status=status, text="not\nnow")
    error = await failure(WebhookChannel(HERE), f"http://127.0.0.1:{receiver.port}/")
    assert str(error) == f"the webhook at 127.0.0.1 answered {status} not now"
    assert error.again is again


async def test_a_redirect_is_not_followed(receiver):
    receiver.answer = lambda: web.Response(status=302, headers={"Location": "http://169.254.169.254/latest"})
    error = await failure(WebhookChannel(HERE), f"http://127.0.0.1:{receiver.port}/")
    assert "redirects are not followed" in str(error)
    assert not error.again
    assert len(receiver.posts) == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1.2.3", "localhost", "[::1]", "169.254.169.254", "0.0.0.0", "[::ffff:127.0.0.1]"],
)
async def test_this_machine_and_link_local_addresses_are_not_reached_however_they_are_written(receiver, host):
    error = await failure(WebhookChannel(), f"http://{host}:{receiver.port}/")
    assert not error.again
    assert "may not reach" in str(error)
    assert "DOORWATCH_WEBHOOK_NETWORKS" in str(error)
    assert receiver.posts == []


async def test_a_name_that_changes_its_mind_after_it_was_looked_at_gains_nothing(receiver, monkeypatch):
    asked = []

    class Fickle:
        async def resolve(self, host, port, family):
            asked.append(host)
            address = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"
            return [{"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}]

        async def close(self):
            pass

    monkeypatch.setattr(guard, "DefaultResolver", Fickle)
    channel = WebhookChannel(seconds=0.3)
    assert (await failure(channel, f"http://rebind.example:{receiver.port}/")).again
    assert asked == ["rebind.example"]
    assert not (await failure(channel, f"http://rebind.example:{receiver.port}/")).again
    assert receiver.posts == []


async def test_nobody_there_and_nobody_who_answers_are_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = await failure(WebhookChannel(HERE, seconds=0.2), f"http://127.0.0.1:{port}/")
        assert error.again
        assert "can't be reached (no answer within 0.2 s)" in str(error)
    error = await failure(WebhookChannel(HERE), f"http://127.0.0.1:{port}/")
    assert error.again
    assert "can't be reached" in str(error)


async def test_a_host_that_does_not_exist_is_told_as_such():
    error = await failure(WebhookChannel(), "http://nobody.invalid/")
    assert error.again
    assert "nobody.invalid" in str(error)


async def test_a_long_answer_is_cut_when_it_is_told(receiver):
    receiver.answer = lambda: web.Response(status=400, body=b"x" * 5_000_000)
    error = await failure(WebhookChannel(HERE), f"http://127.0.0.1:{receiver.port}/")
    assert len(str(error)) < 300


class Doorman:
    """A receiver that counts connections, says of each post which connection it came by, and hangs up when told to."""

    def __init__(self):
        self.connections = 0
        self.came_by = []
        self.heads = []
        self.hang_up = False

    async def serve(self, reader, writer):
        self.connections += 1
        mine = self.connections
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len(BODY))
                self.came_by.append(mine)
                self.heads.append(head.lower())
                writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: who=one\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
                if self.hang_up:
                    break
        writer.close()


@pytest.fixture
async def doorman():
    found = Doorman()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


@pytest.fixture
async def kept():
    channel = WebhookChannel(HERE)
    yield channel
    await channel.close()


async def test_posts_to_one_host_share_a_connection_and_no_cookies(doorman, kept):
    for path in ("in", "in", "other"):
        await kept.send(delivery(f"http://127.0.0.1:{doorman.port}/{path}"), NOW)
    assert doorman.came_by == [1, 1, 1]
    assert not any(b"cookie" in head for head in doorman.heads), "what one receiver says goes to no other"


async def test_a_kept_connection_that_was_ended_meanwhile_costs_no_delivery_and_no_wait(doorman, kept):
    doorman.hang_up = True
    for _ in range(3):
        await kept.send(delivery(f"http://127.0.0.1:{doorman.port}/in"), NOW)
    assert doorman.came_by == [1, 2, 3]


async def test_a_kept_connection_goes_on_to_the_address_that_was_checked_and_a_new_one_is_checked_anew(
    doorman, kept, monkeypatch
):
    addresses = ["127.0.0.1", "127.0.0.2"]

    class Moving:
        async def resolve(self, host, port, family):
            address = addresses.pop(0)
            return [{"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}]

        async def close(self):
            pass

    monkeypatch.setattr(guard, "DefaultResolver", Moving)
    where = f"http://moves.example:{doorman.port}/in"
    await kept.send(delivery(where), NOW)
    await kept.send(delivery(where), NOW)
    assert doorman.came_by == [1, 1]
    assert addresses == ["127.0.0.2"], "nobody asked where the name leads now"
    await kept.close()
    error = await failure(kept, where)
    assert not error.again
    assert "leads to 127.0.0.2, which alerts may not reach" in str(error)


async def test_headers_of_a_callback_cannot_take_the_place_of_ours(doorman, kept):
    where = f"http://127.0.0.1:{doorman.port}/in"
    own = {"X-Key": "k", "content-type": "text/html", "x-doorwatch-signature": "t=1"}
    with pytest.raises(WebhookError, match="set by Doorwatch itself"):
        check_headers(own)
    await kept.send(Delivery(where, ("s1",), "m1", BODY, "PATCH", {"X-Key": "k"}), NOW)
    assert doorman.heads[0].startswith(b"patch /in")
    assert b"x-key: k" in doorman.heads[0]
