"""One item a request, many requests at once: sent and heard without a task, a future or a timer for each.

What is usual (a connection stands, the server takes the item) is done in callbacks, and what the server took in one turn of
the loop leaves the spool together. Whatever is not usual goes the way of the sender that this belongs to.
"""

import asyncio
from functools import partial

from doorwatch.spool.items import Item
from doorwatch.spool.sending import Sender
from doorwatch.spool.transport import Reply, SoonTransport, TransportError


class Singles:
    """Runs until cancelled; items that are out at that moment go back into the queue."""

    def __init__(self, sender: Sender, transport: SoonTransport) -> None:
        self._sender = sender
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._out: dict[int, Item] = {}  # sent without a task
        self._taken: list[Item] = []  # by the server, in this turn of the loop
        self._taken_since = 0.0  # when they were sent, all added up
        self._unusual: dict[int, Item] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # for these
        self._room: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Deliver until cancelled."""
        sender, endpoint = self._sender, self._sender.endpoint
        spool, queue = sender.spool, sender.queue
        try:
            while True:
                if self._away():
                    await sender.probe()
                elif (room := endpoint.in_flight - len(self._out) - len(self._tasks)) <= 0:
                    await self._until_there_is_room()
                else:
                    items = await spool.take(queue, room, endpoint.batch_bytes, each=1)
                    if self._away():
                        spool.put_back(queue, items)
                    else:
                        self._launch(items)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._taken:
                self._let_go()
            # what is answered from now on is not looked at any more
            back = [*self._out.values(), *self._unusual.values()]
            self._out.clear()
            spool.put_back(queue, back)

    def _away(self) -> bool:
        return self._sender.state.away is not None

    async def _until_there_is_room(self) -> None:
        self._room = self._loop.create_future()
        await self._room

    def _launch(self, items: list[Item]) -> None:
        sender, endpoint = self._sender, self._sender.endpoint
        epoch, now = sender.epoch, self._loop.time()
        prepared = self._transport.prepare(endpoint.method, endpoint.url, sender.headers())
        width = self._transport.most_together(prepared)
        before = len(self._out)
        for start in range(0, len(items), width):
            group = items[start : start + width]
            hearing = [partial(self._told, item, epoch, now) for item in group]
            bodies = [endpoint.encode((item.payload,)) for item in group]
            if endpoint.compression == "none" and self._transport.send_soon(prepared, bodies, hearing):
                self._out.update((item.id, item) for item in group)
            else:
                for item in group:
                    self._deliver(item)
        sender.state.requests += len(self._out) - before

    def _told(self, item: Item, epoch: int, sent: float, reply: Reply | TransportError | None) -> None:
        if self._out.pop(item.id, None) is None:
            return  # it went back into the queue meanwhile
        if isinstance(reply, Reply) and 200 <= reply.status < 300:
            if not self._taken:
                self._sender.state.last_status = reply.status
                self._loop.call_soon(self._let_go)
            self._taken.append(item)
            self._taken_since += sent
        else:
            self._sender.state.seconds += self._loop.time() - sent
            self._deliver(item, None if reply is None else (reply, epoch))

    def _let_go(self) -> None:
        items, self._taken = self._taken, []
        since, self._taken_since = self._taken_since, 0.0
        if items:
            self._sender.state.seconds += len(items) * self._loop.time() - since
            self._sender.accepted(items)
            self._wake()

    def _deliver(self, item: Item, told: "tuple[Reply | TransportError, int] | None" = None) -> None:
        self._unusual[item.id] = item
        task = asyncio.create_task(self._deliver_one(item, told))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _deliver_one(self, item: Item, told: "tuple[Reply | TransportError, int] | None") -> None:
        left = [self._unusual.pop(item.id)]
        try:
            await self._sender.deliver(left, told)
        finally:
            if left:
                self._sender.spool.put_back(self._sender.queue, left)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._wake()

    def _wake(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)
