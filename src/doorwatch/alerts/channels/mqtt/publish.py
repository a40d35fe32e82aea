"""Hands one message to a broker: QoS 1, not retained; delivered means that the broker has confirmed it.

The library works with threads, so each hand-over has one: as many as messages can be under way. In a pool that others
share, a few brokers that do not answer would hold up what has nothing to do with them.
"""

import asyncio
import secrets
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.channels.guard import ForbiddenError
from doorwatch.alerts.channels.mqtt.broker import Broker, BrokerError, named, trust
from doorwatch.alerts.channels.resolving import resolved
from doorwatch.domain.reach import Reach

_EVERYWHERE = Reach()
_SECONDS = 10.0
_AT_ONCE = 64
_LOOK_SECONDS = 0.2
_OLD_PROTOCOL = 0x84
# Nobody mends these by waiting: not authorized for the topic, a topic or a payload that the broker does not take.
_FOR_GOOD = frozenset({0x87, 0x90, 0x95, 0x99})
_LOGIN = frozenset({0x86, 0x87, 0x8A})


class MqttChannel:
    """Publishes to brokers, a connection each time. `reach` is where it may go."""

    def __init__(self, reach: Reach = _EVERYWHERE, *, seconds: float = _SECONDS) -> None:
        self._reach = reach
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mqtt")

    async def send(self, where: Broker, topic: str, body: bytes) -> None:
        """Publish; returns when the broker has confirmed it.

        Raises DeliveryError: `again` is false for forbidden networks, and for topics that the broker does not grant.
        """
        given_up = threading.Event()
        try:
            async with asyncio.timeout(self._seconds):
                address = await resolved(where.host, where.port, self._reach)
            task = _Task(where, address, topic, body, time.monotonic() + self._seconds, given_up)
            await asyncio.get_running_loop().run_in_executor(self._pool, _publish, task)
        except ForbiddenError as error:
            raise DeliveryError(str(error), again=False) from None
        except BrokerError as error:
            raise DeliveryError(str(error), again=False) from None
        except ssl.SSLCertVerificationError as error:
            text = f"{_of(where)} did not prove who it is ({error.verify_message})"
            raise DeliveryError(
                f"{text}; give the authority of its certificate, and its name as it stands there", again=True
            ) from error
        except (OSError, ssl.SSLError, ValueError) as error:
            why = str(error) or f"no answer within {self._seconds:g} s"
            raise DeliveryError(
                f"{_of(where)} can't be reached ({why}); check host, port, TLS and firewall", again=True
            ) from error
        finally:
            given_up.set()


@dataclass(frozen=True, slots=True)
class _Task:
    where: Broker
    address: str
    topic: str
    body: bytes
    until: float
    given_up: threading.Event

    @property
    def left(self) -> float:
        """Seconds that remain, by the machine's own time."""
        return self.until - time.monotonic()


@dataclass(slots=True)
class _Progress:
    """What the broker has said so far."""

    confirmed: bool = False
    too_new: bool = False
    refusal: DeliveryError | None = None
    ended: bool = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.confirmed or self.too_new or self.refusal is not None or self.ended


def _publish(task: _Task) -> None:
    """Version 5 of the protocol says why something is refused; brokers that do not know it get version 3.1.1."""
    for version in (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311):
        progress = _talk(task, version)
        if progress.confirmed:
            return
        if progress.refusal is not None:
            raise progress.refusal
        if not progress.too_new:
            break
    why = "it hung up" if progress.ended else "it did not confirm the message in time"
    raise DeliveryError(f"{_of(task.where)} can't be used ({why}); see its log", again=True)


def _talk(task: _Task, version: MQTTProtocolVersion) -> _Progress:
    progress = _Progress()
    client = _client(task, version, progress)
    client.connect_timeout = max(0.1, task.left)
    client.connect(task.address, task.where.port, keepalive=max(1, int(task.left)))
    try:
        while not progress.is_over and task.left > 0 and not task.given_up.is_set():
            if client.loop(_LOOK_SECONDS) is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                progress.ended = True
    finally:
        client.disconnect()
    return progress


def _client(task: _Task, version: MQTTProtocolVersion, progress: _Progress) -> paho.Client:
    where = task.where
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"doorwatch-{secrets.token_hex(6)}", protocol=version)
    if where.login.username:
        client.username_pw_set(where.login.username, where.login.password or None)
    if where.tls:
        client.tls_set_context(named(trust(where.login.authority), where.host))

    def connected(
        client: paho.Client, _data: object, _flags: paho.ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.value == _OLD_PROTOCOL and version is MQTTProtocolVersion.MQTTv5:
            progress.too_new = True
        elif code.is_failure:
            progress.refusal = _refused(where, code)
        else:
            client.publish(task.topic, task.body, qos=1, retain=False)

    def published(_client: paho.Client, _data: object, _id: int, code: ReasonCode, _more: Properties | None) -> None:
        if code.is_failure:
            text = f"{_of(where)} does not take {task.topic!r} ({code}); let the user write there, or change the topic"
            progress.refusal = DeliveryError(text, again=code.value not in _FOR_GOOD)
        else:
            progress.confirmed = True

    client.on_connect = connected
    client.on_publish = published
    return client


def _refused(where: Broker, code: ReasonCode) -> DeliveryError:
    cure = "check user and password" if code.value in _LOGIN else "see its log"
    return DeliveryError(f"{_of(where)} refused the connection ({code}); {cure}", again=True)


def _of(where: Broker) -> str:
    return f"the MQTT broker {where.host}:{where.port}"
