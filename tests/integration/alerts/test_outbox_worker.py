"""The worker that empties the outbox, with a real database and couriers that do what they are told."""

import asyncio
import errno

import pytest
from sqlalchemy import select, update

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.delivery import OutboxWorker
from doorwatch.alerts.journal import Journal
from doorwatch.alerts.noting import NoteBook
from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, SystemClock
from doorwatch.store import tenants
from doorwatch.store.alerting import deliveries, outbox
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.engine.errors import StoreBusyError
from doorwatch.store.schema.alerting import outbox as outbox_rows


class Courier:
    """Takes everything, but refuses who is in `down`, has `faults` with some, and waits for `gate` with who is `stuck`."""

    channel = "webhook"

    def __init__(self):
        self.taken = []
        self.tried = []
        self.down = set()
        self.stuck = set()
        self.faults = {}
        self.gate = asyncio.Event()

    async def deliver(self, message):
        self.tried.append(message.recipient)
        if message.recipient in self.stuck:
            await self.gate.wait()
        if message.recipient in self.faults:
            raise self.faults[message.recipient]
        if message.recipient in self.down:
            raise DeliveryError("nobody answers", again=True)
        self.taken.append((message.recipient, message.message_id))


@pytest.fixture
async def courier():
    return Courier()


@pytest.fixture
async def book(db):
    return NoteBook(db, Journal(None), lambda *_: None)


@pytest.fixture
def account(db):
    made, _, _ = db.write_sync(lambda conn: tenants.ensure_default(conn, 0))
    return made.account_id


@pytest.fixture
def queue(db, account, clock):
    def put(recipient, count=1, start=0):
        def work(conn):
            for number in range(start, start + count):
                draft = Draft(f"{recipient}-{number}", "webhook", recipient, "x", {}, thread=f"{recipient}-{number}")
                outbox.write(conn, account, draft, clock.now())

        db.write_sync(work)

    return put


def listed(db, account):
    return db.read_sync(lambda conn: outbox.list_messages(conn, account, limit=500))


def states(db, account):
    return {message.recipient: message.state for message in listed(db, account)}


async def until(found):
    async with asyncio.timeout(60):
        while not found():
            await asyncio.sleep(0.01)


async def stopped(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_receiver_that_hangs_keeps_its_own_messages_and_nobody_elses(db, book, queue, courier):
    courier.stuck = {"https://hangs"}
    queue("https://hangs", 300)
    queue("https://well", 40)
    running = asyncio.create_task(OutboxWorker(db, SystemClock(), courier, book).run())
    await until(lambda: len(courier.taken) == 40)
    # No more than it has places, and all of them: one message that hangs holds up no other to the same receiver.
    await until(lambda: courier.tried.count("https://hangs") == 16)
    courier.gate.set()
    await until(lambda: len(courier.taken) == 340)
    await stopped(running)
    assert len(set(courier.taken)) == 340


async def test_what_is_under_way_when_the_server_stops_is_noted_and_not_sent_twice(db, book, account, queue, courier):
    courier.stuck = {"https://slow"}
    queue("https://slow")
    running = asyncio.create_task(OutboxWorker(db, SystemClock(), courier, book).run())
    await until(lambda: courier.tried)
    running.cancel()
    await asyncio.sleep(0)
    courier.gate.set()
    await asyncio.gather(running, return_exceptions=True)
    assert states(db, account) == {"https://slow": "sent"}


async def test_a_receiver_that_is_away_for_a_day_delays_only_its_own_and_gets_them_when_it_is_back(
    db, book, account, clock, queue, courier
):
    courier.down = {"https://away"}
    worker = OutboxWorker(db, clock, courier, book)
    queue("https://away", 3)
    for hour in range(23):
        queue("https://well", start=hour)
        while await worker.step():
            pass
        assert sum(who == "https://well" for who, _ in courier.taken) == hour + 1
        clock.advance(3600)
    assert states(db, account) == {"https://away": "waiting", "https://well": "sent"}
    courier.down = set()
    await worker.step()
    assert sum(who == "https://away" for who, _ in courier.taken) == 3


async def test_after_a_day_a_message_is_given_up_with_the_last_words_of_the_other_side(
    db, book, account, clock, queue, courier
):
    courier.down = {"https://away"}
    queue("https://away")
    worker = OutboxWorker(db, clock, courier, book)
    tries = 0
    end = clock.now() + DAY + HOUR
    while clock.now() < end:
        tries += await worker.step()
        clock.advance(300)
    [message] = db.read_sync(lambda conn: outbox.list_messages(conn, account))
    assert (message.state, message.error) == ("failed", "nobody answers")
    assert 80 < tries < 120


async def test_what_is_old_because_this_server_was_off_has_a_day_of_tries_before_it(
    db, book, account, clock, queue, courier
):
    courier.down = {"https://away"}
    queue("https://away")
    clock.advance(3 * DAY / SECOND)
    worker = OutboxWorker(db, clock, courier, book)
    assert await worker.step() == 1
    assert states(db, account) == {"https://away": "waiting"}
    courier.down = set()
    clock.advance(10)
    await worker.step()
    assert states(db, account) == {"https://away": "sent"}


async def test_what_is_under_way_for_longer_than_its_lease_is_nobody_elses(db, book, clock, queue, courier):
    courier.stuck = {"https://slow"}
    queue("https://slow")
    running = asyncio.create_task(OutboxWorker(db, clock, courier, book).run())
    await until(lambda: courier.tried)
    other = OutboxWorker(db, clock, courier, book)
    for _ in range(8):
        clock.advance(30)
        # The lease is written by a thread of its own.
        await until(lambda: db.read_sync(leases)[0] > clock.now() + MINUTE)
        assert await other.step() == 0
    courier.gate.set()
    await stopped(running)
    assert len(courier.taken) == 1


def leases(conn):
    return list(conn.execute(select(outbox_rows.c.leased_until)).scalars())


async def test_asking_for_what_is_just_on_its_way_does_not_send_it_twice(db, book, account, clock, queue, courier):
    courier.stuck = {"https://slow"}
    queue("https://slow")
    running = asyncio.create_task(OutboxWorker(db, clock, courier, book).run())
    await until(lambda: courier.tried)
    [message] = listed(db, account)
    db.write_sync(lambda conn: outbox.again(conn, account, message.message_id, clock.now()))
    assert await OutboxWorker(db, clock, courier, book).step() == 0
    courier.gate.set()
    await stopped(running)
    assert states(db, account) == {"https://slow": "sent"}


async def test_a_clock_that_is_set_back_delays_nothing_and_lets_nothing_overtake(
    db, book, account, clock, queue, courier
):
    worker = OutboxWorker(db, clock, courier, book)
    courier.down = {"https://away"}
    queue("https://away")
    await worker.step()
    queue("https://new")
    clock.set(clock.now() - 2 * HOUR)
    later = Draft("https://new-later", "webhook", "https://new", "x", {}, thread="https://new-0")
    db.write_sync(lambda conn: outbox.write(conn, account, later, clock.now()))
    courier.down = set()
    assert await worker.step() == 2
    assert {who for who, _ in courier.taken} == {"https://away", "https://new"}
    assert await worker.step() == 1, "what was written last goes last, though its clock says less"


async def test_pauses_grow_so_that_a_server_that_is_away_is_not_pestered(db, book, clock, queue, courier):
    courier.down = {"https://away"}
    queue("https://away")
    worker = OutboxWorker(db, clock, courier, book)
    at, begin = [], clock.now()
    while clock.now() < begin + 30 * MINUTE:
        if await worker.step():
            at.append((clock.now() - begin) // SECOND)
        clock.advance(1)
    assert at == [0, 10, 40, 160, 460, 1360]


FAULTS = [
    (OSError(errno.ENOSPC, "No space left on device"), "No space left on device", "make room on the disk"),
    (OSError(errno.EMFILE, "Too many open files"), "Too many open files", "let it open more files"),
    (MemoryError(), "too little memory", "give it more"),
    (StoreBusyError("the database does not keep up: try again in some seconds"), "does not keep up", "try again"),
    (KeyError("subject"), "KeyError: 'subject'", "report it"),
]


@pytest.mark.parametrize(("fault", "cause", "cure"), FAULTS, ids=lambda one: type(one).__name__)
async def test_a_fault_of_our_own_is_tried_again_for_a_day_and_then_told_with_cause_and_cure(
    db, book, account, clock, queue, courier, fault, cause, cure
):
    courier.faults = {"https://met": fault}
    worker = OutboxWorker(db, clock, courier, book)
    queue("https://met")
    assert await worker.step() == 1
    queue("https://well")
    assert await worker.step() == 1, "the one that met a fault waits, and holds up nobody"
    assert states(db, account) == {"https://met": "waiting", "https://well": "sent"}
    # Each try writes a page of log: the tries of the day are only counted.
    db.write_sync(lambda conn: conn.execute(update(outbox_rows).values(attempts=100)))
    clock.advance(DAY / SECOND)
    assert await worker.step() == 1
    [given_up] = [one for one in listed(db, account) if one.recipient == "https://met"]
    assert given_up.state == "failed"
    assert cause in given_up.error
    assert cure in given_up.error


async def test_a_fault_that_passes_delays_its_message_by_seconds(db, book, account, clock, queue, courier):
    courier.faults = {"https://met": OSError(errno.EIO, "Input/output error")}
    worker = OutboxWorker(db, clock, courier, book)
    queue("https://met")
    await worker.step()
    courier.faults = {}
    clock.advance(10)
    await worker.step()
    assert states(db, account) == {"https://met": "sent"}


async def test_words_of_the_other_side_that_no_database_keeps_are_cleaned_and_cut(
    db, book, account, clock, queue, courier
):
    courier.faults = {"https://odd": DeliveryError("no\0" + "x" * 10_000, again=False)}
    queue("https://odd")
    await OutboxWorker(db, clock, courier, book).step()
    [message] = listed(db, account)
    assert message.state == "failed"
    assert message.error.startswith("nox")
    assert len(message.error) == 2000


async def test_a_worker_survives_what_its_database_does(db, book, queue, courier, monkeypatch):
    broken = [MemoryError(), OSError(errno.EIO, "Input/output error"), ValueError("odd")]
    claim = deliveries.claim

    def failing(*given, **more):
        if broken:
            raise broken.pop()
        return claim(*given, **more)

    monkeypatch.setattr(deliveries, "claim", failing)
    queue("https://well")
    worker = OutboxWorker(db, SystemClock(), courier, book)
    running = asyncio.create_task(worker.run())

    def taken():
        worker.wake()
        return courier.taken

    await until(taken)
    await stopped(running)
    assert not broken


async def test_an_outcome_that_the_database_refuses_keeps_no_other_from_being_noted(
    db, account, clock, queue, courier, monkeypatch
):
    def counted(_account, message, _fate):
        if message.recipient == "https://uncounted":
            raise ValueError("a figure that fails")

    book = NoteBook(db, Journal(None), counted)
    noted = deliveries.note

    def refusing(conn, outcomes):
        if any(one.message_id == odd for one in outcomes):
            raise ValueError("the database can't keep this")
        noted(conn, outcomes)

    for recipient in ("https://odd", "https://uncounted", "https://well"):
        queue(recipient)
    [odd] = [one.message_id for one in listed(db, account) if one.recipient == "https://odd"]
    monkeypatch.setattr(deliveries, "note", refusing)
    worker = OutboxWorker(db, clock, courier, book)
    assert await worker.step() == 3
    assert states(db, account) == {"https://odd": "waiting", "https://uncounted": "sent", "https://well": "sent"}
    monkeypatch.setattr(deliveries, "note", noted)
    clock.advance(121)
    await worker.step()
    assert set(states(db, account).values()) == {"sent"}
