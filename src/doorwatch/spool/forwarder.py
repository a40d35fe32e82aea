"""Empties one queue into one HTTP endpoint: in order per key, at least once, without ever giving up on an outage."""

import asyncio

from doorwatch.spool.sending import Delivery, ForwarderState, Sender
from doorwatch.spool.singles import Singles
from doorwatch.spool.transport import SoonTransport


class Forwarder:
    """Runs until cancelled; items that are out at that moment go back into the queue."""

    def __init__(self, delivery: Delivery) -> None:
        self.endpoint = delivery.endpoint
        self._transport = delivery.transport
        self._sender = Sender(delivery)

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
