"""Alerts from a stored incident to a mail that an SMTP server took, with a real database and real sockets."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from doorwatch.alerts.settings import AlertSettings, From, read_settings, save_settings
from doorwatch.alerts.templates import Template
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import SECOND
from doorwatch.domain.verdict import Change
from doorwatch.store import reviewing, verdicts
from doorwatch.store.alerting import deliveries, outbox
from doorwatch.store.people import users


async def test_a_final_incident_is_mailed_with_picture_link_and_explanation(service, inbox, place, store, desk):
    account, change = place
    service.pictures["i1"] = b"\xff\xd8picture"
    store(service, account, change, desk)
    assert await service.step() == 1
    mail = inbox.mails[0]
    assert mail["To"] == "desk@example.com"
    assert mail["Subject"] == "Tailgating at Lobby east: 2 in, 1 granted"
    text = mail.get_body(("plain",)).get_content()
    assert "2 people, 1 grant: the second had none" in text
    assert "http://d/share/i1" in text
    assert "09:00:02 CET" in text
    assert [part.get_content() for part in mail.walk() if part.get_content_type() == "image/jpeg"] == [
        b"\xff\xd8picture"
    ]
    assert await service.step() == 0


async def test_a_mail_waits_some_seconds_for_its_picture_and_then_goes_without(
    db, service, inbox, place, clock, store, desk
):
    account, change = place
    store(service, account, change, desk)
    await service.step()
    assert inbox.mails == []
    clock.advance(16)
    await service.step()
    assert "image/jpeg" not in [part.get_content_type() for part in inbox.mails[0].walk()]
    message = db.read_sync(lambda conn: outbox.list_messages(conn, account))[0]
    assert (message.state, message.attempts) == ("sent", 1)


async def test_an_incident_that_was_rolled_back_is_not_told(db, service, inbox, place, desk):
    account, change = place

    def work(conn):
        save_settings(conn, account, desk, 0)
        stored = verdicts.save(conn, account, change, 0)
        service.on_change(conn, account, change, stored)
        raise ValueError("the power went")

    with pytest.raises(ValueError, match="power"):
        db.write_sync(work)
    assert await service.step() == 0
    assert inbox.mails == []


async def test_the_same_change_told_twice_is_one_mail(service, inbox, place, store, desk):
    account, change = place
    service.pictures["i1"] = b"x"
    store(service, account, change, desk)
    store(service, account, change)
    assert await service.step() == 1
    assert len(inbox.mails) == 1


async def test_a_mail_server_that_is_busy_is_tried_again_with_growing_pauses(
    db, service, inbox, place, clock, store, desk
):
    account, change = place
    service.pictures["i1"] = b"x"
    store(service, account, change, desk)
    inbox.refusal = "451 later"
    await service.step()
    assert await service.step() == 0
    clock.advance(11)
    await service.step()
    waiting = db.read_sync(lambda conn: outbox.list_messages(conn, account))[0]
    assert (waiting.state, waiting.attempts) == ("waiting", 2)
    assert "451 later" in waiting.error
    inbox.refusal = None
    clock.advance(31)
    await service.step()
    assert len(inbox.mails) == 1


async def test_a_recipient_who_does_not_exist_is_given_up_and_shown(db, service, inbox, place, store, desk):
    account, change = place
    service.pictures["i1"] = b"x"
    store(service, account, change, desk)
    inbox.refusal = "550 no such user"
    await service.step()
    message = db.read_sync(lambda conn: outbox.list_messages(conn, account))[0]
    assert message.state == "failed"
    assert "550 no such user" in message.error


async def test_a_correction_follows_in_the_thread_of_the_alert(service, inbox, place, store, desk):
    account, change = place
    service.pictures["i1"] = b"x"
    store(service, account, change, desk)
    explained = replace(change.incident, state=IncidentState.EXPLAINED, excess=0, reason="No incident: a late grant")
    store(service, account, Change(explained, 2, previous=change.incident, correction=True))
    await service.step()
    await service.step()
    first, second = inbox.mails
    assert second["Subject"].startswith("Explained: ")
    assert second["In-Reply-To"] == first["Message-ID"]
    assert "No incident: a late grant" in second.get_body(("plain",)).get_content()


async def told_in_turn(service, clock, account, store, *changes):
    """Store each change, and deliver what it asks for."""
    for change in changes:
        service.pictures[change.incident.incident_id] = b"x"
        store(service, account, change)
        await service.step()
        clock.advance(10)


def other(change, name, **more):
    """Another incident at the same door."""
    return replace(change.incident, incident_id=name, **more)


async def test_an_incident_that_takes_another_over_goes_on_in_its_thread(service, inbox, place, clock, store, desk):
    account, change = place
    store(service, account, replace(change, alert=False), desk)
    first, taken = replace(change, revision=2), other(change, "i2", excess=2)
    gone = replace(change.incident, state=IncidentState.EXPLAINED, excess=0)
    await told_in_turn(
        service,
        clock,
        account,
        store,
        first,
        Change(taken, 1, alert=True, inherits=("i1",)),
        Change(gone, 3, previous=change.incident, superseded_by="i2"),
        Change(replace(taken, excess=3), 2, previous=taken, update=True),
        Change(replace(taken, state=IncidentState.EXPLAINED, excess=0), 3, previous=taken, correction=True),
    )
    assert [mail["Subject"].partition(":")[0] for mail in inbox.mails] == [
        "Tailgating at Lobby east",
        "Tailgating at Lobby east",
        "Update",
        "Explained",
    ]
    names = [mail["Message-ID"] for mail in inbox.mails]
    assert len(set(names)) == 4
    assert [mail["In-Reply-To"] for mail in inbox.mails] == [None, names[0], names[0], names[0]]
    assert [mail["References"] for mail in inbox.mails] == [None, names[0], names[0], names[0]]


async def test_a_takeover_that_alerted_nobody_anew_is_corrected_in_the_thread_of_the_first(
    service, inbox, place, clock, store, desk
):
    account, change = place
    store(service, account, replace(change, alert=False), desk)
    taken, last = other(change, "i2"), other(change, "i3")
    await told_in_turn(
        service,
        clock,
        account,
        store,
        replace(change, revision=2),
        Change(taken, 1, inherits=("i1",)),
        Change(replace(change.incident, state=IncidentState.EXPLAINED), 3, superseded_by="i2"),
        Change(last, 1, inherits=("i2",)),
        Change(replace(taken, state=IncidentState.EXPLAINED), 2, superseded_by="i3"),
        Change(replace(last, state=IncidentState.EXPLAINED, excess=0), 2, previous=last, correction=True),
    )
    alert, correction = inbox.mails
    assert correction["Subject"].startswith("Explained: ")
    assert correction["In-Reply-To"] == alert["Message-ID"]


async def test_who_was_told_of_the_second_incident_first_has_a_thread_that_begins_with_it(
    service, inbox, place, clock, store, desk
):
    account, change = place
    both = replace(desk, recipients=("desk@example.com", "night@example.com"))
    store(service, account, replace(change, alert=False), desk)
    taken = other(change, "i2", excess=2)
    await told_in_turn(service, clock, account, store, replace(change, revision=2))
    store(
        service, account, Change(replace(change.incident, state=IncidentState.EXPLAINED), 3, superseded_by="i2"), both
    )
    await told_in_turn(
        service,
        clock,
        account,
        store,
        Change(taken, 1, alert=True, inherits=("i1",)),
        Change(replace(taken, state=IncidentState.EXPLAINED, excess=0), 2, previous=taken, correction=True),
    )
    of = {to: [mail for mail in inbox.mails if mail["To"] == to] for to in both.recipients}
    assert [len(mails) for mails in of.values()] == [3, 2]
    for mails in of.values():
        assert [mail["In-Reply-To"] for mail in mails] == [None, *[mails[0]["Message-ID"]] * (len(mails) - 1)]


async def test_a_template_with_user_reaches_the_card_holder_of_the_grant(service, inbox, place, store, desk):
    account, change = place
    service.pictures["i1"] = b"x"
    template = Template("{{user}}, somebody followed you", "At {{door}}: {{event_link}}")
    store(service, account, change, replace(desk, template=template))
    await service.step()
    assert inbox.mails[0]["To"] == "ana@example.com"
    assert inbox.mails[0]["Subject"] == "Ana Rivera, somebody followed you"


async def test_settings_are_kept_and_a_fresh_account_tells_nobody(db, place, desk):
    account, _ = place
    assert db.read_sync(lambda conn: read_settings(conn, account)) == AlertSettings()
    wanted = replace(desk, template=Template("a", "b"))
    db.write_sync(lambda conn: save_settings(conn, account, wanted, 0))
    assert db.read_sync(lambda conn: read_settings(conn, account)) == wanted


async def test_a_trial_mail_goes_to_every_recipient(db, service, inbox, place, desk):
    account, _ = place
    both = replace(desk, recipients=("a@example.com", "b@example.com"))
    db.write_sync(lambda conn: save_settings(conn, account, both, 0))
    assert db.write_sync(lambda conn: service.trials.write_mails(conn, account, [])) == [
        "a@example.com",
        "b@example.com",
    ]
    await service.step()
    assert sorted(mail["To"] for mail in inbox.mails) == ["a@example.com", "b@example.com"]


async def test_the_worker_sends_as_soon_as_it_is_woken(service, inbox, place, store, desk):
    account, change = place
    service.pictures["i1"] = b"x"
    working = asyncio.create_task(service.run())
    await asyncio.sleep(0)
    store(service, account, change, desk)
    service.wake()
    async with asyncio.timeout(20):
        while not inbox.mails:
            await asyncio.sleep(0.01)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


def explained(change, revision=2):
    """The correction of an incident."""
    gone = replace(change.incident, state=IncidentState.EXPLAINED, excess=0)
    return Change(gone, revision, previous=change.incident, correction=True)


async def test_a_correction_goes_to_those_who_were_told_whoever_is_named_by_then(
    service, inbox, place, clock, store, desk
):
    account, change = place
    store(service, account, replace(change, alert=False), desk)
    await told_in_turn(service, clock, account, store, change)
    store(service, account, replace(change, alert=False), replace(desk, recipients=("new@example.com",), template=None))
    await told_in_turn(service, clock, account, store, explained(change))
    assert [mail["To"] for mail in inbox.mails] == ["desk@example.com"] * 2
    assert inbox.mails[1]["Subject"].startswith("Explained: Tailgating at Lobby east")


async def test_who_was_told_hears_that_an_incident_was_dismissed_and_that_it_is_open_again(
    db, service, inbox, place, clock, store, desk
):
    account, change = place
    store(service, account, replace(change, alert=False), desk)
    await told_in_turn(service, clock, account, store, change)

    def review(word, before):
        def work(conn):
            kept = reviewing.set_review(conn, account, "i1", word, clock.now(), by="Ana")
            service.on_review(conn, account, before, kept)

        db.write_sync(work)

    for before, word in [
        ("new", "confirmed"),
        ("confirmed", "dismissed"),
        ("dismissed", "dismissed"),
        ("dismissed", "new"),
    ]:
        review(word, before)
        await service.step()
        clock.advance(5)
    first, *later = inbox.mails
    assert [mail["Subject"].partition(":")[0] for mail in later] == ["Dismissed", "Open again"]
    assert {mail["In-Reply-To"] for mail in later} == {first["Message-ID"]}


async def test_nobody_hears_the_end_of_what_they_were_not_told(service, inbox, place, clock, store, desk):
    account, change = place
    store(service, account, change, replace(desk, template=None))
    store(service, account, explained(change), desk)
    assert await service.step() == 0
    assert inbox.mails == []


async def test_a_door_may_have_words_of_its_own_or_none(service, inbox, place, store, desk):
    account, change = place
    own = replace(desk, doors={change.incident.door: Template("Vault: {{door}}", "x")})
    store(service, account, change, own)
    service.pictures["i1"] = b"x"
    await service.step()
    assert inbox.mails[0]["Subject"] == "Vault: Lobby east"
    silent = replace(desk, doors={change.incident.door: None})
    store(service, account, Change(other(change, "i2"), 1, alert=True), silent)
    assert await service.step() == 0


async def test_without_recipients_the_owners_are_told(db, service, inbox, place, store, desk):
    account, change = place

    def people(conn):
        for name, role in (("olga", "owner"), ("gil", "view")):
            users.add_user(conn, account, email=f"{name}@example.com", name=name, role=role, password_hash=None, now=0)

    db.write_sync(people)
    store(service, account, change, replace(desk, recipients=()))
    service.pictures["i1"] = b"x"
    await service.step()
    assert [mail["To"] for mail in inbox.mails] == ["olga@example.com"]


async def test_an_account_has_a_sender_of_its_own(service, inbox, place, store, desk):
    account, change = place
    sender = From("security@example.org", "Front desk", "desk@example.org")
    store(service, account, change, replace(desk, sender=sender))
    service.pictures["i1"] = b"x"
    await service.step()
    mail = inbox.mails[0]
    assert mail["From"] == "Front desk <security@example.org>"
    assert mail["Reply-To"] == "desk@example.org"
    assert inbox.envelopes[0].mail_from == "security@example.org"


async def test_a_door_that_tells_at_once_is_told_before_the_verdict_is_final(service, inbox, place, clock, store, desk):
    account, change = place
    early = replace(change.incident, state=IncidentState.PROVISIONAL)
    store(service, account, Change(replace(early, excess=0), 1), replace(desk, at_once=frozenset({early.door})))
    await told_in_turn(
        service,
        clock,
        account,
        store,
        Change(early, 2),
        replace(change, revision=3),
        Change(replace(early, state=IncidentState.WITHDRAWN), 4),
    )
    assert [mail["Subject"].partition(":")[0] for mail in inbox.mails] == ["First report", "Explained"]


async def test_every_try_is_kept_with_its_answer(db, service, inbox, place, clock, store, desk):
    account, change = place
    service.pictures["i1"] = b"x"
    store(service, account, change, desk)
    inbox.refusal = "451 later"
    await service.step()
    clock.advance(11)
    inbox.refusal = None
    await service.step()
    message = db.read_sync(lambda conn: outbox.list_messages(conn, account))[0]
    tries = db.read_sync(lambda conn: deliveries.attempts_of(conn, account, message.message_id))
    assert [(one.number, one.error and "451 later" in one.error) for one in tries] == [(1, True), (2, None)]
    assert tries[1].began_at == tries[0].began_at + 11 * SECOND


async def test_a_test_of_a_template_tells_of_a_real_incident_and_is_no_part_of_its_story(
    db, service, inbox, place, clock, store, desk
):
    account, change = place
    service.pictures["i1"] = b"\xff\xd8"
    store(service, account, replace(change, alert=False), desk)
    words = Template("{{door}} for {{user}}", "{{snapshot}} {{event_link}}")
    db.write_sync(lambda conn: service.trials.write_mails(conn, account, ["me@example.com"], words, "i1"))
    await service.step()
    assert inbox.mails[0]["Subject"] == "[Test] Lobby east for Ana Rivera"
    assert "http://d/share/i1" in inbox.mails[0].get_body(("plain",)).get_content()
    store(service, account, explained(change))
    assert await service.step() == 0
