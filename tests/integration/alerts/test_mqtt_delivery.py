"""MQTT against mosquitto, a broker that people run: logins, TLS with an own authority, rights, and who is slow."""

import asyncio
import json
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from doorwatch.alerts import hooks
from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.mqtt.broker import Broker, Login
from doorwatch.alerts.channels.mqtt.publish import MqttChannel
from doorwatch.alerts.channels.webhook import WebhookChannel
from doorwatch.alerts.hooks import Form, Hook
from doorwatch.domain.reach import Reach, networks
from doorwatch.store.alerting import outbox

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
HERE = Reach(networks("127.0.0.0/8,::1"))
CONFIG = """
{user}
listener {plain} 127.0.0.1
listener {tls} 127.0.0.1
certfile {folder}/broker.pem
keyfile {folder}/broker.pem
password_file {folder}/users
acl_file {folder}/rights
"""
RIGHTS = """
user writer
topic write doorwatch/#
user reader
topic read #
"""

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed: apt-get install mosquitto")


@dataclass
class Mosquitto:
    plain: int
    tls: int
    authority: str

    def broker(self, *, tls=False, user="writer", password="w", authority=None):
        login = Login(user, password, (self.authority if authority is None else authority) if tls else "")
        return Broker("localhost" if tls else "127.0.0.1", self.tls if tls else self.plain, tls, login)


@pytest.fixture(scope="module")
def mosquitto():
    """A running broker with a writer and a reader."""
    folder = Path(tempfile.mkdtemp(prefix="doorwatch-mosquitto-"))
    authority = trustme.CA()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "broker.pem")
    for number, name in enumerate(("writer", "reader")):
        tool = [str(Path(MOSQUITTO).parent.parent / "bin" / "mosquitto_passwd"), "-b", *(() if number else ("-c",))]
        subprocess.run([*tool, folder / "users", name, name[0]], check=True, capture_output=True)
    (folder / "rights").write_text(RIGHTS)
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        plain, tls = one.getsockname()[1], two.getsockname()[1]
    user = "user root" if os.geteuid() == 0 else ""
    (folder / "broker.conf").write_text(CONFIG.format(folder=folder, plain=plain, tls=tls, user=user))
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen([MOSQUITTO, "-c", folder / "broker.conf"], stdout=said, stderr=said)
    deadline = time.monotonic() + 20
    while not all(listens(port) for port in (plain, tls)):
        assert process.poll() is None, (folder / "said").read_text()
        assert time.monotonic() < deadline, "the broker does not begin"
        time.sleep(0.05)
    yield Mosquitto(plain, tls, authority.cert_pem.bytes().decode())
    process.terminate()
    process.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def heard(mosquitto):
    """What a listener of everything hears; the flags are told as they were published."""
    found, listening = queue.Queue(), queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set("reader", "r")
    client.on_message = lambda _client, _data, message: found.put(message)
    client.on_subscribe = lambda *_: listening.put(True)
    client.connect("127.0.0.1", mosquitto.plain)
    client.loop_start()
    client.subscribe("#", options=SubscribeOptions(qos=1, retainAsPublished=True))
    listening.get(timeout=10)
    yield found
    client.disconnect()
    client.loop_stop()


@pytest.mark.parametrize("tls", [False, True])
async def test_a_message_is_delivered_once_confirmed_and_not_retained(mosquitto, heard, tls):
    await MqttChannel(HERE).send(mosquitto.broker(tls=tls), "doorwatch/test/-", "ä".encode())
    got = heard.get(timeout=10)
    assert (got.topic, got.payload.decode(), got.qos, got.retain) == ("doorwatch/test/-", "ä", 1, False)


async def test_a_broker_of_another_authority_or_name_gets_nothing(mosquitto):
    stranger = trustme.CA().cert_pem.bytes().decode()
    by_address = Broker("127.0.0.1", mosquitto.tls, tls=True, login=Login("writer", "w", mosquitto.authority))
    for where in (mosquitto.broker(tls=True, authority=stranger), mosquitto.broker(tls=True, authority=""), by_address):
        with pytest.raises(DeliveryError, match=r"did not prove who it is .* give the authority") as refused:
            await MqttChannel(HERE).send(where, "doorwatch/x", b"m")
        assert refused.value.again


async def test_a_wrong_password_is_named_and_may_be_mended(mosquitto):
    with pytest.raises(DeliveryError, match=r"refused the connection .* check user and password") as refused:
        await MqttChannel(HERE).send(mosquitto.broker(password="wrong"), "doorwatch/x", b"m")
    assert refused.value.again


async def test_a_topic_without_the_right_to_write_there_is_told_and_not_tried_again(mosquitto):
    with pytest.raises(DeliveryError, match=r"does not take 'lights/all' .*let the user write there") as refused:
        await MqttChannel(HERE).send(mosquitto.broker(), "lights/all", b"m")
    assert not refused.value.again


async def test_an_incident_and_a_trial_arrive_as_the_document_that_posts_carry(
    db, make_service, place, store, mosquitto, heard
):
    account, change = place
    service = make_service(posts=WebhookChannel(HERE))
    where = Hook("", "Building", f"mqtt://127.0.0.1:{mosquitto.plain}", "", form=Form.MQTT, login=Login("writer", "w"))
    hook = db.write_sync(lambda conn: hooks.add_hook(conn, account, where, 0))
    store(service, account, change)
    await service.step()
    got = heard.get(timeout=10)
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (message.state, message.recipient) == ("sent", f"mqtt://127.0.0.1:{mosquitto.plain}")
    assert got.topic == "doorwatch/incident.created/Lobby east"
    assert json.loads(got.payload) == {**message.payload, "id": message.message_id}
    db.write_sync(lambda conn: service.trials.write_post(conn, account, hook.hook_id))
    await service.step()
    trial = heard.get(timeout=10)
    assert (trial.topic, json.loads(trial.payload)["type"]) == ("doorwatch/test/-", "test")


async def test_brokers_that_say_nothing_hold_up_nobody_else(mosquitto, heard):
    release = asyncio.Event()

    async def silent(_reader, writer):
        await release.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    channel, port = MqttChannel(HERE, seconds=20), server.sockets[0].getsockname()[1]
    waiting = [
        asyncio.ensure_future(channel.send(Broker("127.0.0.1", port, tls=False), "doorwatch/x", b"m"))
        for _ in range(40)
    ]
    await channel.send(mosquitto.broker(), "doorwatch/quick", b"m")
    assert heard.get(timeout=10).topic == "doorwatch/quick"
    assert not any(one.done() for one in waiting)
    release.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, DeliveryError) and one.again for one in told)
    server.close()


async def test_one_that_never_answers_is_given_up_in_time():
    async def swallow(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    where = Broker("127.0.0.1", server.sockets[0].getsockname()[1], tls=False)
    with pytest.raises(DeliveryError, match="did not confirm the message in time") as late:
        await MqttChannel(HERE, seconds=0.5).send(where, "doorwatch/x", b"m")
    assert late.value.again
    server.close()


async def test_a_broker_that_knows_the_old_protocol_alone_is_spoken_to_in_it():
    got = asyncio.get_running_loop().create_future()

    async def speak(reader, writer):
        hello = await reader.readexactly((await reader.readexactly(2))[1])
        level = hello[len(b"..MQTT")]
        writer.write(b"\x20\x02\x00\x00" if level == 4 else b"\x20\x02\x00\x01")
        if level == 4:
            kind, length = await reader.readexactly(2)
            body = await reader.readexactly(length)
            end = 2 + int.from_bytes(body[:2])
            writer.write(b"\x40\x02" + body[end : end + 2])
            got.set_result((kind, body[2:end], body[end + 2 :]))
            await reader.read()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    where = Broker("127.0.0.1", server.sockets[0].getsockname()[1], tls=False)
    await MqttChannel(HERE).send(where, "doorwatch/x", b"m")
    assert await got == (0x32, b"doorwatch/x", b"m"), "a PUBLISH with QoS 1 that is not retained"
    server.close()


async def test_where_nobody_listens_is_tried_again_and_what_is_forbidden_is_not():
    with pytest.raises(DeliveryError, match=r"can't be reached .* check host, port, TLS and firewall") as away:
        await MqttChannel(HERE).send(Broker("127.0.0.1", 1, tls=False), "doorwatch/x", b"m")
    assert away.value.again
    for host in ("127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "localhost"):
        with pytest.raises(DeliveryError, match="may not reach") as forbidden:
            await MqttChannel().send(Broker(host, 1883, tls=False), "doorwatch/x", b"m")
        assert not forbidden.value.again
