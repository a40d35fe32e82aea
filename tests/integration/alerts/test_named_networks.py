"""A server that may send alerts to named networks alone: every way out that somebody types the address of."""

import pytest

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.mqtt.broker import Broker
from doorwatch.alerts.channels.mqtt.publish import MqttChannel
from doorwatch.alerts.channels.push.send import PushChannel
from doorwatch.alerts.channels.syslog import Collector, SyslogChannel
from doorwatch.alerts.channels.webhook import Delivery, WebhookChannel
from doorwatch.domain.reach import Reach, networks

NAMED = Reach(networks("10.7.0.0/16"), only=True)
OTHERS = ["8.8.8.8", "10.8.0.1", "192.168.1.20", "127.0.0.1", "localhost", "::ffff:8.8.8.8", "2001:4860:4860::8888"]


def webhook(reach, host):
    delivery = Delivery(f"http://{_written(host)}:9/in", ("s",), "d1", b"{}")
    return WebhookChannel(reach, seconds=0.2).send(delivery, 0)


def syslog(reach, host):
    return SyslogChannel(reach, seconds=0.2).send(Collector("tcp", host, 9), b"m")


def broker(reach, host):
    return MqttChannel(reach, seconds=0.2).send(Broker(host, 9, tls=False), "doorwatch/x", b"m")


def _written(host):
    return f"[{host}]" if ":" in host else host


@pytest.mark.parametrize("host", OTHERS)
@pytest.mark.parametrize("send", [webhook, syslog, broker])
async def test_no_other_address_is_knocked_at(send, host):
    with pytest.raises(DeliveryError, match="DOORWATCH_WEBHOOK_NETWORKS") as refused:
        await send(NAMED, host)
    assert not refused.value.again


@pytest.mark.parametrize("send", [webhook, syslog, broker])
async def test_a_named_network_is(send):
    with pytest.raises(DeliveryError, match="can't be reached") as tried:
        await send(Reach(networks("127.0.0.1/32"), only=True), "127.0.0.1")
    assert tried.value.again


@pytest.mark.parametrize("host", OTHERS)
def test_nor_is_a_push_service_though_it_is_at_a_public_address(host):
    address = "127.0.0.1" if host == "localhost" else host
    with pytest.raises(OSError, match="DOORWATCH_WEBHOOK_NETWORKS"):
        PushChannel(None, NAMED)._refuse("push.example", address)
    PushChannel(None, NAMED)._refuse("push.example", "10.7.1.1")
    PushChannel(None)._refuse("push.example", "8.8.8.8")
