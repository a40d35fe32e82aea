"""Which broker gets the messages, how one proves oneself there, and under which topic each message goes."""

import difflib
import re
import ssl
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from doorwatch.alerts.channels.webhook import WebhookError

PORTS = {"mqtt": 1883, "mqtts": 8883}
TOPIC = "doorwatch/{{type}}/{{door}}"
"""Where messages go when nobody says otherwise: `doorwatch/#` hears all, `doorwatch/+/Lobby east` one door."""

TOPIC_VARIABLES = ("type", "kind", "site", "door", "door_id")
_LONGEST_LEVEL = 100
_PLACE = re.compile(r"\{\{\s*([A-Za-z_]*)\s*\}\}")
# What separates or joins levels, and what begins the broker's own topics.
_MEANING = frozenset("/+#$")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})


class BrokerError(WebhookError):
    """Something about a broker that can't be used; `field` says what."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Login:
    """How one is let in at a broker, and how the broker proves itself.

    User and password may be empty. The broker's certificate has to descend from `authority`, a PEM text; when it is empty,
    from one of the system's.
    """

    username: str = ""
    password: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where messages go; with `tls` the broker has to prove its name."""

    host: str
    port: int
    tls: bool
    login: Login = field(default_factory=Login)


def broker(url: str, login: Login) -> Broker:
    """A broker out of `mqtts://host:8883` or `mqtt://host:1883`. Raises BrokerError."""
    example = "write it as mqtts://host:8883 or mqtt://host:1883"
    try:
        parsed = URL(url)
        host, port = parsed.host, parsed.port or PORTS.get(parsed.scheme, 0)
    except ValueError as error:
        raise BrokerError(f"{url!r} is no broker's address ({error}): {example}", "url") from None
    if parsed.user or parsed.password:
        raise BrokerError("a broker's address carries no user and password: give them in their own fields", "url")
    if parsed.scheme not in PORTS or not host or parsed.path.strip("/") or parsed.query_string:
        raise BrokerError(f"{url!r} is no broker's address: {example}", "url")
    if login.authority and parsed.scheme != "mqtts":
        raise BrokerError("an authority is for mqtts:// alone: nothing is checked over mqtt://", "authority")
    if login.password and not login.username:
        raise BrokerError("a password goes with a user: give the user, too", "username")
    return Broker(host, port, parsed.scheme == "mqtts", login)


def trust(authority: str) -> ssl.SSLContext:
    """What a broker's certificate is checked against. Raises BrokerError for an authority that is none."""
    context = _Named(ssl.PROTOCOL_TLS_CLIENT)
    if not authority:
        context.load_default_certs()
        return context
    if "PRIVATE KEY" in authority:
        text = "the authority holds a private key, which belongs to its owner alone: give the certificate only"
        raise BrokerError(text, "authority")
    try:
        # Bundles carry remarks, in any letters.
        context.load_verify_locations(cadata=authority.encode("ascii", "replace").decode())
    except (ssl.SSLError, ValueError) as error:
        text = f"the authority is no certificate in PEM ({error}): paste it whole, from -----BEGIN CERTIFICATE----- on"
        raise BrokerError(text, "authority") from None
    return context


class _Named(ssl.SSLContext):
    """Checks a certificate against the broker's name although the connection goes to an address that was looked at."""

    name: str | None = None

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **{**options, "server_hostname": self.name or options.get("server_hostname")})


def named(context: ssl.SSLContext, host: str) -> ssl.SSLContext:
    """The same, for the broker of this name."""
    if isinstance(context, _Named):
        context.name = host
    return context


def check_topic(topic: str) -> None:
    """Raise BrokerError for a topic that messages can't be sent under, with the place of what is wrong."""
    if not topic.strip():
        raise BrokerError(f"the topic is empty: write one such as {TOPIC}", "topic")
    for match in _PLACE.finditer(topic):
        if match[1] not in TOPIC_VARIABLES:
            near = difflib.get_close_matches(match[1], TOPIC_VARIABLES, 1)
            meant = f"did you mean {{{{{near[0]}}}}}? " if near else ""
            known = ", ".join(TOPIC_VARIABLES)
            text = (
                f"the topic (column {match.start() + 1}) has {match[0]}, which is no variable; {meant}known are {known}"
            )
            raise BrokerError(text, "topic")
    rest = _PLACE.sub(lambda match: "x" * len(match[0]), topic)
    for at, one in enumerate(rest):
        if one in "{}":
            raise BrokerError(f"the topic (column {at + 1}) has a brace that makes no {{{{variable}}}}", "topic")
        if one in "+#" or unicodedata.category(one) in _UNSEEN:
            shown = one if one in "+#" else "a character that can't be seen"
            text = f"the topic (column {at + 1}) has {shown}, which only those who listen may write: take it out"
            raise BrokerError(text, "topic")
    if topic.startswith("$"):
        raise BrokerError("the topic (column 1) begins with $, which is the broker's own: take it out", "topic")


def topic_of(topic: str, document: Mapping[str, Any]) -> str:
    """The topic of one message: no value can begin a level of its own, and what a message has not is `-`."""
    told = {**document["data"]["object"], "type": document["type"]}
    return _PLACE.sub(lambda match: _level(told.get(match[1])), topic)


def _level(value: object) -> str:
    text = "" if value is None else str(value)[:_LONGEST_LEVEL]
    kept = "".join("_" if one in _MEANING or unicodedata.category(one) in _UNSEEN else one for one in text)
    return kept.strip() or "-"
