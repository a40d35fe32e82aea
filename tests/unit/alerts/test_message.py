import email
import email.policy
import re

import pytest

from doorwatch.alerts.examples import DESK
from doorwatch.alerts.message import Content, Sender, build
from doorwatch.alerts.templates import Template
from doorwatch.domain.time import from_iso

AT = from_iso("2026-01-05T18:02:11Z")
VALUES = {
    "kind": "tailgating",
    "door": "Lobby east",
    "people_count": "2",
    "granted_count": "1",
    "reason": "2 people, 1 grant",
    "event_link": "https://door.example/share/abc",
}


def mail(**changes):
    fields = {
        "to": "desk@example.com",
        "template": DESK,
        "values": VALUES,
        "name": "incident-1.1",
        "at": AT,
        "picture": b"\xff\xd8jpeg",
    }
    return parsed(build(Content(**(fields | changes)), Sender("doorwatch@example.com")))


def parsed(outgoing):
    return email.message_from_bytes(outgoing.content, policy=email.policy.default)


def test_a_mail_has_text_html_and_the_picture_inside():
    message = mail()
    assert message["Subject"] == "tailgating at Lobby east: 2 in, 1 granted"
    assert message["To"] == "desk@example.com"
    assert message["From"] == "Doorwatch <doorwatch@example.com>"
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/jpeg"]
    _, text, _, page, picture = message.walk()
    assert "https://door.example/share/abc" in text.get_content()
    assert picture["Content-ID"].strip("<>") in page.get_content()
    assert picture.get_content() == b"\xff\xd8jpeg"


def test_without_a_picture_the_mail_still_goes():
    message = mail(picture=None)
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "cid:" not in message.as_string()


def test_the_same_mail_sent_again_has_the_same_message_id():
    assert mail()["Message-ID"] == mail()["Message-ID"] == "<incident-1.1@example.com>"
    assert "In-Reply-To" not in mail()


@pytest.mark.parametrize("name", ["rule:event 5\r\nBcc: x@y.example", "<a@b>", "Tür", "n" * 300, ".dot", "\ud800"])
def test_a_name_that_no_id_may_have_is_one_all_the_same_and_always_the_same(name):
    first, update = mail(name=name), mail(name="incident-1.2", first=name)
    assert re.fullmatch(r"<[0-9a-f]{40}@example\.com>", first["Message-ID"])
    assert update["In-Reply-To"] == first["Message-ID"]
    assert "Bcc" not in first
    *_, page, picture = first.walk()
    assert picture["Content-ID"].strip("<>") in page.get_content()


def test_an_update_is_threaded_under_the_first_mail():
    update = mail(name="incident-1.2", first="incident-1.1")
    assert update["Message-ID"] == "<incident-1.2@example.com>"
    assert update["In-Reply-To"] == update["References"] == "<incident-1.1@example.com>"


def test_names_beyond_ascii_arrive_as_they_are():
    message = mail(template=Template("{{door}}", "{{door}}"), values={"door": "Empfang Süd 北"})
    assert message["Subject"] == "Empfang Süd 北"
    assert "Empfang Süd 北" in message.get_body(("plain",)).get_content()
    message.as_bytes()


def test_a_value_with_a_line_break_can_not_add_a_header():
    message = mail(template=Template("At {{door}}", "x"), values={"door": "x\r\nBcc: all@example.com"})
    assert "Bcc" not in message
    assert message["Subject"] == "At x Bcc: all@example.com"


HOSTILE = [
    "a\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>{{user}}{{7*7}}",
    "🚪👨‍👩‍👧‍👦\u202egnp.exe\u2066",
    "x" * 10_000,
    "\ud800 half a letter",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_doors_people_and_senders_make_a_mail_that_is_whole_and_harmless(name):
    names = dict.fromkeys(["door", "user", "camera", "site", "reason"], name)
    template = Template("{{door}} {{user}}", "{{user}}\n\n{{reason}} {{snapshot}}\n\n{{event_link}}")
    content = Content("a@example.com", template, VALUES | names, "i.1", AT, picture=b"\xff\xd8")
    read = parsed(build(content, Sender("d@example.com", name, "r@example.com")))
    assert not [part.defects for part in read.walk() if part.defects]
    assert set(read.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "MIME-Version", "Content-Type"),
    }
    assert read["To"] == "a@example.com"
    assert len(read["Subject"]) <= 250
    page = read.get_body(("html",)).get_content()
    assert "<script" not in page
    assert page.count("<img") == 1
    assert len(page) < 12_000
    for part in ("plain", "html"):
        assert not set(read.get_body((part,)).get_content()) & set("\u202e\u2066")


NAMES = ["Doorwatch", "Empfang Süd", 'Desk "East", Inc.', "門" * 90, "x" * 95, "", "a@b <c>", "=?utf-8?q?x?="]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("address", ["d@example.com", "büro@example.com"])
def test_the_sender_is_read_as_it_was_written_and_no_line_is_longer_than_mails_allow(name, address):
    content = Content("a@example.com", Template("{{door}}", "x"), {"door": f"{name} " * 4}, "i.1", AT)
    sent = build(content, Sender(address, name)).content
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    head = sent.partition(b"\r\n\r\n")[0]
    assert f"<{address}>" in head.decode() or head.startswith(f"From: {address}\r\n".encode())
    if address.isascii() and name != NAMES[-1]:
        assert head.isascii()
        assert max(map(len, head.split(b"\r\n"))) <= 130
        [sender] = parsed(build(content, Sender(address, name)))["From"].addresses
        # Python 3.11 leaves the blanks between encoded words that RFC 2047 says are none.
        assert sender.display_name.replace(" ", "") == name.replace(" ", "")


def test_text_of_any_shape_arrives_as_it_was_and_every_line_ends_as_smtp_wants():
    text = "first\n.\n..dots\n" + "long " * 300 + "\ntrailing blank \nFrom me\r\nümlaut = 3D\n"
    outgoing = build(
        Content("a@example.com", Template("x", "{{reason}}"), {"reason": "r"}, "i.1", AT), Sender("d@example.com")
    )
    assert b"\n" not in outgoing.content.replace(b"\r\n", b"")
    body = parsed(
        build(Content("a@example.com", Template("x", text), {}, "i.1", AT), Sender("d@example.com"))
    ).get_body(("plain",))
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == text.replace("\r\n", "\n").rstrip("\n")
