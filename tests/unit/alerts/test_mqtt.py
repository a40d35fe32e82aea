"""Brokers' addresses, topics that no name can break, and whose password goes where."""

from dataclasses import replace

import pytest
import trustme

from doorwatch.alerts import hooks
from doorwatch.alerts.channels.mqtt.broker import (
    TOPIC,
    Broker,
    BrokerError,
    Login,
    broker,
    check_topic,
    topic_of,
    trust,
)
from doorwatch.alerts.hooks import Form, Hook

INCIDENT = {
    "type": "incident.created",
    "id": "m1",
    "data": {"object": {"kind": "tailgating", "door": "Lobby east", "door_id": "d1", "site": "HQ"}},
}


def test_an_address_names_host_port_and_whether_the_broker_proves_itself():
    assert broker("mqtts://b.example", Login()) == Broker("b.example", 8883, tls=True)
    assert broker("mqtt://10.0.0.5:1884/", Login("u", "p")) == Broker(
        "10.0.0.5", 1884, tls=False, login=Login("u", "p")
    )
    assert broker("mqtts://[fd00::1]", Login()).host == "fd00::1"


@pytest.mark.parametrize(
    ("url", "login", "field"),
    [
        ("https://b.example", Login(), "url"),
        ("mqtt://", Login(), "url"),
        ("b.example:1883", Login(), "url"),
        ("mqtt://b.example/topic", Login(), "url"),
        ("mqtt://b.example?x=1", Login(), "url"),
        ("mqtt://u:p@b.example", Login(), "url"),
        ("mqtt://[::1", Login(), "url"),
        ("mqtt://b.example", Login(authority="x"), "authority"),
        ("mqtts://b.example", Login(password="p"), "username"),
    ],
)
def test_what_can_be_no_broker_is_refused_where_it_stands(url, login, field):
    with pytest.raises(BrokerError) as refused:
        broker(url, login)
    assert refused.value.field == field


def test_an_authority_is_a_certificate_and_never_a_key():
    authority = trustme.CA()
    trust(authority.cert_pem.bytes().decode())
    for text, words in (
        ("nonsense", "no certificate in PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "no certificate in PEM"),
        ("ä", "no certificate in PEM"),
        (authority.private_key_pem.bytes().decode(), "holds a private key"),
    ):
        with pytest.raises(BrokerError, match=words) as refused:
            trust(text)
        assert refused.value.field == "authority"


def test_messages_of_one_door_or_kind_can_be_listened_to():
    assert topic_of(TOPIC, INCIDENT) == "doorwatch/incident.created/Lobby east"
    assert topic_of("{{site}}/{{kind}}/{{ door_id }}", INCIDENT) == "HQ/tailgating/d1"
    assert topic_of(TOPIC, {"type": "test", "data": {"object": {"text": "x"}}}) == "doorwatch/test/-"


@pytest.mark.parametrize(
    ("door", "level"),
    [
        ("a/b", "a_b"),
        ("+", "_"),
        ("#", "_"),
        ("$SYS", "_SYS"),
        ("a\x00b\nc", "a_b_c"),
        ("\u202egnit", "_gnit"),
        ("\ud800", "_"),
        ("   ", "-"),
        (None, "-"),
        ("x" * 10_000, "x" * 100),
        ("🚪 Tür", "🚪 Tür"),
    ],
)
def test_no_name_makes_another_topic(door, level):
    document = {**INCIDENT, "data": {"object": {**INCIDENT["data"]["object"], "door": door}}}
    topic = topic_of("{{door}}/x", document)
    assert topic == f"{level}/x"
    topic.encode()


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("", "is empty"),
        ("a/{{dor}}", r"column 3\) has {{dor}}, which is no variable; did you mean {{door}}"),
        ("a/{{door", r"column 3\) has a brace"),
        ("a/+/b", r"column 3\) has \+"),
        ("{{door}}/#", r"column 10\) has #"),
        ("$SYS/x", "begins with"),
        ("a\x00", "can't be seen"),
    ],
)
def test_a_topic_that_cannot_be_sent_under_is_told_with_the_place(topic, words):
    with pytest.raises(BrokerError, match=words) as refused:
        check_topic(topic)
    assert refused.value.field == "topic"


HOOK = Hook("h1", "Building", "mqtts://b.example", "", form=Form.MQTT, login=Login("u", "p"))


def test_a_password_stays_where_it_was_given_for():
    assert hooks.kept_login(HOOK, HOOK.url, Login("u"), None).password == "p"
    assert hooks.kept_login(HOOK, "mqtts://evil.example", Login("u"), "new").password == "new"
    assert hooks.kept_login(HOOK, HOOK.url, Login("u"), "").password == ""
    for url, login in (
        ("mqtts://evil.example", Login("u")),
        ("mqtt://b.example", Login("u")),
        (HOOK.url, Login("v")),
        (HOOK.url, replace(Login("u"), authority="other")),
    ):
        with pytest.raises(BrokerError, match="give it again") as refused:
            hooks.kept_login(HOOK, url, login, None)
        assert refused.value.field == "password"
