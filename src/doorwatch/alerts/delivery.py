"""Emptying the outbox: one worker a channel, and in it room for everybody, so that what is down delays only its own."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.faults import refusal_of
from doorwatch.alerts.noting import NoteBook
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, MINUTE, SECOND, Clock, Micros, to_seconds
from doorwatch.store.alerting import deliveries, outbox
from doorwatch.store.alerting.deliveries import LEASE, Fate, Outcome
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.engine.database import Database

_log = structlog.get_logger(__name__)

GIVE_UP = DAY
_PAUSES = (10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE)
_IDLE_SECONDS = 2.0
_LONGEST = 2000
"""Of the other side's words so many letters are kept."""
_LAST_SECONDS = 3.0
"""How long a server that stops waits for what is under way."""
_LOOK_AGAIN = SECOND // 4
_HOLD_SECONDS = 30.0
_AT_ONCE = 64
"""How many messages of a channel are on their way together."""
_TO_ONE = 16
"""How many of them go to one recipient: one that does not answer leaves the other places free."""
_GATHER_SECONDS = 0.1
"""Between two looks at the database others gather so long: in a storm one look serves several."""


class NotYet(Exception):  # noqa: N818 - nothing is wrong: something is waited for
    """The message waits for something; looking again in a moment is no attempt."""


class Courier(Protocol):
    """Hands over messages of one channel."""

    @property
    def channel(self) -> str:
        """Which messages it takes."""
        ...

    async def deliver(self, message: Message) -> None:
        """Hand over; returns when it was taken. Raises DeliveryError, or NotYet."""
        ...


Retracted = Callable[[Connection, Message, Micros], str | None]
"""Why a message that was written is not to be sent any more; None when it is."""


def _never(_conn: Connection, _message: Message, _now: Micros) -> str | None:
    return None


class OutboxWorker:
    """Delivers what one channel's messages say, at least once, several at a time."""

    def __init__(
        self, db: Database, clock: Clock, courier: Courier, book: NoteBook, retracted: Retracted = _never
    ) -> None:
        self._retracted = retracted
        self._db = db
        self._clock = clock
        self._courier = courier
        self._book = book
        self._wake = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], Message] = {}
        self._postponed = False
        self._looked = 0.0
        self._newest: Micros | None = None

    def wake(self) -> None:
        """Something was written: look at once."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver what is due until cancelled."""
        holding = asyncio.create_task(self._hold())
        try:
            while True:
                await self._gather()
                self._wake.clear()
                try:
                    started = await self._start()
                except Exception as error:  # noqa: BLE001 - a worker that ended would hold up all its messages
                    _log.error("the outbox waits", error=str(error), exc_info=not isinstance(error, DoorwatchError))
                    started = 0
                if not started:
                    await self._pause()
        finally:
            holding.cancel()
            await self._end()

    async def _end(self) -> None:
        """Let what is under way arrive and be noted: cut off it would be sent twice."""
        tasks = list(self._under_way)
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=_LAST_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def step(self) -> int:
        """Try the messages that are due once, to the end; how many there were."""
        due = await self._claim()
        await asyncio.gather(*(self._deliver(message) for message in due))
        return len(due)

    async def _gather(self) -> None:
        """The machine's own time counts: this spares the database, and decides nothing."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._looked + _GATHER_SECONDS - loop.time()))
        self._looked = loop.time()

    async def _hold(self) -> None:
        """Keep what is under way for longer than a lease: another server would deliver it beside this one."""
        while True:
            await self._clock.sleep(_HOLD_SECONDS)
            mine, until = [one.message_id for one in self._under_way.values()], self._clock.now() + LEASE
            if not mine:
                continue
            try:
                await self._db.write(partial(deliveries.hold, message_ids=mine, until=until))
            except DoorwatchError as error:
                _log.warning("what is on its way can't be held on to", error=str(error))

    async def _claim(self) -> list[Message]:
        now, channel = self._clock.now(), self._courier.channel
        full = [one for one, count in Counter(self._recipients()).items() if count >= _TO_ONE]
        room = min(_TO_ONE, _AT_ONCE - len(self._under_way))

        set_back = self._newest is None or now < self._newest - SECOND
        self._newest = now

        def claim(conn: Connection) -> list[Message]:
            if set_back:
                deliveries.hurry(conn, now, channel, longest=_PAUSES[-1])
            while taken := deliveries.claim(conn, now, channel, limit=room, leaving_out=full):
                wanted = [one for one in taken if not self._withheld(conn, one, now)]
                if wanted:
                    return wanted
            return []

        return await self._db.write(claim)

    def _withheld(self, conn: Connection, message: Message, now: Micros) -> bool:
        why = self._retracted(conn, message, now)
        if why is not None:
            outbox.withhold_rest(conn, message, why)
        return why is not None

    def _recipients(self) -> list[str]:
        return [message.recipient for message in self._under_way.values()]

    async def _start(self) -> int:
        """Begin to deliver what is due and has room; how many there were."""
        if len(self._under_way) >= _AT_ONCE:
            return 0
        due = await self._claim()
        for message in due:
            task = asyncio.create_task(self._deliver(message))
            self._under_way[task] = message
            task.add_done_callback(self._ended)
        return len(due)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """There may be room again, and one that waited for this one may go."""
        del self._under_way[task]
        self._wake.set()

    async def _deliver(self, message: Message) -> None:
        began = self._clock.now()
        outcome: Outcome
        try:
            if not self._book.has(message):
                await self._courier.deliver(message)
        except NotYet:
            self._postponed = True
            outcome = _outcome(message, "postponed", began, began, due_at=self._clock.now() + _LOOK_AGAIN)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this message, and the others go on
            if not isinstance(error, DoorwatchError):
                _log.exception("a message met a fault", channel=message.channel, message=message.message_id)
            # The other side may have said that it has the message before something went wrong.
            taken = self._book.has(message)
            outcome = self._sent(message, began) if taken else self._refused(message, refusal_of(error), began)
        else:
            outcome = self._sent(message, began)
        await self._book.note(message, outcome)

    def _sent(self, message: Message, began: Micros) -> Outcome:
        ended = self._book.handed_over(message, began, self._clock.now())
        _log.info("delivered", channel=message.channel, to=message.recipient, incident=message.incident_id)
        return _outcome(message, "sent", began, ended)

    def _refused(self, message: Message, error: DeliveryError, began: Micros) -> Outcome:
        now = self._clock.now()
        pause = _PAUSES[min(message.attempts, len(_PAUSES)) - 1]
        again = now + pause if error.again and not _tried_enough(message, now) else None
        _log.warning(
            "a message was not taken",
            channel=message.channel,
            to=message.recipient,
            error=str(error),
            again_in=None if again is None else to_seconds(pause),
        )
        fate: Fate = "failed" if again is None else "again"
        # PostgreSQL keeps no NUL, and nobody reads a page of words.
        said = str(error).replace("\0", "")[:_LONGEST]
        return _outcome(message, fate, began, now, error=said, due_at=again)

    async def _pause(self) -> None:
        seconds = to_seconds(_LOOK_AGAIN) if self._postponed else _IDLE_SECONDS
        self._postponed = False
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()


def _tried_enough(message: Message, now: Micros) -> bool:
    """After a day of trying: what is old because this server was off, or is sent once more, has its day before it."""
    pauses = message.attempts - 1
    tried = sum(_PAUSES[:pauses]) + max(0, pauses - len(_PAUSES)) * _PAUSES[-1]
    return tried >= GIVE_UP and now - message.created_at >= GIVE_UP


def _outcome(message: Message, fate: Fate, began: Micros, ended: Micros, **more: Any) -> Outcome:
    return Outcome(message.account_id, message.message_id, fate, began, ended, **more)
