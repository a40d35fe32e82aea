"""The durable queue that stands between a producer and the server, and the forwarder that empties it.

What holds, whatever happens (proved in tests/unit/spool and tests/integration/spool):

1. `put` returns only after the item was fsynced; nobody is given an item that was not.
2. An item leaves only by `acknowledge`, by `bury` (into the dead letters, with the reason), or, in a queue whose rules
   say so, by being the oldest of its key when the queue is full; each way has its counter.
3. Items with equal key are given out in the order of `put`, and the next one only when those before it have left.
4. What was given out and neither acknowledged nor buried when the process died is given out again: at least once.
5. A folder has one owner. A second one is refused; other processes may read, and leave orders for the owner.
6. Items, notes and ledger entries that are handed over without an `await` in between are one transaction.
7. A damaged item is never delivered as if it were whole: it becomes a dead letter that says so.
8. Memory does not grow with the number of items: what does not fit stays on disk until its turn comes. A key without
   a backlog is never held up by the backlog of another.
"""

from doorwatch.spool.backoff import Backoff
from doorwatch.spool.errors import SpoolBrokenError, SpoolBusyError, SpoolError, SpoolFullError
from doorwatch.spool.forwarder import Forwarder
from doorwatch.spool.http import WireTransport, make_transport
from doorwatch.spool.items import Item
from doorwatch.spool.ledger import Ledger
from doorwatch.spool.queue import QueueCounts, QueueRules, WhenFull
from doorwatch.spool.records import DeadLetter
from doorwatch.spool.replies import envelope
from doorwatch.spool.sending import Delivery, Endpoint, ForwarderState
from doorwatch.spool.spool import Spool
from doorwatch.spool.transport import PyreqwestTransport, Reply, ScriptedTransport, TlsTrust, Transport, TransportError

__all__ = [
    "Backoff",
    "DeadLetter",
    "Delivery",
    "Endpoint",
    "Forwarder",
    "ForwarderState",
    "Item",
    "Ledger",
    "PyreqwestTransport",
    "QueueCounts",
    "QueueRules",
    "Reply",
    "ScriptedTransport",
    "Spool",
    "SpoolBrokenError",
    "SpoolBusyError",
    "SpoolError",
    "SpoolFullError",
    "TlsTrust",
    "Transport",
    "TransportError",
    "WhenFull",
    "WireTransport",
    "envelope",
    "make_transport",
]
