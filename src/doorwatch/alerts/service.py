"""Alerts of one server: what is written into the outbox when an incident changes, and the workers that deliver it.

Writing happens inside the transaction that stores the incident, so an incident that was stored is told and one that was
rolled back is not. Delivering happens later, at least once; the Message-ID or the delivery's id is the same each time.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection

from doorwatch.alerts.calling import CallWriter, Finds
from doorwatch.alerts.channels.webhook import WebhookChannel
from doorwatch.alerts.couriers import CallCourier, FindPicture, HookCourier, MailChannel, MailCourier
from doorwatch.alerts.delivery import Courier, OutboxWorker, Retracted
from doorwatch.alerts.images import FindImages, none_found
from doorwatch.alerts.journal import Journal
from doorwatch.alerts.message import Sender
from doorwatch.alerts.noting import NoteBook, OnTried
from doorwatch.alerts.places import MakeLinks
from doorwatch.alerts.retracting import not_any_more
from doorwatch.alerts.trials import Trials
from doorwatch.alerts.writing import Writer
from doorwatch.domain.time import Clock, Micros
from doorwatch.domain.verdict import Change
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.engine.database import Database
from doorwatch.store.incidents import StoredIncident


class AlertService:
    """Writes the outbox and empties it; `others` deliver what is written into it elsewhere, on channels of their own.

    `retracted` says by channel why what was written is not to be sent any more, where it is not alerts that wait there.
    `finds` says whether the search of a callback finds an incident, `images` which pictures there are for its posts.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        channel: MailChannel | None,
        posts: WebhookChannel | None = None,
        sender: Sender,
        links: MakeLinks,
        picture: FindPicture,
        others: Sequence[Courier] = (),
        retracted: Mapping[str, Retracted] = MappingProxyType({}),
        finds: Finds = lambda _conn, _account, _search, _incident: False,
        images: FindImages = none_found,
        journal: Path | None = None,
        on_tried: OnTried = lambda _account, _message, _outcome: None,
    ) -> None:
        self.trials = Trials(clock, links)
        self.calls = CallWriter(clock, links, finds)
        self._writers = (Writer(clock, links), self.calls)
        self._clock, self._book = clock, NoteBook(db, Journal(journal), on_tried)
        couriers: list[Courier] = list(others)
        if channel is not None:
            couriers.append(MailCourier(db, channel, sender, picture, clock, self._taken))
        if posts is not None:
            couriers += [HookCourier(db, posts, clock), CallCourier(db, posts, clock, images)]
        self._kept_open = [one for one in (channel, posts) if one is not None]
        self._workers = [
            OutboxWorker(db, clock, courier, self._book, retracted.get(courier.channel, not_any_more))
            for courier in couriers
        ]

    def on_change(self, connection: Connection, account: str, change: Change, stored: StoredIncident) -> None:
        """Write what a change asks for; runs in the transaction that stores the change."""
        for writer in self._writers:
            writer.on_change(connection, account, change, stored)

    def on_review(self, connection: Connection, account: str, before: str, stored: StoredIncident) -> None:
        """Write what a review asks for; runs in the transaction that keeps it. `before` is the review until then."""
        for writer in self._writers:
            writer.on_review(connection, account, before, stored)

    def on_overdue(self, connection: Connection, account: str, stored: StoredIncident, number: int) -> None:
        """Tell for the `number`th time that nobody has reviewed an incident."""
        for writer in self._writers:
            writer.on_overdue(connection, account, stored, number)

    def wake(self) -> None:
        """Something was written: look at once."""
        for worker in self._workers:
            worker.wake()

    async def run(self) -> None:
        """Deliver what is due until cancelled."""
        try:
            await self._book.recover()
            await asyncio.gather(*(worker.run() for worker in self._workers))
        finally:
            await self._let_go()
            self._book.close()

    async def step(self) -> int:
        """Try the messages that are due once; how many there were."""
        tried = sum([await worker.step() for worker in self._workers])
        await self._let_go()
        return tried

    def _taken(self, message: Message, began: Micros) -> None:
        self._book.handed_over(message, began, self._clock.now())

    async def _let_go(self) -> None:
        for one in self._kept_open:
            await one.close()
