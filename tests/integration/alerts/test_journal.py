"""A server that was killed between a hand-over and its note sends nothing twice when it is back."""

import asyncio

import pytest

from doorwatch.alerts.journal import Journal
from doorwatch.alerts.noting import NoteBook
from doorwatch.store.alerting import deliveries, outbox
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.engine.errors import StoreError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "handed-over.journal"


@pytest.fixture
def claimed(db, place, clock):
    """Two messages that a worker has claimed."""
    account, _ = place

    def work(conn):
        for name in ("first", "second"):
            outbox.write(conn, account, Draft(name, "email", f"{name}@example.com", name), clock.now())
        return deliveries.claim(conn, clock.now(), "email")

    return db.write_sync(work)


def told(db, account):
    return {m.subject: m.state for m in db.read_sync(lambda conn: outbox.list_messages(conn, account))}


async def test_what_was_handed_over_is_noted_at_the_next_start_and_what_was_claimed_beside_is_free(
    db, place, clock, path, claimed
):
    account, _ = place
    first, second = sorted(claimed, key=lambda message: message.subject)
    NoteBook(db, Journal(path), lambda *_: None).handed_over(first, clock.now(), clock.now() + 7)
    # Here the server is killed: nothing of it is in the database.
    assert told(db, account) == {"first": "waiting", "second": "waiting"}
    await NoteBook(db, Journal(path), lambda *_: None).recover()
    assert told(db, account) == {"first": "sent", "second": "waiting"}
    [again] = db.write_sync(lambda conn: deliveries.claim(conn, clock.now(), "email"))
    assert again.message_id == second.message_id
    [attempt] = db.read_sync(lambda conn: deliveries.attempts_of(conn, account, first.message_id))
    assert (attempt.ended_at - attempt.began_at, attempt.error) == (7, None)


async def test_what_is_noted_leaves_the_file_and_is_noted_once(db, place, clock, path, claimed):
    account, _ = place
    journal, tried = Journal(path), []
    book = NoteBook(db, journal, lambda _account, message, fate: tried.append((message.subject, fate)))
    first = claimed[0]
    now = clock.now()
    book.handed_over(first, now, now)
    kept = path.read_bytes()
    await book.note(first, deliveries.Outcome(account, first.message_id, "sent", now, now))
    assert path.read_bytes() == b""
    assert tried == [(first.subject, "sent")]
    # Killed between the commit and this: the line is still there and says nothing new.
    path.write_bytes(kept)
    await NoteBook(db, Journal(path), lambda *_: None).recover()
    assert len(db.read_sync(lambda conn: deliveries.attempts_of(conn, account, first.message_id))) == 1


async def test_a_mail_that_was_taken_before_its_connection_broke_is_not_sent_again(
    db, make_service, inbox, place, clock, store, desk, path
):
    async def broken(server, _session, envelope):
        inbox.envelopes.append(envelope)
        server.transport.write(b"250-taken\r\n")
        server.transport.close()
        return "250 and gone"

    account, change = place
    inbox.handle_DATA = broken
    service = make_service(journal=path)
    service.pictures["i1"] = b"x"
    store(service, account, change, desk)
    await service.step()
    clock.advance(60)
    assert await service.step() == 0
    assert len(inbox.envelopes) == 1
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (message.state, path.read_bytes()) == ("sent", b"")


@pytest.mark.parametrize("rubbish", [b"", b"acc\tmsg\t1\t", b"\x00" * 64, b"a\tb\tc\td\n", b"\xff\xfe\n\n\t\t\t\n"])
def test_a_line_that_a_power_cut_left_is_skipped(path, rubbish):
    path.write_bytes(b"acc\tmsg_1\t5\t6\n" + rubbish)
    assert [(one.account_id, one.message_id, one.ended_at) for one in Journal(path).read()] == [("acc", "msg_1", 6)]


def test_a_disk_that_takes_nothing_stops_no_mail(tmp_path):
    journal = Journal(tmp_path / "no" / "such" / "folder")
    journal.add("acc", "msg", 1, 2)
    assert "msg" in journal
    journal.settle(["msg"])
    assert "msg" not in journal


def test_a_file_that_grew_under_a_steady_storm_is_written_anew_with_what_is_open(path):
    journal = Journal(path)
    journal.add("acc", "open", 1, 2)
    for number in range(30_000):
        journal.add("acc" * 10, f"msg_{number}", 1, 2)
    journal.settle(f"msg_{number}" for number in range(30_000))
    assert path.read_bytes() == b"acc\topen\t1\t2\n"
    journal.add("acc", "later", 3, 4)
    assert [one.message_id for one in Journal(path).read()] == ["open", "later"]
    journal.close()


async def test_what_the_database_did_not_take_is_noted_with_the_next_and_is_not_sent_again_meanwhile(
    db, place, clock, path, claimed, monkeypatch
):
    account, _ = place
    book = NoteBook(db, Journal(path), lambda *_: None)
    first, second = claimed
    now = clock.now()

    async def refuse(_work):
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(db, "write", refuse)
        book.handed_over(first, now, now)
        await book.note(first, deliveries.Outcome(account, first.message_id, "sent", now, now))
    assert book.has(first)
    await asyncio.gather(book.note(second, deliveries.Outcome(account, second.message_id, "failed", now, now, "no")))
    assert told(db, account) == {first.subject: "sent", second.subject: "failed"}
    assert not book.has(first)
