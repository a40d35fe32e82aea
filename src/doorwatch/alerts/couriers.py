"""From a message of the outbox to what its channel hands over: a mail with its picture, a signed post."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection

from doorwatch.alerts import browsers, callbacks, hooks
from doorwatch.alerts.channels import slack, syslog, teams
from doorwatch.alerts.channels.email import DeliveryError, Outgoing
from doorwatch.alerts.channels.mqtt.broker import broker, topic_of
from doorwatch.alerts.channels.mqtt.publish import MqttChannel
from doorwatch.alerts.channels.push.encryption import SubscriptionError, browser_keys
from doorwatch.alerts.channels.push.send import GoneError, Push, PushChannel
from doorwatch.alerts.channels.syslog import SyslogChannel
from doorwatch.alerts.channels.webhook import Delivery, WebhookChannel
from doorwatch.alerts.delivery import NotYet
from doorwatch.alerts.digests import digest_of
from doorwatch.alerts.hooks import Form
from doorwatch.alerts.images import WANTED, FindImages, images_of, worth_waiting
from doorwatch.alerts.message import Content, Sender, build, name_of
from doorwatch.alerts.settings import AddressError, check_addresses
from doorwatch.alerts.templates import Template
from doorwatch.alerts.withholding import DIGEST
from doorwatch.domain.time import SECOND, Clock, Micros
from doorwatch.store.alerting import subscriptions
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.errors import UnknownError

PICTURE_WAIT = 15 * SECOND
"""How long a mail waits for its picture before it goes without."""

_BODIES: Mapping[Form, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    Form.JSON: lambda document: document,
    Form.SLACK: slack.render,
    Form.TEAMS: teams.render,
}
_SYSLOG_LINES: Mapping[Form, Callable[[Mapping[str, Any], Micros], bytes]] = {
    Form.SYSLOG: syslog.render,
    Form.CEF: syslog.render_cef,
}

FindPicture = Callable[[str, str], Awaitable[bytes | None]]


class MailChannel(Protocol):
    """What can take a mail."""

    async def hand_over(self, mail: Outgoing) -> None:
        """Hand it over. Raises DeliveryError."""
        ...

    async def close(self) -> None:
        """Let go of what is kept open."""
        ...


class MailCourier:
    """Mails: waits for the picture of the incident, then hands over to the mail server.

    `taken` is told of a message in the moment in which the server has it, and since when it was handed over.
    """

    channel = "email"

    def __init__(
        self,
        db: Database,
        server: MailChannel,
        sender: Sender,
        picture: FindPicture,
        clock: Clock,
        taken: Callable[[Message, Micros], None] = lambda _message, _began: None,
    ) -> None:
        self._taken = taken
        self._db = db
        self._server = server
        self._sender = sender
        self._picture = picture
        self._clock = clock

    async def deliver(self, message: Message) -> None:
        """Hand over. Raises DeliveryError, or NotYet while the picture is on its way."""
        payload, began = message.payload, self._clock.now()
        try:
            check_addresses([message.recipient])
        except AddressError as error:
            raise DeliveryError(str(error), again=False) from None
        if DIGEST in payload:
            payload = {**payload, **await self._db.read(lambda conn: digest_of(conn, message, began))}
        wanted = bool(message.incident_id and payload.get("picture"))
        picture = await self._picture(message.account_id, message.incident_id or "") if wanted else None
        if wanted and picture is None and self._clock.now() < message.created_at + PICTURE_WAIT:
            raise NotYet
        content = Content(
            to=message.recipient,
            template=Template(payload["template"]["subject"], payload["template"]["body"]),
            values=payload["values"],
            name=name_of(message),
            first=payload.get("first"),
            at=message.created_at,
            picture=picture,
            thread_domain=self._sender.address.rpartition("@")[2],
        )
        mail, began = build(content, self._sender_of(payload.get("sender") or {})), self._clock.now()
        await self._server.hand_over(replace(mail, taken=partial(self._taken, message, began)))

    def _sender_of(self, wished: Mapping[str, str]) -> Sender:
        """As the account wishes; what it leaves open is as the installation says."""
        ours = self._sender
        return Sender(
            wished.get("address") or ours.address,
            wished.get("name") or ours.name,
            wished.get("reply_to") or ours.reply_to,
        )


class HookCourier:
    """Posts, syslog and MQTT: the address and secrets are read when it is sent, so a change holds for what waits too."""

    channel = hooks.CHANNEL

    def __init__(self, db: Database, channel: WebhookChannel, clock: Clock) -> None:
        self._syslog = SyslogChannel(channel.reach)
        self._mqtt = MqttChannel(channel.reach)
        self._db = db
        self._channel = channel
        self._clock = clock

    async def deliver(self, message: Message) -> None:
        """Post. Raises DeliveryError."""
        account, hook_id, now = message.account_id, message.rule_id or "", self._clock.now()
        try:
            hook = await self._db.read(lambda conn: hooks.get_hook(conn, account, hook_id))
        except UnknownError:
            raise DeliveryError("the webhook was removed", again=False) from None
        document = {**message.payload, "id": message.message_id}
        if hook.form in _SYSLOG_LINES:
            await self._syslog.send(syslog.collector(hook.url), _SYSLOG_LINES[hook.form](document, message.created_at))
            return
        if hook.form is Form.MQTT:
            topic = topic_of(hook.topic, document)
            await self._mqtt.send(broker(hook.url, hook.login), topic, hooks.encoded(document))
            return
        body = hooks.encoded(_BODIES[hook.form](document))
        await self._channel.send(Delivery(hook.url, hook.secrets_at(now), message.message_id, body), now)


class CallCourier:
    """Posts to callbacks: address, method, headers and secrets are read when it is sent."""

    channel = callbacks.CHANNEL

    def __init__(self, db: Database, channel: WebhookChannel, clock: Clock, images: FindImages) -> None:
        self._db = db
        self._channel = channel
        self._clock = clock
        self._images = images

    async def deliver(self, message: Message) -> None:
        """Post. Raises DeliveryError, or NotYet while pictures are on their way."""
        account, callback_id, now = message.account_id, message.rule_id or "", self._clock.now()
        try:
            callback = await self._db.read(lambda conn: callbacks.get_callback(conn, account, callback_id))
        except UnknownError:
            raise DeliveryError("the callback was removed", again=False) from None
        told = {**message.payload, "id": message.message_id}
        asked = told.pop(WANTED, None)
        if asked is not None and callback.images:
            found = await self._images(account, callback_id, [one["moment_id"] for one in asked])
            if worth_waiting(asked, found, now - message.created_at):
                raise NotYet
            told["images"] = images_of(asked, found)
        hook, body = callback.hook, hooks.encoded(told)
        post = Delivery(hook.url, hook.secrets_at(now), message.message_id, body, hook.method, hook.headers)
        await self._channel.send(post, now)


class BrowserCourier:
    """Notifications in browsers: where each goes is read when it is sent, so one that was removed gets nothing more."""

    channel = browsers.CHANNEL

    def __init__(self, db: Database, server: PushChannel, clock: Clock) -> None:
        self._db = db
        self._server = server
        self._clock = clock

    async def deliver(self, message: Message) -> None:
        """Hand over; a browser that is gone is forgotten. Raises DeliveryError."""
        account, browser, now = message.account_id, message.rule_id or "", self._clock.now()
        left = browsers.WORTH - (now - message.created_at)
        if left <= 0:
            raise DeliveryError("it was hours too late to be told", again=False)
        address = await self._db.read(
            lambda conn: subscriptions.address_of(conn, account, browser) if browsers.allowed(conn, account) else None
        )
        if address is None:
            raise DeliveryError("this browser is not notified any more", again=False)
        payload = message.payload
        if DIGEST in payload:
            payload = await self._db.read(lambda conn: _digest(conn, message, now))
        try:
            keys = browser_keys(address.p256dh, address.auth)
        except SubscriptionError as error:
            raise DeliveryError(str(error), again=False) from None
        push = Push(
            address.endpoint,
            keys,
            browsers.encoded(payload, message.created_at),
            payload["tag"],
            left // SECOND,
            "high" if browsers.is_urgent(payload) else "normal",
        )
        try:
            await self._server.send(push, now)
        except GoneError:
            with contextlib.suppress(UnknownError):
                await self._db.write(lambda conn: subscriptions.remove(conn, account, browser))
            raise


def _digest(conn: Connection, message: Message, now: Micros) -> dict[str, str]:
    said = digest_of(conn, message, now)
    tag = browsers.tag_of(message.thread or message.message_id)
    return {"type": DIGEST, "title": said["title"], "body": "They wait for review.", "path": said["path"], "tag": tag}
