"""Pushes as the standards say: the published example of RFC 8291, the signature of RFC 8292, and where they may not go."""

import base64

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from doorwatch.alerts import browsers
from doorwatch.alerts.channels.push.encryption import (
    LONGEST,
    BrowserKeys,
    SubscriptionError,
    browser_keys,
    encrypt,
    in_text,
    public_bytes,
)
from doorwatch.alerts.channels.push.send import check_endpoint
from doorwatch.alerts.channels.push.vapid import Signer, new_key
from doorwatch.domain.time import HOUR, SECOND, from_iso
from doorwatch.store.alerting.subscriptions import Subscription

AT = from_iso("2026-01-05T18:02:11.5Z")
TO = Subscription("acc", "b1", "u1", "olga@example.com", "Chrome on Linux", "ff", AT)


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def private(text):
    return ec.derive_private_key(int.from_bytes(raw(text), "big"), ec.SECP256R1())


def test_the_published_example_comes_out_byte_by_byte():
    keys = browser_keys(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        keys,
        ours=private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=raw("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert in_text(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_no_two_pushes_of_the_same_words_are_alike_and_none_is_too_large_for_a_push_service():
    browser = ec.generate_private_key(ec.SECP256R1())
    keys = BrowserKeys(public_bytes(browser), b"s" * 16)
    first, second = encrypt(b"x" * LONGEST, keys), encrypt(b"x" * LONGEST, keys)
    assert first[:16] != second[:16]
    assert first[86:] != second[86:]
    assert len(first) < 4096
    with pytest.raises(ValueError, match="at most"):
        encrypt(b"x" * (LONGEST + 1), keys)


GOOD = in_text(public_bytes(private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")))


@pytest.mark.parametrize(
    ("p256dh", "auth", "field"),
    [
        ("", "BTBZMqHH6r4Tts7J_aSIgg", "p256dh"),
        ("!!", "BTBZMqHH6r4Tts7J_aSIgg", "p256dh"),
        (in_text(b"\x04" + b"\x01" * 64), "BTBZMqHH6r4Tts7J_aSIgg", "p256dh"),
        (in_text(raw(GOOD)[:33]), "BTBZMqHH6r4Tts7J_aSIgg", "p256dh"),
        (GOOD, "BTBZ", "auth"),
        (GOOD, "ä", "auth"),
    ],
)
def test_keys_that_no_browser_gives_are_refused_where_they_stand(p256dh, auth, field):
    with pytest.raises(SubscriptionError) as refused:
        browser_keys(p256dh, auth)
    assert refused.value.field == field


def test_the_signature_is_good_for_one_push_service_and_half_a_day():
    signer = Signer.of(new_key(), "mailto:doorwatch@example.com")
    told = signer.authorization("https://push.example:8443/send/secret?x=1", AT)
    token, key = told.removeprefix("vapid t=").split(", k=")
    assert raw(key)[0] == 4
    assert len(raw(key)) == 65
    claims = jwt.decode(
        token,
        signer.key.public_key(),
        algorithms=["ES256"],
        audience="https://push.example:8443",
        options={"verify_exp": False},
    )
    assert claims["exp"] == (AT + 12 * HOUR) // SECOND
    assert claims["sub"] == "mailto:doorwatch@example.com"
    assert "secret" not in str(claims)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/x",
        "https://",
        "https://user:word@push.example/x",
        "file:///etc/passwd",
        "https://[::1/x",
        "https://push.example/" + "x" * 1000,
        "",
    ],
)
def test_an_address_that_no_push_service_has_is_refused(endpoint):
    with pytest.raises(SubscriptionError) as refused:
        check_endpoint(endpoint)
    assert refused.value.field == "endpoint"


def test_a_notification_names_no_person_and_no_link_that_works_without_signing_in():
    told = {
        "kind": "tailgating", "door": "Lobby \u202eeast\n", "site": "HQ", "camera": "Lobby inside", "people": 2, "grants": 1,
        "excess": 1, "reason": "Ana Rivera used her badge, somebody followed", "start": "2026-01-05T18:02:11.5Z",
        "url": "https://d/share/secret",
    }  # fmt: skip
    document = {"type": "incident.created", "data": {"object": told}}
    draft = browsers.draft(document, TO, name="i1:1", thread="i1", path="/incidents/i1", place="HQ, 18:02:11 CET")
    sent = browsers.encoded(draft.payload, AT).decode()
    assert '"title":"Tailgating at Lobby east"' in sent
    assert '"body":"HQ, 18:02:11 CET"' in sent
    assert '"path":"/incidents/i1"' in sent
    assert "Rivera" not in sent
    assert "share" not in sent
    assert draft.recipient == "olga@example.com (Chrome on Linux)"
    assert len(sent) < LONGEST


def test_words_about_one_thread_take_each_others_place_and_their_tag_tells_nothing():
    assert browsers.tag_of("i1") == browsers.tag_of("i1") != browsers.tag_of("i2")
    assert len(browsers.tag_of("x" * 500)) == 32
    assert browsers.is_urgent({"type": "incident.created"})
    assert not browsers.is_urgent({"type": "incident.explained"})
