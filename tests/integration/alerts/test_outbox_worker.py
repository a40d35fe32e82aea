"""The worker that empties the outbox, with a real database and couriers that do what they are told."""

import asyncio

import pytest

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.delivery import OutboxWorker
from doorwatch.alerts.journal import Journal
from doorwatch.alerts.noting import NoteBook
from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, SystemClock
from doorwatch.store import tenants
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Draft


class Courier:
    """Takes everything, but refuses who is in `down` and waits for `gate` with who is in `stuck`."""

    channel = "webhook"

    def __init__(self):
        self.taken = []
        self.tried = []
        self.down = set()
        self.stuck = set()
        self.gate = asyncio.Event()

    async def deliver(self, message):
        self.tried.append(message.recipient)
        if message.recipient in self.stuck:
            await self.gate.wait()
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


def states(db, account):
    return {m.recipient: m.state for m in db.read_sync(lambda conn: outbox.list_messages(conn, account, limit=500))}


async def until(found):
    async with asyncio.timeout(10):
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
    assert courier.tried.count("https://hangs") < 64
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
