"""Webhooks against real HTTP servers on real sockets."""

import socket

import pytest
from aiohttp import web

from doorwatch.alerts.channels import webhook
from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.webhook import Delivery, WebhookChannel, signature
from doorwatch.domain.reach import networks
from doorwatch.domain.time import from_iso

NOW = from_iso("2026-01-05T18:02:11Z")
HERE = networks("127.0.0.1/32")
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
        await channel.send(delivery(url), NOW)
    return caught.value


async def test_a_post_arrives_signed_with_its_delivery_id(receiver):
    await WebhookChannel(HERE).send(delivery(f"http://127.0.0.1:{receiver.port}/in?x=1"), NOW)
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

    monkeypatch.setattr(webhook, "DefaultResolver", Fickle)
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
