"""What quiet hours held: a few mails or one for each, and what it still tells by then."""

import re
from dataclasses import replace

import pytest

from doorwatch.alerts import watching
from doorwatch.alerts.system import SystemSettings, save_system
from doorwatch.alerts.times import Hours
from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import HOUR, SECOND


async def test_what_waits_for_the_end_of_quiet_hours_is_one_mail_for_each_where_it_is_more_than_a_few(either, clock):
    # The clock says nine in the morning in Vienna.
    either.write(lambda conn, account: save_system(conn, account, SystemSettings(off=frozenset(Trouble)), 0))
    quiet = Hours("00:00", "10:00")
    either.rule("tailgating", recipients=("few@example.com", "many@example.com"), quiet=quiet)
    either.rule('"forced open"', recipients=("many@example.com",), quiet=quiet)
    either.settings(storm=2)
    for number in range(6):
        either.incident(f"i{number}", door=("lobby", "dock")[number % 2], alert=True)
    for _ in range(2):
        either.event("DoorForcedOpen", "dock")
    await either.follower.follow()
    either.incident("i1", state=IncidentState.EXPLAINED, revision=2, correction=True)
    for number in range(3, 6):
        either.review(f"i{number}", "dismissed")
    assert await either.mails() == [], "no digest of a storm wakes anybody in quiet hours"
    clock.advance(HOUR / SECOND)
    few = await either.mails()
    assert few == [("Watch: Tailgating at Lobby east", "few@example.com")] * 2
    clock.advance(2)
    assert await either.mails() == [("2 incidents and 2 matches of searches in quiet hours", "many@example.com")]
    text = either.letterbox.mails[-1].get_body(("plain",)).get_content().replace("\r", "")
    assert "Lobby east: 2\nhttp://d/incidents?" in text
    assert re.search(
        r"Watch: Door forced open at Dock\nDoor: Dock, Local time: .* CET?\nhttp://d/search\?moment=", text
    )


async def test_who_got_the_digest_of_quiet_hours_hears_in_its_thread_what_became_of_what_it_told(building, clock):
    building.rule("tailgating", quiet=Hours("00:00", "10:00"))
    for number in range(20):
        building.incident(f"i{number}", alert=True)
    await building.follower.follow()
    clock.advance(HOUR / SECOND)
    assert await building.mails() == []
    clock.advance(2)
    assert await building.mails() == [("20 incidents in quiet hours", "olga@example.com")]
    building.review("i3", "dismissed")
    clock.advance(61)
    assert await building.mails() == [("Update: 1 of 20 incidents are settled", "olga@example.com")]
    digest, news = building.letterbox.mails
    assert news["In-Reply-To"] == digest["Message-ID"]


@pytest.mark.parametrize("how", ["silence", "taken off", "all explained"])
async def test_a_digest_tells_nothing_that_would_not_be_told_by_itself_any_more(building, clock, how):
    rule = building.rule("tailgating", recipients=("a@example.com",), quiet=Hours("00:00", "10:00"))
    for number in range(5):
        building.incident(f"i{number}", door="dock" if number else "lobby", alert=True)
    await building.follower.follow()
    clock.advance(HOUR / SECOND)
    assert await building.mails() == []
    if how == "silence":
        building.silence("dock")
    elif how == "taken off":
        left = replace(rule, recipients=("b@example.com",))
        building.write(lambda conn, account: watching.save_rule(conn, account, left, clock.now()))
    else:
        for number in range(5):
            building.incident(f"i{number}", state=IncidentState.EXPLAINED, revision=2, correction=True)
    clock.advance(2)
    sent = await building.mails()
    if how == "silence":
        assert sent == [("1 incident in quiet hours", "a@example.com")]
    else:
        assert sent == []
        assert "nothing of what it tells of is left to be told" in {one.error for one in building.withheld}
