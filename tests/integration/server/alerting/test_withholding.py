"""What is held back, gathered or told again: silences, fire, storms with their digests, and what nobody reviews."""

import html
import re
from dataclasses import replace
from urllib.parse import urlencode

from doorwatch.alerts.digests import digest_of
from doorwatch.alerts.examples import DESK
from doorwatch.alerts.message import body_of, text_of
from doorwatch.alerts.settings import Overdue
from doorwatch.alerts.templates import Template
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import MINUTE, to_iso
from doorwatch.store import (
    reviewing,
)
from doorwatch.store.alerting import outbox


async def test_a_silence_holds_mails_back_says_why_and_ends(building, clock):
    building.settings(template=DESK)

    building.silence("lobby")
    building.incident(alert=True)
    assert building.told == []
    assert building.withheld[0].error.startswith("silenced by Ana until")
    assert building.withheld[0].error.endswith("Fire drill")
    clock.advance(3601)
    building.incident("i2", alert=True)
    assert len(building.told) == 1


async def test_a_silence_that_begins_before_a_mail_went_out_holds_it_back_and_what_follows_it(building, clock):
    building.settings(template=DESK)
    building.incident(alert=True)
    building.incident("i2", door="dock", alert=True)
    clock.advance(20)
    building.incident(revision=2, update=True)
    building.silence("lobby")
    clock.advance(1)
    assert [subject for subject, _ in await building.mails()] == ["Tailgating at Dock: 2 in, 1 granted"]
    assert {one.error.partition(" until")[0] for one in building.withheld} == {"silenced by Ana"}
    assert len(building.withheld) == 2
    mine = next(one for one in building.withheld if one.subject.startswith("Tailgating"))
    building.write(lambda conn, account: outbox.again(conn, account, mine.message_id, clock.now()))
    assert len(await building.mails()) == 1, "who asks for one all the same gets it"


async def test_while_a_fire_release_is_on_nobody_is_told_of_tailgating(building, clock):
    building.settings(template=DESK)
    building.event("DoorPullStationActivated", "dock")
    await building.follower.follow()
    building.incident(alert=True)
    assert building.withheld[0].error == "not told while a fire release is on at Dock"
    building.event("DoorPullStationNormal", "dock")
    await building.follower.follow()
    clock.advance(1)
    building.incident("i2", alert=True)
    assert building.subjects == [
        "A fire release is on at Dock",
        "The fire release at Dock is over",
        "Tailgating at Lobby east: 2 in, 1 granted",
    ]


async def test_five_hundred_incidents_in_a_minute_become_a_few_mails_and_a_digest(building):
    building.settings(template=DESK, storm=10)
    for number in range(500):
        building.incident(f"i{number}", alert=True)
    assert len(building.told) == 11
    assert len(building.withheld) == 490
    digest = next(
        one
        for one in building.db.read_sync(lambda conn: outbox.list_messages(conn, building.account, limit=500))
        if "digest" in one.payload
    )
    assert digest.due_at > building.clock.now()
    said = building.db.read_sync(lambda conn: digest_of(conn, digest, building.clock.now()))
    door, minute = building.doors["lobby"], building.clock.now() // MINUTE * MINUTE
    span = urlencode({"review": "all", "since": to_iso(minute, 0), "until": to_iso(minute + MINUTE, 0)}, safe=":")
    assert said["path"] == f"/incidents?{span}"
    text = text_of(Template(**said["template"]), said["values"])
    assert f"Lobby east: 490\nhttp://d/incidents?{span}&door={door}" in text
    page = body_of(Template(**said["template"]), said["values"], None)
    assert re.findall(r'href="([^"]*)"', page) == [html.escape(f"http://d/incidents?{span}&door={door}")]


async def test_a_digest_of_several_doors_leads_to_each_and_to_all_and_one_of_a_version_before_to_none(building):
    building.settings(template=DESK, storm=1)
    for number, door in enumerate(("lobby", "lobby", "dock", "dock", "dock")):
        building.incident(f"i{number}", door=door, alert=True)
    told = building.db.read_sync(lambda conn: outbox.list_messages(conn, building.account))
    digest = next(one for one in told if "digest" in one.payload)
    span = {"from": 0, "until": building.clock.now() + MINUTE}

    def said(**more):
        asked = replace(digest, payload={"digest": {**span, **more}})
        found = building.db.read_sync(lambda conn: digest_of(conn, asked, building.clock.now()))
        return text_of(Template(**found["template"]), found["values"])

    lines = said(base="https://door.example").splitlines()
    assert lines[2].startswith("Dock: 3")
    assert lines[3].startswith("https://door.example/incidents?")
    assert lines[5].startswith("Lobby east: 1")
    assert lines[-1].startswith("All of them: https://door.example/incidents?")
    assert "incidents?" not in said()


async def test_who_got_a_digest_hears_once_a_minute_what_became_of_what_it_told(building, clock):
    building.settings(template=DESK, storm=2)
    for number in range(6):
        building.incident(f"i{number}", alert=True)
    clock.advance(100)
    assert len(await building.mails()) == 3
    digest = building.letterbox.mails[-1]
    for number in (3, 4):
        building.review(f"i{number}", "dismissed")
    building.incident("i5", IncidentState.EXPLAINED, revision=2, correction=True)
    clock.advance(61)
    assert await building.mails() == [("Update: 3 of 4 incidents are settled", "olga@example.com")]
    news = building.letterbox.mails[-1]
    assert news["In-Reply-To"] == digest["Message-ID"]
    assert "The other 1 stand." in news.get_body(("plain",)).get_content()


async def test_an_incident_that_nobody_reviews_is_told_again_and_to_others(building, clock):
    building.settings(template=DESK, overdue=Overdue(10, ("boss@example.com",), 2))
    building.incident(alert=True)
    for _ in range(4):
        await building.follower.look()
        await building.follower.look()
        clock.advance(600)
    assert (
        building.told[1:]
        == [
            ("Not reviewed: Tailgating at Lobby east: 2 in, 1 granted", "boss@example.com"),
        ]
        * 2
    )


async def test_a_silence_holds_back_that_nobody_reviewed(building, clock):
    building.settings(template=DESK, overdue=Overdue(10))
    building.incident(alert=True)
    building.silence("lobby")
    clock.advance(700)
    await building.follower.look()
    assert [one.subject for one in building.withheld] == ["Not reviewed: Tailgating at Lobby east: 2 in, 1 granted"]


async def test_what_was_reviewed_is_not_told_again(building, clock):
    building.settings(template=DESK, overdue=Overdue(10))
    building.incident(alert=True)
    building.write(lambda conn, account: reviewing.set_review(conn, account, "i1", "confirmed", clock.now(), by="Ana"))
    clock.advance(700)
    await building.follower.look()
    assert len(building.told) == 1
