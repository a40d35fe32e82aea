"""Notifications from a stored incident to what a browser reads, through a push service of the test's own over TLS."""

import json
import ssl
from dataclasses import replace

import jwt
import pytest
import trustme
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorwatch.alerts import browsers
from doorwatch.alerts.bulletins import Audience, Bulletin, publish
from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.push.encryption import browser_keys, in_text, public_bytes
from doorwatch.alerts.channels.push.send import GoneError, Push, PushChannel
from doorwatch.alerts.channels.push.vapid import Signer, new_key
from doorwatch.alerts.couriers import BrowserCourier
from doorwatch.domain.reach import Reach, networks
from doorwatch.domain.time import HOUR, MINUTE, SECOND, to_iso
from doorwatch.store import cameras, configuration, incidents
from doorwatch.store.alerting import outbox, silences, subscriptions
from doorwatch.store.alerting.subscriptions import Address
from doorwatch.store.people import users

HERE = Reach(networks("127.0.0.0/8,::1"))
AUTH = b"sixteen letters."


class Browser:
    """Keys as a browser has them, and reading as RFC 8291 says it."""

    def __init__(self, endpoint):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.address = Address(endpoint, in_text(public_bytes(self.key)), in_text(AUTH))

    def read(self, body):
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        info = b"WebPush: info\x00" + public_bytes(self.key) + theirs
        secret = HKDF(hashes.SHA256(), 32, AUTH, info).derive(shared)
        key, nonce = (
            HKDF(hashes.SHA256(), length, salt, f"Content-Encoding: {what}\0".encode()).derive(secret)
            for what, length in (("aes128gcm", 16), ("nonce", 12))
        )
        text = AESGCM(key).decrypt(nonce, record, None)
        assert text[-1:] == b"\x02"
        return json.loads(text[:-1])


class PushService:
    """Takes pushes; `status` is what it answers from now on."""

    def __init__(self):
        self.status, self.got = 201, []

    async def take(self, request):
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, text="as the test says")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
async def server(authority):
    found = PushService()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    app = web.Application()
    app.router.add_post("/send/{name}", found.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0, ssl_context=context).start()
    found.url = f"https://localhost:{runner.addresses[0][1]}/send/1"
    yield found
    await runner.cleanup()


@pytest.fixture(scope="module")
def signer():
    return Signer.of(new_key(), "mailto:doorwatch@example.com")


@pytest.fixture
def channel(signer, authority):
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return PushChannel(signer, HERE, trust=trust)


@pytest.fixture
def service(make_service, db, clock, channel):
    return make_service(others=[BrowserCourier(db, channel, clock)])


@pytest.fixture
def person(db, place, clock):
    """Makes somebody with a browser in an account that allows it: (browser, subscription)."""
    account, _ = place

    def make(endpoint, email="olga@example.com", cameras=None):
        def work(conn):
            browsers.allow(conn, account, True, clock.now())
            user = users.add_user(
                conn, account, email=email, name="", role="owner", password_hash=None, now=0, cameras=cameras
            )
            return subscriptions.add(conn, account, user.user_id, "Chrome on Linux", browser.address, clock.now())

        browser = Browser(endpoint)
        return browser, db.write_sync(work)

    return make


async def test_an_incident_is_told_in_the_browser_and_its_end_takes_the_place_of_it(
    db, service, place, store, server, person, signer
):
    account, change = place
    browser, _ = person(server.url)
    store(service, account, change)
    await service.step()
    [(headers, body)] = server.got
    told = browser.read(body)
    assert (told["title"], told["path"]) == ("Tailgating at Lobby east", "/incidents/i1")
    assert told["body"].startswith("Headquarters, ")
    assert "Rivera" not in str(told)
    assert b"Lobby" not in body
    assert (headers["Content-Encoding"], headers["Urgency"], headers["TTL"]) == ("aes128gcm", "high", str(4 * 3600))
    assert headers["Topic"] == told["tag"]
    token = headers["Authorization"].removeprefix("vapid t=").partition(", k=")[0]
    origin = server.url.removesuffix("/send/1")
    options = {"verify_exp": False}
    assert jwt.decode(token, signer.key.public_key(), ["ES256"], audience=origin, options=options)["sub"]
    explained = replace(change, revision=2, alert=False, correction=True)
    store(service, account, explained)
    await service.step()
    second = browser.read(server.got[1][1])
    assert (second["title"], second["tag"]) == ("Explained: Tailgating at Lobby east", told["tag"])
    assert server.got[1][0]["Urgency"] == "normal"
    assert {message.recipient for message in db.read_sync(lambda conn: outbox.list_messages(conn, account))} == {
        "olga@example.com (Chrome on Linux)"
    }


async def test_nobody_is_told_where_it_is_not_allowed_or_may_not_be_seen_or_is_silenced(
    db, service, place, store, server, person, clock
):
    account, change = place
    person(server.url, cameras=("another camera",))
    store(service, account, change)
    assert not db.read_sync(lambda conn: outbox.list_messages(conn, account))
    person(server.url + "2", email="max@example.com")
    db.write_sync(lambda conn: browsers.allow(conn, account, False, 0))
    store(service, account, replace(change, incident=replace(change.incident, incident_id="i2")))
    assert not db.read_sync(lambda conn: outbox.list_messages(conn, account))

    def silence(conn):
        browsers.allow(conn, account, True, 0)
        silences.begin(
            conn, account, reason="drill", doors=(), kinds=(), by="Olga", now=clock.now(), until=clock.now() + HOUR
        )

    db.write_sync(silence)
    store(service, account, replace(change, incident=replace(change.incident, incident_id="i3")))
    [held] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (held.state, held.recipient) == ("withheld", "max@example.com (Chrome on Linux)")
    await service.step()
    assert not server.got


@pytest.mark.parametrize(("shared", "state"), [("its own", "sent"), ("another camera", "withheld")])
async def test_cameras_that_are_shared_no_more_tell_nothing_that_waits(
    db, service, place, store, server, person, shared, state
):
    account, change = place

    def share(conn, named):
        own = cameras.list_cameras(conn, account)[0].camera_id
        configuration.set_mapping(conn, account, change.incident.door, [own], 0)
        users.update_user(conn, account, subscription.user_id, cameras=[own if named == "its own" else named])

    _, subscription = person(server.url)
    db.write_sync(lambda conn: share(conn, "its own"))
    store(service, account, change)
    db.write_sync(lambda conn: share(conn, shared))
    await service.step()
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (message.state, len(server.got)) == (state, state == "sent")


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten(db, service, place, store, server, person, status):
    account, change = place
    _, subscription = person(server.url)
    server.status = status
    store(service, account, change)
    await service.step()
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert message.state == "failed"
    assert "not subscribed any more" in message.error
    assert not db.read_sync(lambda conn: subscriptions.of_person(conn, account, subscription.user_id))


async def test_a_storm_becomes_one_notification_with_a_count(db, service, place, store, server, person, clock):
    account, change = place
    browser, _ = person(server.url)
    for number in range(23):
        store(service, account, replace(change, incident=replace(change.incident, incident_id=f"s{number}")))
    await service.step()
    await service.step()
    assert len(server.got) == 20
    clock.advance(120)
    await service.step()
    told = browser.read(server.got[-1][1])
    assert (len(server.got), told["title"]) == (21, "3 more incidents in one minute")
    minute = change.incident.start // MINUTE * MINUTE
    span = f"since={to_iso(minute, 0)}&until={to_iso(minute + MINUTE, 0)}"
    assert told["path"] == f"/incidents?review=all&{span}", "a click leads to what it counts"


async def test_who_would_be_mailed_a_trouble_is_told_in_the_browser(db, service, place, server, person, clock):
    account, _ = place
    browser, _ = person(server.url)
    other, _ = person(server.url + "2", email="max@example.com")
    bulletin = Bulletin(
        "system:x",
        "system.begun",
        "The gateway is silent",
        "See whether it runs.",
        clock.now(),
        "https://d/settings/gateways",
    )
    db.write_sync(lambda conn: publish(conn, account, bulletin, Audience(["OLGA@example.com"]), clock.now()))
    await service.step()
    [(_, body)] = server.got
    told = browser.read(body)
    assert (told["title"], told["body"], told["path"]) == (
        "The gateway is silent", "See whether it runs.", "/settings/gateways",
    )  # fmt: skip
    assert other.address.fingerprint != browser.address.fingerprint


async def test_what_is_hours_late_is_not_told_any_more(db, service, place, store, server, person, clock):
    account, change = place
    person(server.url)
    store(service, account, change)
    clock.advance(5 * 3600)
    await service.step()
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (message.state, server.got) == ("failed", [])


def push(endpoint, browser):
    keys = browser_keys(browser.address.p256dh, browser.address.auth)
    return Push(endpoint, keys, b"{}", browsers.tag_of("x"), 60, "normal")


@pytest.mark.parametrize(
    ("status", "again"), [(400, False), (403, False), (413, False), (429, True), (503, True), (302, False)]
)
async def test_what_a_push_service_answers_decides_whether_it_is_tried_again(channel, server, status, again):
    server.status = status
    with pytest.raises(DeliveryError, match=f"answered {status}") as refused:
        await channel.send(push(server.url, Browser(server.url)), SECOND)
    assert refused.value.again is again
    assert not isinstance(refused.value, GoneError)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "[::ffff:10.0.0.1]",
    ],
)
async def test_a_stranger_cannot_make_the_server_knock_at_inner_doors(signer, host):
    with pytest.raises(DeliveryError, match="no public address") as refused:
        await PushChannel(signer).send(push(f"https://{host}:1/x", Browser("https://x")), SECOND)
    assert not refused.value.again


def test_a_browsers_address_and_keys_lie_sealed_and_go_with_their_person(db, place, person):
    account, _ = place
    browser, subscription = person("https://push.example/send/secret")
    again = db.write_sync(
        lambda conn: subscriptions.add(conn, account, subscription.user_id, "Chrome on Linux", browser.address, 1)
    )
    kept = db.read_sync(lambda conn: subscriptions.of_person(conn, account, subscription.user_id))
    assert kept == [again], "the same browser is there once"
    assert db.read_sync(lambda conn: subscriptions.address_of(conn, account, again.subscription_id)) == browser.address
    assert "secret" not in repr((again, browser.address))
    db.write_sync(lambda conn: users.update_user(conn, account, subscription.user_id, disabled=True))
    assert db.read_sync(lambda conn: subscriptions.address_of(conn, account, again.subscription_id)) is None
    db.write_sync(lambda conn: users.remove_member(conn, account, subscription.user_id))
    assert not db.read_sync(lambda conn: incidents.list_incidents(conn, account))
