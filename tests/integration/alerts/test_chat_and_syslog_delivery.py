"""Slack, Teams and syslog from a stored incident to what the other side received, over real sockets."""

import asyncio
import json
import ssl

import pytest
import trustme
from aiohttp import web

from doorwatch.alerts import hooks
from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.syslog import Collector, SyslogChannel
from doorwatch.alerts.channels.webhook import WebhookChannel, WebhookError
from doorwatch.alerts.hooks import Form, Hook
from doorwatch.domain.reach import Reach, networks
from doorwatch.store.alerting import outbox

HERE = Reach(networks("127.0.0.0/8"))


@pytest.fixture
def service(make_service):
    return make_service(posts=WebhookChannel(HERE))


@pytest.fixture
async def lines():
    """A syslog collector: what came over TCP, and its port."""
    found = asyncio.Queue()

    async def take(reader, writer):
        found.put_nowait(await reader.read())
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


def add(db, account, form, url):
    return db.write_sync(lambda conn: hooks.add_hook(conn, account, Hook("", "Desk", url, "", form=form), 0))


@pytest.mark.parametrize(("form", "key"), [(Form.SLACK, "blocks"), (Form.TEAMS, "attachments")])
async def test_a_chat_gets_its_own_kind_of_message_and_the_log_does_not_tell_its_address(
    db, service, place, store, form, key
):
    account, change = place
    got = []

    async def take(request):
        got.append(await request.json())
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/services/T0/B0/s3cret", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    add(db, account, form, f"http://127.0.0.1:{runner.addresses[0][1]}/services/T0/B0/s3cret")
    store(service, account, change)
    await service.step()
    await runner.cleanup()
    [body] = got
    assert body[key]
    assert "Tailgating at Lobby east" in json.dumps(body)
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (message.state, message.recipient) == ("sent", "Desk (127.0.0.1)")


@pytest.mark.parametrize(("form", "words"), [(Form.SYSLOG, b"[doorwatch@32473 id="), (Form.CEF, b"CEF:0|Doorwatch|")])
async def test_a_collector_gets_one_counted_message(db, service, place, store, lines, form, words):
    account, change = place
    add(db, account, form, f"tcp://127.0.0.1:{lines.port}")
    store(service, account, change)
    await service.step()
    got = await asyncio.wait_for(lines.get(), 60)
    count, _, message = got.partition(b" ")
    assert int(count) == len(message)
    assert words in message


async def test_a_trial_reaches_the_collector(db, service, place, lines):
    account, _ = place
    hook = add(db, account, Form.SYSLOG, f"tcp://127.0.0.1:{lines.port}")
    db.write_sync(lambda conn: service.trials.write_post(conn, account, hook.hook_id))
    await service.step()
    assert b"Alerts from Doorwatch arrive" in await asyncio.wait_for(lines.get(), 60)


async def test_over_udp_a_message_is_one_datagram_cut_between_letters():
    got = asyncio.get_running_loop().create_future()

    class Taker(asyncio.DatagramProtocol):
        def datagram_received(self, data, _address):
            got.set_result(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Taker, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    await SyslogChannel(HERE).send(Collector("udp", "127.0.0.1", port), b"x" + "ä".encode() * 3000)
    data = await asyncio.wait_for(got, 60)
    transport.close()
    assert len(data) == 2047
    data.decode()


async def test_over_tls_the_collector_must_prove_its_name(tmp_path, monkeypatch):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    got = asyncio.Queue()

    async def take(reader, writer):
        got.put_nowait(await reader.read())
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(DeliveryError, match="certificate"):
        await SyslogChannel(Reach(networks("127.0.0.0/8,::1"))).send(Collector("tls", "127.0.0.1", port), b"m")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with pytest.raises(DeliveryError, match="certificate"):
        await SyslogChannel(HERE).send(Collector("tls", "127.0.0.1", port), b"m")
    server.close()


async def test_a_collector_that_nobody_listens_at_is_tried_again_and_a_forbidden_one_is_not():
    with pytest.raises(DeliveryError, match=r"can't be reached .* check host, port and firewall") as away:
        await SyslogChannel(HERE).send(Collector("tcp", "127.0.0.1", 1), b"m")
    assert away.value.again
    for host in ("127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "localhost", "2130706433"):
        with pytest.raises(DeliveryError, match="may not reach") as forbidden:
            await SyslogChannel().send(Collector("tcp", host, 1), b"m")
        assert not forbidden.value.again


def test_each_form_takes_only_addresses_of_its_own(db, place):
    account, _ = place
    for form, url in (
        (Form.SYSLOG, "https://h/x"),
        (Form.CEF, "http://h"),
        (Form.SLACK, "tls://h"),
        (Form.JSON, "udp://h"),
    ):
        with pytest.raises(WebhookError):
            add(db, account, form, url)
