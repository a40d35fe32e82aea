"""Empties one queue into one HTTP endpoint: in order per key, at least once, without ever giving up on an outage."""

import asyncio
from collections.abc import Callable

from doorwatch.spool.backoff import Backoff
from doorwatch.spool.items import Item
from doorwatch.spool.sending import Endpoint, ForwarderState, Listeners, Sender
from doorwatch.spool.singles import Singles
from doorwatch.spool.spool import Spool
from doorwatch.spool.timing import LoopTimer, Timer
from doorwatch.spool.transport import SoonTransport, Transport


class Forwarder:
    """Runs until cancelled; items that are out at that moment go back into the queue."""

    def __init__(
        self,
        spool: Spool,
        queue: str,
        endpoint: Endpoint,
        transport: Transport,
        *,
        clock: Timer | None = None,
        backoff: Backoff | None = None,
        item_backoff: Callable[[], Backoff] = lambda: Backoff(0.2, 5.0),
        on_away: Callable[[str], None] = lambda _reason: None,
        on_back: Callable[[], None] = lambda: None,
        on_delivered: Callable[[], None] = lambda: None,
        on_buried: Callable[[Item, str], None] = lambda _item, _reason: None,
    ) -> None:
        self.endpoint = endpoint
        self._transport = transport
        self._sender = Sender(
            spool,
            queue,
            endpoint,
            transport,
            clock=clock or LoopTimer(),
            backoff=backoff or Backoff(0.25, 30.0),
            item_backoff=item_backoff,
            listeners=Listeners(on_away, on_back, on_delivered, on_buried),
        )

    @property
    def state(self) -> ForwarderState:
        """How it goes."""
        return self._sender.state

    async def run(self) -> None:
        """Deliver until cancelled."""
        endpoint, transport = self.endpoint, self._transport
        try:
            if endpoint.batch == 1 and not endpoint.linger and isinstance(transport, SoonTransport):
                await Singles(self._sender, transport).run()
            else:
                await self._run_workers()
        finally:
            await self._sender.close()

    async def _run_workers(self) -> None:
        workers = [asyncio.create_task(self._work()) for _ in range(max(1, self.endpoint.in_flight))]
        try:
            await asyncio.gather(*workers)
        finally:
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        sender = self._sender
        while True:
            if sender.state.away is None:
                await sender.one_round(self.endpoint.batch)
            else:
                await sender.probe()
