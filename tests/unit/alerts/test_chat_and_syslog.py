"""What Slack, Teams and SIEMs are sent, with names that try to break out."""

import json

import pytest

from doorwatch.alerts.channels import slack, syslog, teams
from doorwatch.alerts.channels.webhook import WebhookError
from doorwatch.alerts.channels.wording import facts, headline, one_line
from doorwatch.domain.time import from_iso

AT = from_iso("2026-01-05T18:02:11.5Z")
HOSTILE = [
    "a\nb\r\nc\x00\x1b[31m",
    "<!channel> <script>alert(1)</script> & <@U1>",
    "[click](https://evil.example) **bold** `code`",
    "🚪👨‍👩‍👧 Lobby",
    "\u202egnitagliat\u202c שער ראשי",
    "x" * 10_000,
    'q"]\\ | = |CEF:0|evil',
    "\ud800 half a letter",
    "\u2028line\u2029paragraph",
]


def document(name="Lobby east", kind="incident.created"):
    told = {
        "incident_id": "i1", "revision": 1, "kind": "tailgating", "state": "final", "coverage": "full",
        "door_id": "d1", "door": name, "camera": name, "site": name, "start": "2026-01-05T18:02:11.500000Z",
        "end": "2026-01-05T18:02:12.500000Z", "people": 2, "grants": 1, "excess": 1, "reason": name,
        "grant_ids": ["g1"], "url": "https://d/incidents/i1",
    }  # fmt: skip
    return {"type": kind, "id": "msg_1", "data": {"object": told}}


TRIAL = {"type": "test", "id": "msg_2", "data": {"object": {"text": "Posts from Doorwatch arrive."}}}


def test_the_headline_says_what_happened_where_and_that_it_is_news_of_something_told():
    assert headline(document()) == "Tailgating at Lobby east"
    assert headline(document(kind="incident.updated")) == "Update: Tailgating at Lobby east"
    assert headline(document(kind="incident.explained")) == "Explained: Tailgating at Lobby east"
    assert headline(TRIAL) == "Alerts from Doorwatch arrive"
    assert facts(TRIAL) == []


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_stays_one_line_that_turns_nothing_round(name):
    line = one_line(name)
    assert len(line) <= 300
    assert line.isprintable() or "👨" in line
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    line.encode()


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_in_slack_a_name_mentions_nobody_and_keeps_within_its_limits(name):
    told = slack.render(document(name))
    assert "<" not in told["text"]
    head, section, actions = told["blocks"]
    assert head["text"]["type"] == "plain_text"
    assert len(head["text"]["text"]) <= 150
    assert len(section["fields"]) <= 10
    assert {field["type"] for field in section["fields"]} == {"plain_text"}
    assert all(len(field["text"]) <= 2000 for field in section["fields"])
    assert actions["elements"][0]["url"] == "https://d/incidents/i1"
    json.dumps(told).encode()


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_in_teams_a_name_is_a_text_run_that_knows_no_markdown(name):
    told = teams.render(document(name))
    card = told["attachments"][0]["content"]
    assert {line["type"] for line in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for line in card["body"] for run in line["inlines"]} == {"TextRun"}
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Look at it", "url": "https://d/incidents/i1"}]
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 28_000


def test_a_link_that_is_no_web_address_is_left_out():
    told = document()
    told["data"]["object"]["url"] = "javascript:alert(1)"
    assert all(block["type"] != "actions" for block in slack.render(told)["blocks"])
    assert "actions" not in teams.render(told)["attachments"][0]["content"]


def test_a_trial_has_a_headline_alone():
    assert [block["type"] for block in slack.render(TRIAL)["blocks"]] == ["header"]
    assert len(teams.render(TRIAL)["attachments"][0]["content"]["body"]) == 1


def test_an_rfc_5424_message_has_priority_time_and_every_fact_as_structured_data():
    line = syslog.render(document(), AT).decode()
    assert line.startswith("<132>1 2026-01-05T18:02:11.500Z ")
    assert ' doorwatch - incident.created [doorwatch@32473 id="msg_1" incident_id="i1" ' in line
    assert ' people="2" ' in line
    assert line.endswith("] \ufeffTailgating at Lobby east Lobby east")


def test_what_was_accounted_for_and_a_trial_are_only_notices():
    assert syslog.render(document(kind="incident.explained"), AT).startswith(b"<133>1 ")
    assert syslog.render(TRIAL, AT).startswith(b"<133>1 ")
    assert b"|1|externalId=msg_2" in syslog.render_cef(TRIAL, AT)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_in_syslog_a_name_starts_no_line_and_ends_no_field(name):
    line = syslog.render(document(name), AT).decode()
    assert not set(line) & set("\n\r\x00\u2028\u2029")
    structured = line[line.index("[doorwatch@") : line.index(" \ufeff")]
    unescaped = structured.replace("\\\\", "").replace('\\"', "").replace("\\]", "")
    assert unescaped.count("]") == 1
    assert unescaped.count('"') == 2 * unescaped.count('="')


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_in_cef_a_name_adds_no_header_field_and_no_key(name):
    line = syslog.render_cef(document(name), AT).decode()
    event = line[line.index("CEF:0|") :].replace("\\\\", "").replace("\\|", "").replace("\\=", "")
    head = event.split("|", 7)
    assert head[:4] == ["CEF:0", "Doorwatch", "Doorwatch", head[3]]
    assert head[4:7] == ["incident.created:tailgating", head[5], "7"]
    # the header's seven bars are all that are bars; in the extension a bar means nothing
    assert head[7].count("=") == 19
    assert "\n" not in line


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("udp://siem.example", syslog.Collector("udp", "siem.example", 514)),
        ("tcp://siem.example:1514", syslog.Collector("tcp", "siem.example", 1514)),
        ("tls://[2001:db8::1]", syslog.Collector("tls", "2001:db8::1", 6514)),
    ],
)
def test_a_collector_is_read_from_an_address(url, found):
    assert syslog.collector(url) == found


@pytest.mark.parametrize("url", ["https://siem.example", "siem:514", "tls://", "tls://a/b", "tcp://u@a", "udp://[::1"])
def test_an_address_that_is_no_collectors_is_refused_with_the_cure(url):
    with pytest.raises(WebhookError, match=r"is no syslog address.*write it as tls://host:6514"):
        syslog.collector(url)
