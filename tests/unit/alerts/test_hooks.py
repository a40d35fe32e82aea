import hashlib
import hmac
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from doorwatch.alerts import hooks
from doorwatch.alerts.callbacks import TROUBLES
from doorwatch.alerts.channels.webhook import WebhookError, check_address, signature
from doorwatch.alerts.hooks import Hook
from doorwatch.alerts.rules import NoticeKind
from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import DAY, SECOND, from_iso

AT = from_iso("2026-01-05T18:02:11.5Z")
INCIDENT = Incident(
    "i1", "d1", IncidentKind.TAILGATING, IncidentState.FINAL, AT, AT + SECOND, 2, 1, 1, 0, CoverageState.FULL,
    "2 people, 1 grant", ("c1", "c2"), ("c2",), ("g1",),
)  # fmt: skip
PLACES = {"door": "Lobby «east»", "camera": "Lobby camera", "site": "HQ", "event": "https://d/i/i1"}
HOOK = Hook("h1", "SIEM", "https://siem.example/in", "s1")


def test_the_signature_can_be_checked_with_nothing_but_the_secret_the_header_and_the_body():
    body = b'{"id":"m1"}'
    header = signature(["s1", "s0"], AT, body)
    time, *marks = [part.partition("=") for part in header.split(",")]
    assert time[2] == str(AT // SECOND)
    for (name, _, mark), secret in zip(marks, ["s1", "s0"], strict=True):
        assert name == "v1"
        assert mark == hmac.new(secret.encode(), f"{time[2]}.".encode() + body, hashlib.sha256).hexdigest()


def test_another_body_time_or_secret_gives_another_signature():
    told = {signature(["s"], AT, b"a"), signature(["s"], AT, b"b"), signature(["t"], AT, b"a")}
    assert len(told | {signature(["s"], AT + SECOND, b"a")}) == 4


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://host/x", "is no web address"),
        ("siem.example/in", "is no web address"),
        ("https://", "is no web address"),
        ("https://user:word@host/x", "no user and password"),
        ("http://[::1/x", "is no web address"),
        ("file:///etc/passwd", "is no web address"),
    ],
)
def test_an_address_that_is_none_is_refused_with_the_cure(url, words):
    with pytest.raises(WebhookError, match=words):
        check_address(url)


def test_a_webhook_hears_of_the_kinds_and_doors_that_it_asked_for():
    assert HOOK.wants(INCIDENT)
    assert not replace(HOOK, enabled=False).wants(INCIDENT)
    assert replace(HOOK, kinds=(IncidentKind.TAILGATING,), doors=("d1",)).wants(INCIDENT)
    assert not replace(HOOK, kinds=(IncidentKind.POSSIBLE_TAILGATING,)).wants(INCIDENT)
    assert not replace(HOOK, doors=("d2",)).wants(INCIDENT)


def test_for_a_day_after_a_rotation_both_secrets_sign():
    rotated = replace(HOOK, secret="new", secret_before="old", rotated_at=AT)
    assert rotated.secrets_at(AT + DAY - 1) == ("new", "old")
    assert rotated.secrets_at(AT + DAY) == ("new",)
    assert HOOK.secrets_at(AT) == ("s1",)


def test_the_document_says_what_happened_in_words_and_as_data():
    told = hooks.document(INCIDENT, 3, NoticeKind.UPDATE, PLACES)
    assert told["type"] == "incident.updated"
    assert told["data"]["object"] == {
        "incident_id": "i1",
        "revision": 3,
        "kind": "tailgating",
        "state": "final",
        "coverage": "full",
        "door_id": "d1",
        "door": "Lobby «east»",
        "camera": "Lobby camera",
        "site": "HQ",
        "start": "2026-01-05T18:02:11.500000Z",
        "end": "2026-01-05T18:02:12.500000Z",
        "people": 2,
        "grants": 1,
        "excess": 1,
        "reason": "2 people, 1 grant",
        "grant_ids": ["g1"],
        "url": "https://d/i/i1",
    }
    assert json.loads(hooks.encoded(told)) == told


def test_secrets_are_long_and_never_the_same():
    made = {hooks.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(secret.startswith("dwhook_") and len(secret) > 40 for secret in made)


def test_the_guide_lists_every_type_of_post_and_every_trouble():
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "alerts.md").read_text()
    types = {*hooks.EVENTS.values(), "search.matched", "system.begun", "system.over", "test"}
    rows = [line for line in guide.splitlines() if line.startswith("| `")]
    listed = {word for row in rows for word in re.findall(r"`([a-z_.]+)`", row.split("|")[1])}
    assert types | {trouble.value for trouble in Trouble} <= listed
    assert {word for word in listed if word.startswith(("incident.", "system.", "search."))} <= types | set(TROUBLES)
    document = hooks.document(INCIDENT, 1, NoticeKind.ALERT, PLACES)["data"]["object"]
    shown = guide[guide.index('"object": {') : guide.index("}}}")]
    assert set(re.findall(r'"(\w+)":', shown)) - {"object"} == set(document)
