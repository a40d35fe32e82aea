"""Noting what became of messages: at once while there is little to note, many in one commit when there is much."""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy import Connection

from doorwatch.alerts.journal import Journal
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.store.alerting import deliveries
from doorwatch.store.alerting.deliveries import Outcome
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.engine.database import Database

_log = structlog.get_logger(__name__)

OnTried = Callable[[str, Message, str], None]
"""Told of an account's message that was tried, and what became of it: sent, again or failed."""


class NoteBook:
    """Outcomes on their way into the database, of all channels; those that wait for a commit go into the next together."""

    def __init__(self, db: Database, journal: Journal, on_tried: OnTried) -> None:
        self._db = db
        self._journal = journal
        self._on_tried = on_tried
        self._waiting: list[tuple[Message, Outcome]] = []
        self._turn = asyncio.Lock()

    async def recover(self) -> None:
        """Note what a server that was killed had handed over; what it had claimed beside is free again.

        Where several servers share a database, its claims stay until their time is over: another may hold them.
        """
        found, alone = self._journal.read(), not self._db.shared
        try:
            await self._db.write(lambda conn: _recover(conn, found, alone=alone))
        except DoorwatchError as error:
            _log.error("the outbox waits for the database", error=str(error))
            return
        self._journal.settle(outcome.message_id for outcome in found)
        if found:
            _log.info("handed over before the server was stopped, and noted now", messages=len(found))

    def handed_over(self, message: Message, began: Micros, ended: Micros) -> None:
        """The other side has taken a message; what is kept here outlives the process."""
        self._journal.add(message.account_id, message.message_id, began, ended)

    def has(self, message: Message) -> bool:
        """Whether a message was handed over and could not be noted since: it must not go again."""
        return message.message_id in self._journal

    async def note(self, message: Message, outcome: Outcome) -> None:
        """Note an outcome; returns when it is committed. What the database did not take goes with the next ones."""
        self._waiting.append((message, outcome))
        async with self._turn:
            batch, self._waiting = self._waiting, []
            if not batch:
                return
            try:
                await self._db.write(lambda conn: deliveries.note(conn, [one for _, one in batch]))
            except DoorwatchError as error:
                _log.error("the outbox waits for the database", error=str(error))
                self._waiting = batch + self._waiting
                return
        self._journal.settle(one.message_id for _, one in batch)
        for told, one in batch:
            if one.fate != "postponed":
                self._on_tried(told.account_id, told, one.fate)

    def close(self) -> None:
        """No more is noted."""
        self._journal.close()


def _recover(conn: Connection, found: list[Outcome], *, alone: bool) -> None:
    deliveries.note(conn, found)
    if alone:
        deliveries.release(conn)
