"""Power cuts under the spool and under the server: whatever was promised is there after the next start.

The spool promises an item when `put` returns, the server an event when its post was answered 2xx, a new installation the key
that its database is sealed with. Where no file system may be mounted both are killed instead, which loses nothing of a disk.
"""

import asyncio
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from recording.power import LOSES, killed, may_mount, really_cut
from serving.ingest_load import events
from sqlalchemy import Connection

from doorwatch.accounts.roles import TokenKind
from doorwatch.accounts.tokens import NewToken, create_token
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND, Micros, SystemClock
from doorwatch.server.app import create_app
from doorwatch.server.keys import open_database
from doorwatch.server.logs import configure_logs
from doorwatch.server.proof import Wish, prove
from doorwatch.server.serving import configured
from doorwatch.server.settings import Settings
from doorwatch.spool import Spool
from doorwatch.store import access_events, tenants

QUEUE = "events"
_KEYS = 5
_BATCH = 20

Found = tuple[int, int]
"""How much of what was promised is lost, and how many faults there are besides."""


def queue_cuts(part: str, rounds: int, seed: int, child: list[str]) -> dict[str, Any]:
    """Cut the power so many times under the `spool` or the `server`; `child` is its command, to which its folder is added."""
    chance, lost, faults, told_all = random.Random(seed), 0, 0, 0
    begun, real = time.monotonic(), may_mount()
    look: Callable[[Path, list[dict[str, Any]]], Found] = {"spool": _spool_again, "server": _server_again}[part]
    with tempfile.TemporaryDirectory(prefix="doorwatch-bench-") as name:
        new = Path(name) / "new"
        new.mkdir()
        for number in range(rounds):
            folder = Path(name) / str(number)
            folder.mkdir()
            if real:
                told, left = really_cut(folder, new, child, chance)
            else:
                told, left = killed(folder, child, chance.uniform(0.0, 0.6), lambda: None), folder
            told_all += len(told)
            here, wrong = look(left, told)
            lost += here
            faults += wrong
    told_of = {"rounds": rounds, "seed": seed, "told": told_all, "lost": lost, "faults": faults}
    seconds = round(time.monotonic() - begun, 2)
    return {"case": f"{part}-cuts", "seconds": seconds, **told_of, "power": LOSES if real else "a killed process"}


def spool_for_ever(folder: Path) -> None:
    """Put items into a spool and take half of them out again; tells each item once it was promised."""
    asyncio.run(_spool_for_ever(folder))


async def _spool_for_ever(folder: Path) -> None:
    spool, number = await Spool.open(folder, [QUEUE]), 0
    while True:
        batch = range(number, number + _BATCH)
        await asyncio.gather(*(spool.put(QUEUE, f"door-{n % _KEYS}", str(n).encode()) for n in batch))
        for n in batch:
            _tell({"put": n})
        number += _BATCH
        taken = spool.take_nowait(QUEUE, _BATCH // 2)
        # What is acknowledged may come again; what was not may not be gone: it is told before.
        _tell({"delivered": [int(item.payload) for item in taken]})
        spool.acknowledge(QUEUE, taken)


def _spool_again(folder: Path, told: list[dict[str, Any]]) -> Found:
    put = {one["put"] for one in told if "put" in one}
    delivered = {n for one in told for n in one.get("delivered", ())}

    async def left() -> tuple[list[tuple[str, int]], int]:
        async with await Spool.open(folder, [QUEUE]) as spool:
            found: list[tuple[str, int]] = []
            while spool.counts(QUEUE).depth:
                items = await spool.take(QUEUE, 100)
                found += [(item.key, int(item.payload)) for item in items]
                spool.acknowledge(QUEUE, items)
            return found, spool.damaged + len(await spool.dead_letters(QUEUE))

    try:
        found, faults = asyncio.run(left())
    except DoorwatchError as error:
        sys.stderr.write(f"{error}\n")
        return len(put), 1
    by_key = [[n for key, n in found if key == f"door-{number}"] for number in range(_KEYS)]
    faults += sum(numbers != sorted(set(numbers)) for numbers in by_key)
    return len(put - delivered - {n for _, n in found}), faults


def serve_for_ever(folder: Path) -> None:
    """Install a server, and post events to it; tells each once its post was answered."""
    clock, settings = SystemClock(), Settings(data_dir=folder)
    configure_logs("CRITICAL")
    with open_database(settings, clock.now()) as db:
        made = db.write_sync(lambda conn: _token(conn, clock.now()))
    server = uvicorn.Server(configured(create_app(settings, clock), host="127.0.0.1", port=0))
    threading.Thread(target=_post_for_ever, args=(server, made.secret), daemon=True).start()
    server.run()


def _token(conn: Connection, now: Micros) -> NewToken:
    account = tenants.ensure_default(conn, now)[0].account_id
    return create_token(conn, account, name="bench", kind=TokenKind.GATEWAY, now=now, by="bench")


def _post_for_ever(server: uvicorn.Server, token: str) -> None:
    while not server.started:
        time.sleep(0.02)
    line = http.client.HTTPConnection("127.0.0.1", server.servers[0].sockets[0].getsockname()[1])
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    coming = list(events(100_000, 50, SystemClock().now() - 3600 * SECOND, 1000.0))
    for start in range(0, len(coming), _BATCH):
        batch = coming[start : start + _BATCH]
        line.request("POST", "/api/pacs/webhooks", json.dumps({"events": batch}), headers)
        answer = line.getresponse()
        answer.read()
        if not 200 <= answer.status < 300:
            os._exit(1)  # the power is gone
        for one in batch:
            _tell({"event_id": one["event_id"]})


def _server_again(folder: Path, told: list[dict[str, Any]]) -> Found:
    settings, now = Settings(data_dir=folder), SystemClock().now()
    ids = [one["event_id"] for one in told]
    try:
        with open_database(settings, now) as db:
            there = db.read_sync(lambda conn: _stored(conn, ids))
        wrong = [line for answer in prove(settings, Wish(now, now, now, thorough=True)) for line in answer.wrong]
    except DoorwatchError as error:
        sys.stderr.write(f"{error}\n")
        return len(ids), 1
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return len(set(ids) - there), len(wrong)


def _stored(conn: Connection, ids: Sequence[str]) -> set[str]:
    account, _, pacs = tenants.ensure_default(conn, SystemClock().now())  # they are there
    return {one.event.event_id for one in access_events.get_many(conn, account.account_id, pacs.pacs_id, ids)}


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
