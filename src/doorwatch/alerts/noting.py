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

_Batch = list[tuple[Message, Outcome]]
_AWAY = 2
"""When the database refuses so many and one more in a row, each alone, it is away."""

OnTried = Callable[[str, Message, str], None]
"""Told of an account's message that was tried, and what became of it: sent, again or failed."""


class NoteBook:
    """Outcomes on their way into the database, of all channels; those that wait for a commit go into the next together."""

    def __init__(self, db: Database, journal: Journal, on_tried: OnTried) -> None:
        self._db = db
        self._journal = journal
        self._on_tried = on_tried
        self._waiting: _Batch = []
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

    def handed_over(self, message: Message, began: Micros, ended: Micros) -> Micros:
        """The other side has taken a message; what is kept here outlives the process. When that was told first."""
        return self._journal.add(message.account_id, message.message_id, began, ended)

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
            noted, waiting = await self._noted(batch)
            self._waiting = waiting + self._waiting
        self._journal.settle(one.message_id for _, one in noted)
        for told, one in noted:
            if one.fate != "postponed":
                self._tell(told, one)

    async def _noted(self, batch: _Batch) -> tuple[_Batch, _Batch]:
        """What the database took, and what waits on: all together, or else each alone, so that one holds up no others.

        What it refuses while it takes others is let go: its message is claimed again when its lease is over.
        """
        if await self._committed(batch):
            return batch, []
        noted: _Batch = []
        for number, one in enumerate(batch if len(batch) > 1 else []):
            if await self._committed([one]):
                noted.append(one)
            elif not noted and number >= _AWAY:
                break
        return (noted, []) if noted else ([], batch)

    async def _committed(self, batch: _Batch) -> bool:
        try:
            await self._db.write(lambda conn: deliveries.note(conn, [one for _, one in batch]))
        except Exception as error:  # noqa: BLE001 - whatever it is, other outcomes are to be noted
            ours = isinstance(error, DoorwatchError)
            _log.error("what became of messages waits for the database", error=str(error), exc_info=not ours)
            return False
        return True

    def _tell(self, message: Message, outcome: Outcome) -> None:
        try:
            self._on_tried(message.account_id, message, outcome.fate)
        except Exception:  # noqa: BLE001 - it is delivered and noted: nothing may hold up the others
            _log.exception("a delivery could not be counted", message=message.message_id)

    def close(self) -> None:
        """No more is noted."""
        self._journal.close()


def _recover(conn: Connection, found: list[Outcome], *, alone: bool) -> None:
    deliveries.note(conn, found)
    if alone:
        deliveries.release(conn)
