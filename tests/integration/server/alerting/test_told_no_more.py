"""Who is not told any more when it is sent: taken off, removed, silenced."""

from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from doorwatch.accounts import users as people
from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.roles import Role
from doorwatch.alerts import watching
from doorwatch.alerts.addressees import NO_WORDS
from doorwatch.alerts.examples import DESK
from doorwatch.alerts.settings import Overdue
from doorwatch.alerts.system import SystemSettings, save_system
from doorwatch.alerts.times import Hours
from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import DAY, MINUTE, SECOND


async def test_who_is_taken_off_the_recipients_gets_nothing_that_waits_but_the_end_of_what_they_were_told(
    either, clock
):
    either.settings(template=DESK, recipients=("guard@example.com", "desk@example.com"))
    either.incident(alert=True)
    clock.advance(20)
    assert len(await either.mails()) == 2
    either.incident(revision=2, update=True)
    either.incident("i2", alert=True)
    clock.advance(20)
    either.settings(template=DESK, recipients=("DESK@example.com",))
    clock.advance(1)
    either.incident(state=IncidentState.EXPLAINED, revision=3, correction=True)
    either.incident("i2", state=IncidentState.EXPLAINED, revision=2, correction=True)
    sent = await either.mails()
    assert [subject for subject, to in sent if to == "guard@example.com"] == [
        "Explained: Tailgating at Lobby east: 2 in, 1 granted"
    ]
    assert len([to for _, to in sent if to == "desk@example.com"]) == 4
    taken_off = [one for one in either.withheld if "taken off" in one.error]
    assert sorted(one.subject.partition(" ")[0] for one in taken_off) == ["Explained:", "Tailgating", "Update:"]


@pytest.mark.parametrize("how", ["removed", "barred", "listed", "still there"])
async def test_who_was_removed_from_the_account_does_not_hear_the_end_of_what_they_were_told(either, clock, how):
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    about = {"now": clock.now(), "by": "Olga"}
    gil = either.write(
        lambda conn, account: people.add_user(
            conn,
            account,
            passwords,
            email="gil@example.com",
            password="a long enough password",
            role=Role.VIEW,
            **about,
        )
    )
    either.settings(template=DESK, recipients=("gil@example.com",))
    either.incident(alert=True)
    clock.advance(20)
    await either.mails()
    either.settings(template=DESK, recipients=("gil@example.com",) if how == "listed" else ("desk@example.com",))
    about["now"] = clock.now()
    if how == "barred":
        either.write(lambda conn, account: people.set_disabled(conn, account, gil.user_id, disabled=True, **about))
    elif how != "still there":
        either.write(lambda conn, account: people.remove(conn, account, gil.user_id, **about))
    clock.advance(1)
    either.review("i1", "dismissed")
    heard = [to for _, to in await either.mails()]
    assert heard == (["gil@example.com"] if how in {"listed", "still there"} else [])


async def test_who_is_told_of_the_system_no_more_gets_nothing_that_waits(building, clock):
    building.write(lambda conn, account: save_system(conn, account, SystemSettings(recipients=("it@example.com",)), 0))
    building.event("DoorForcedOpen")
    await building.follower.follow()
    building.write(lambda conn, account: save_system(conn, account, SystemSettings(), 0))
    clock.advance(1)
    assert await building.mails() == []
    assert "taken off" in building.withheld[0].error


async def test_who_was_told_of_a_trouble_is_told_that_it_is_over_whoever_is_named_by_then(either, clock):
    either.write(lambda conn, account: save_system(conn, account, SystemSettings(recipients=("it@example.com",)), 0))
    either.event("DoorForcedOpen")
    await either.follower.follow()
    assert [to for _, to in await either.mails()] == ["it@example.com"]
    changed = SystemSettings(off=frozenset({Trouble.DOOR_FORCED}), recipients=("desk@example.com",))
    either.write(lambda conn, account: save_system(conn, account, changed, 0))
    either.event("DoorForcedOpen", "dock")
    clock.advance(5)
    either.event("DoorClose")
    either.event("DoorClose", "dock")
    await either.follower.follow()
    clock.advance(1)
    assert await either.mails() == [("Lobby east is closed again", "it@example.com")]


@pytest.mark.parametrize("off", ["everywhere", "at this door"])
async def test_words_that_are_emptied_hold_back_what_waits_but_the_end_of_what_was_told(either, clock, off):
    words = {"template": DESK, "recipients": ("desk@example.com",), "overdue": Overdue(10, ("boss@example.com",))}
    either.settings(**words)
    either.incident(alert=True)
    clock.advance(20)
    await either.mails()
    either.incident(revision=2, update=True)
    either.incident("i2", alert=True)
    either.incident("i3", door="dock", alert=True)
    clock.advance(11 * MINUTE / SECOND)
    await either.follower.look()
    either.settings(**words | ({"template": None} if off == "everywhere" else {"doors": {either.doors["lobby"]: None}}))
    either.review("i1", "dismissed")
    clock.advance(20)
    sent = [f"{subject.split()[0]} {to.partition('@')[0]}" for subject, to in await either.mails()]
    left = [] if off == "everywhere" else ["Tailgating desk"]
    assert sorted(sent) == ["Dismissed: boss", "Dismissed: desk", *["Not boss"] * 3, *left]
    assert {(one.error, one.recipient) for one in either.withheld} == {(NO_WORDS, "desk@example.com")}


async def test_an_alert_that_names_somebody_no_more_tells_them_nothing_that_waits(building, clock):
    rule = building.rule("tailgating", recipients=("a@example.com", "b@example.com"), quiet=Hours("00:00", "23:59"))
    building.incident(alert=True)
    await building.follower.follow()
    left = replace(rule, recipients=("b@example.com",))
    building.write(lambda conn, account: watching.save_rule(conn, account, left, clock.now()))
    clock.advance(DAY / SECOND)
    assert [to for _, to in await building.mails()] == ["b@example.com"]


async def test_a_reminder_that_is_silenced_takes_no_correction_of_what_went_out_with_it(building, clock):
    building.settings(template=DESK, overdue=Overdue(10))
    building.incident(alert=True)
    clock.advance(20)
    await building.mails()
    clock.advance(11 * MINUTE / SECOND)
    await building.follower.look()
    clock.advance(1)
    building.silence("lobby")
    clock.advance(1)
    building.incident(state=IncidentState.EXPLAINED, revision=2, correction=True)
    assert [subject.partition(":")[0] for subject, _ in await building.mails()] == ["Explained"]
    assert [one.error.partition(" until")[0] for one in building.withheld] == ["silenced by Ana"]
