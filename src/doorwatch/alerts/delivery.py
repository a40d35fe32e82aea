"""Emptying the outbox: one worker a channel, so that a channel that is down delays nobody but itself."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, MINUTE, SECOND, Clock, to_seconds
from doorwatch.store import outbox
from doorwatch.store.database import Database
from doorwatch.store.outbox import Message

_log = structlog.get_logger(__name__)

GIVE_UP = DAY
_PAUSES = (10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE)
_IDLE_SECONDS = 2.0

OnTried = Callable[[str, Message], None]


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

    def wake(self) -> None:
        """Something was written: look at once."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver what is due until cancelled."""
        while True:
            self._wake.clear()
            try:
                worked = await self.step()
            except DoorwatchError as error:
                _log.error("the outbox waits for the database", error=str(error))
                worked = 0
            _stop_if_cancelled()
            if not worked:
                await self._pause()

    async def step(self) -> int:
        """Try the messages that are due once; how many there were."""
        now, channel = self._clock.now(), self._courier.channel
        due = await self._db.write(lambda connection: outbox.claim(connection, now, channel))
        await asyncio.gather(*(self._deliver(message) for message in due))
        return len(due)

    async def _deliver(self, message: Message) -> None:
        try:
            await self._courier.deliver(message)
        except NotYet:
            again = self._clock.now() + SECOND // 4
            await self._db.write(lambda connection: outbox.postpone(connection, message, again))
        except DeliveryError as error:
            await self._failed(message, error)
        else:
            sent_at = self._clock.now()
            await self._db.write(lambda connection: outbox.sent(connection, message, sent_at))
            _log.info("delivered", channel=message.channel, to=message.recipient, incident=message.incident_id)
            self._on_tried(message.account_id, message)

    async def _failed(self, message: Message, error: DeliveryError) -> None:
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
        await self._db.write(lambda connection: outbox.failed(connection, message, text, again_at=again))
        self._on_tried(message.account_id, message)

    async def _pause(self) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(_IDLE_SECONDS))
        waking = asyncio.ensure_future(self._wake.wait())
        _, pending = await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()


def _stop_if_cancelled() -> None:
    """The mail library swallows a cancelling that arrives while it says goodbye; it is still meant."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
