"""Webhooks from a stored incident to a post that was taken, with a real database and real sockets."""

import json
from dataclasses import replace

import pytest
from aiohttp import web

from doorwatch.alerts import hooks
from doorwatch.alerts.addressees import NO_RECEIVER, RECEIVER_OFF
from doorwatch.alerts.channels.webhook import WebhookChannel, signature
from doorwatch.alerts.hooks import Hook
from doorwatch.domain.incident import IncidentKind, IncidentState
from doorwatch.domain.reach import Reach, networks
from doorwatch.domain.time import DAY, SECOND
from doorwatch.store import settings as stored
from doorwatch.store.alerting import outbox


@pytest.fixture
async def posts():
    """What a webhook's receiver was sent; `posts.status` is its answer."""

    class Posts(list):
        status = 204

    found = Posts()

    async def take(request):
        found.append((dict(request.headers), await request.read()))
        return web.Response(status=found.status)

    app = web.Application()
    app.router.add_post("/in", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/in"
    yield found
    await runner.cleanup()


@pytest.fixture
def service(make_service):
    return make_service(posts=WebhookChannel(Reach(networks("127.0.0.1/32"))))


@pytest.fixture
def hook(db, place, posts):
    account, _ = place
    return db.write_sync(lambda conn: hooks.add_hook(conn, account, Hook("", "SIEM", posts.url, ""), 0))


async def test_a_final_incident_is_posted_signed_and_only_once(db, clock, service, place, hook, posts, store):
    account, change = place
    store(service, account, change)
    store(service, account, change)
    assert await service.step() == 1
    assert await service.step() == 0
    [(headers, body)] = posts
    told = json.loads(body)
    assert told["type"] == "incident.created"
    assert told["data"]["object"]["incident_id"] == "i1"
    assert told["data"]["object"]["door"] == "Lobby east"
    assert told["id"] == headers["X-Doorwatch-Delivery"]
    assert headers["X-Doorwatch-Signature"] == signature([hook.secret], clock.now(), body)


async def test_a_post_that_is_refused_for_now_is_tried_again_under_the_same_id(
    db, clock, service, place, hook, posts, store
):
    account, change = place
    store(service, account, change)
    posts.status = 503
    assert await service.step() == 1
    assert await service.step() == 0
    clock.advance(10 * SECOND)
    posts.status = 204
    assert await service.step() == 1
    first, second = (headers["X-Doorwatch-Delivery"] for headers, _ in posts)
    assert first == second
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (message.state, message.attempts) == ("sent", 2)


async def test_what_was_given_up_can_be_delivered_again(db, clock, service, place, hook, posts, store):
    account, change = place
    store(service, account, change)
    posts.status = 410
    await service.step()
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert message.state == "failed"
    assert "answered 410" in message.error
    posts.status = 200
    db.write_sync(lambda conn: outbox.again(conn, account, message.message_id, clock.now()))
    assert await service.step() == 1
    assert len(posts) == 2


async def test_an_explained_incident_is_told_as_such_after_what_it_explains(clock, service, place, hook, posts, store):
    account, change = place
    store(service, account, change)
    clock.advance(1)
    explained = replace(change.incident, state=IncidentState.EXPLAINED)
    store(service, account, replace(change, incident=explained, revision=2, alert=False, correction=True))
    posts.status = 503
    assert await service.step() == 1
    posts.status = 204
    assert await service.step() == 0, "the explanation waits for what it explains"
    clock.advance(10 * SECOND)
    while await service.step():
        pass
    assert [json.loads(body)["type"] for _, body in posts] == [
        "incident.created",
        "incident.created",
        "incident.explained",
    ]


async def test_a_webhook_that_asked_for_other_kinds_hears_nothing(db, service, place, hook, posts, store):
    account, change = place
    narrow = replace(hook, kinds=(IncidentKind.UNAUTHORIZED_ENTRY,))
    db.write_sync(lambda conn: hooks.save_hook(conn, account, narrow, 0))
    store(service, account, change)
    assert await service.step() == 0


async def test_a_removed_webhook_gets_nothing_of_what_waits(db, service, place, hook, posts, store):
    account, change = place
    store(service, account, change)
    db.write_sync(lambda conn: stored.remove_alert_rule(conn, account, hook.hook_id))
    await service.step()
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (message.state, message.error) == ("withheld", NO_RECEIVER)
    assert posts == []


async def test_a_webhook_that_is_switched_off_gets_nothing_of_what_waits_unless_somebody_asks_for_it(
    db, clock, service, place, hook, posts, store
):
    account, change = place

    def save(conn, *wanted):
        for one in wanted:
            hooks.save_hook(conn, account, one, 0)

    def listed(conn):
        return {(one.rule_id, one.subject.partition(" ")[0]): one for one in outbox.list_messages(conn, account)}

    twin = db.write_sync(lambda conn: hooks.add_hook(conn, account, replace(hook, name="The same address"), 0))
    store(service, account, change)
    store(service, account, replace(change, revision=2, alert=False, correction=True))
    db.write_sync(lambda conn: save(conn, replace(hook, enabled=False)))
    while await service.step():
        pass
    found = db.read_sync(listed)
    kinds = ("incident.created", "incident.explained")
    assert [(found[hook.hook_id, kind].state, found[hook.hook_id, kind].error) for kind in kinds] == [
        ("withheld", RECEIVER_OFF)
    ] * 2
    assert [found[twin.hook_id, kind].state for kind in kinds] == ["sent", "sent"]
    db.write_sync(lambda conn: service.trials.write_post(conn, account, hook.hook_id))
    await service.step()
    assert json.loads(posts[-1][1])["type"] == "test"
    first = found[hook.hook_id, kinds[0]].message_id
    db.write_sync(lambda conn: save(conn, hook))
    db.write_sync(lambda conn: outbox.again(conn, account, first, clock.now()))
    await service.step()
    assert json.loads(posts[-1][1])["id"] == first


async def test_after_a_rotation_posts_carry_both_signatures_for_a_day(db, clock, service, place, hook, posts, store):
    account, change = place
    fresh = db.write_sync(lambda conn: hooks.rotate(conn, account, hook.hook_id, clock.now()))
    store(service, account, change)
    await service.step()
    headers, body = posts[0]
    assert headers["X-Doorwatch-Signature"] == signature([fresh.secret, hook.secret], clock.now(), body)
    clock.advance(DAY)
    db.write_sync(lambda conn: service.trials.write_post(conn, account, hook.hook_id))
    await service.step()
    headers, body = posts[1]
    assert headers["X-Doorwatch-Signature"] == signature([fresh.secret], clock.now(), body)
    assert json.loads(body)["type"] == "test"


async def test_a_mail_server_that_is_away_does_not_delay_posts(make_service, place, hook, posts, store, desk):
    account, change = place
    service = make_service(posts=WebhookChannel(Reach(networks("127.0.0.1/32"))), smtp_port=9)
    store(service, account, change, desk)
    service.pictures["i1"] = b"\xff\xd8"
    assert await service.step() == 2
    assert len(posts) == 1


async def test_a_mail_server_and_a_webhook_that_are_away_for_a_day_delay_only_their_own(
    db, clock, make_service, inbox, smtp_port, place, posts, store, desk
):
    """Mails go to a server that is away while posts arrive, and the other way round; each gets its own when it is back."""
    account, change = place
    db.write_sync(lambda conn: hooks.add_hook(conn, account, Hook("", "SIEM", posts.url, ""), 0))
    networked = WebhookChannel(Reach(networks("127.0.0.1/32")))
    without_mail, whole = make_service(posts=networked, smtp_port=1), make_service(posts=networked)
    for hour in range(23):
        one = replace(change, incident=replace(change.incident, incident_id=f"i{hour}"))
        store(without_mail, account, one, replace(desk, storm=0))
        for _ in range(3):
            await without_mail.step()
            clock.advance(20)
        assert (len(posts), len(inbox.envelopes)) == (hour + 1, 0)
        clock.advance(3540)
    await drained(whole, clock)
    assert len(inbox.envelopes) == 23
    posts.status = 503
    for hour in range(23):
        one = replace(change, incident=replace(change.incident, incident_id=f"j{hour}"))
        store(whole, account, one)
        for _ in range(3):
            await whole.step()
            clock.advance(20)
        assert len(inbox.envelopes) == 24 + hour
        clock.advance(3540)
    posts.clear()
    posts.status = 204
    await drained(whole, clock)
    assert len({json.loads(body)["data"]["object"]["incident_id"] for _, body in posts}) == 23
    assert {message.state for message in db.read_sync(lambda conn: outbox.list_messages(conn, account))} == {"sent"}


async def drained(service, clock):
    """Everything that waits for its time gets it."""
    for _ in range(6):
        clock.advance(900)
        while await service.step():
            pass
