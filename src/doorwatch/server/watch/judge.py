"""A process that judges doors for the server: `python -m doorwatch.server.watch.judge`.

It reads the database, asks the rule and says what is news; it stores nothing. Orders come on standard input, the first
of them being which database to read, and answers go to standard output. It ends when its input does, so that none is
left when the server is gone.
"""

import ctypes
import os
import signal
import sys
import traceback

from doorwatch.server.watch.looking import look_at_doors
from doorwatch.server.watch.wire import (
    Answer,
    Failed,
    Looked,
    Order,
    decode_order,
    decode_start,
    message,
    read_message,
)
from doorwatch.store.engine.errors import StoreError
from doorwatch.store.engine.snapshots import Snapshots

_PR_SET_PDEATHSIG = 1


def answer(database: Snapshots, order: Order) -> Answer:
    """Look at the doors of an order."""
    try:
        found = database.read(lambda conn: look_at_doors(conn, order.doors, order.now, oldest=order.oldest))
    except StoreError as error:
        return Answer(broken=str(error))
    except Exception:  # noqa: BLE001 - whatever it is, the server logs it and has the doors looked at again
        return Answer(broken=traceback.format_exc())
    return Answer(
        {index: one for index, one in enumerate(found) if isinstance(one, Looked)},
        {index: one for index, one in enumerate(found) if isinstance(one, Failed)},
    )


def main() -> None:
    """Serve until the input ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the server ends us
    orders = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not get among the answers
    started = read_message(orders)
    if started is None:
        return
    with Snapshots.open(decode_start(started).database) as database:
        answers.write(message(Answer()))
        answers.flush()
        while (body := read_message(orders)) is not None:
            answers.write(message(answer(database, decode_order(body))))
            answers.flush()


if __name__ == "__main__":
    main()
