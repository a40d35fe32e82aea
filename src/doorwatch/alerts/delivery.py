"""Emptying the outbox: one worker a channel, and in it room for everybody, so that what is down delays only its own."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import structlog

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, MINUTE, SECOND, Clock, Micros, to_seconds
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.engine.database import Database

_log = structlog.get_logger(__name__)

GIVE_UP = DAY
_PAUSES = (10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE)
_IDLE_SECONDS = 2.0
_LAST_SECONDS = 3.0
"""How long a server that stops waits for what is under way."""
_LOOK_AGAIN = SECOND // 4
_AT_ONCE = 64
"""How many messages of a channel are on their way together."""
_TO_ONE = 16
"""How many of them go to one recipient: one that does not answer leaves the other places free."""

OnTried = Callable[[str, Message, str], None]
"""Told of an account's message that was tried, and what became of it: sent, again or failed."""


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


class OutboxWorker:
    """Delivers what one channel's messages say, at least once, several at a time."""

    def __init__(self, db: Database, clock: Clock, courier: Courier, on_tried: OnTried) -> None:
        self._db = db
        self._clock = clock
        self._courier = courier
        self._on_tried = on_tried
        self._wake = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._postponed = False

    def wake(self) -> None:
        """Something was written: look at once."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver what is due until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    started = await self._start()
                except DoorwatchError as error:
                    _log.error("the outbox waits for the database", error=str(error))
                    started = 0
                if not started:
                    await self._pause()
        finally:
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

    async def _claim(self) -> list[Message]:
        now, channel = self._clock.now(), self._courier.channel
        full = [one for one, count in Counter(self._under_way.values()).items() if count >= _TO_ONE]
        room = min(_TO_ONE, _AT_ONCE - len(self._under_way))
        return await self._db.write(
            lambda connection: outbox.claim(connection, now, channel, limit=room, leaving_out=full)
        )

    async def _start(self) -> int:
        """Begin to deliver what is due and has room; how many there were."""
        if len(self._under_way) >= _AT_ONCE:
            return 0
        due = await self._claim()
        for message in due:
            task = asyncio.create_task(self._deliver_logged(message))
            self._under_way[task] = message.recipient
            task.add_done_callback(self._ended)
        return len(due)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self._under_way[task]
        self._wake.set()

    async def _deliver_logged(self, message: Message) -> None:
        """A message whose end could not be noted is claimed again when its lease is over."""
        try:
            await self._deliver(message)
        except DoorwatchError as error:
            _log.error("the outbox waits for the database", error=str(error))

    async def _deliver(self, message: Message) -> None:
        began = self._clock.now()
        try:
            await self._courier.deliver(message)
        except NotYet:
            again = self._clock.now() + _LOOK_AGAIN
            self._postponed = True
            await self._db.write(lambda connection: outbox.postpone(connection, message, again))
        except DeliveryError as error:
            await self._failed(message, error, began)
        else:
            sent_at = self._clock.now()
            await self._db.write(lambda connection: outbox.sent(connection, message, began, sent_at))
            _log.info("delivered", channel=message.channel, to=message.recipient, incident=message.incident_id)
            self._on_tried(message.account_id, message, "sent")

    async def _failed(self, message: Message, error: DeliveryError, began: Micros) -> None:
        now = self._clock.now()
        pause = _PAUSES[min(message.attempts, len(_PAUSES)) - 1]
        again = now + pause if error.again and now - message.created_at < GIVE_UP else None
        _log.warning(
            "a message was not taken",
            channel=message.channel,
            to=message.recipient,
            error=str(error),
            again_in=None if again is None else to_seconds(pause),
        )
        text = str(error)
        await self._db.write(lambda connection: outbox.failed(connection, message, text, began, now, again_at=again))
        self._on_tried(message.account_id, message, "failed" if again is None else "again")

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
