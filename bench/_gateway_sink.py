"""A server that only keeps events by id, with an fsync each time: what the gateway is worth without the product's server."""

import asyncio
import json
import sys
import time

import apsw
from aiohttp import web

from doorwatch.domain.time import from_iso


def main() -> None:
    """Serve on the port of the first argument, into the database of the second."""
    port, file = int(sys.argv[1]), sys.argv[2]
    db = apsw.Connection(file)
    db.pragma("journal_mode", "WAL")
    db.pragma("synchronous", "FULL")
    db.set_busy_timeout(5000)
    db.execute(
        "CREATE TABLE IF NOT EXISTS access_events(event_id TEXT PRIMARY KEY, door_id TEXT, event_type TEXT, "
        "at INTEGER, actor_id TEXT, arrived_at INTEGER)"
    )
    waiting: list[tuple[tuple[object, ...], ...]] = []
    done = asyncio.Event()

    async def commit() -> None:
        nonlocal done
        while True:
            await asyncio.sleep(0.002)
            if waiting:
                batch, ready = list(waiting), done
                waiting.clear()
                done = asyncio.Event()
                await asyncio.to_thread(_write, db, batch)
                ready.set()

    async def post(request: web.Request) -> web.Response:
        if request.match_info["queue"] == "webhooks":
            body = json.loads(await request.read())
            now = time.time_ns() // 1000
            events = body.get("events") or [body["event"]]
            waiting.append(
                tuple(
                    (e["event_id"], e["device_id"], e["event_type"], from_iso(e["timestamp"]), e.get("actor_id"), now)
                    for e in events
                )
            )
            await done.wait()
        return web.json_response({"stored": 1})

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ready")

    async def started(_app: web.Application) -> None:
        background.append(asyncio.create_task(commit()))

    background: list[asyncio.Task[None]] = []
    app = web.Application(client_max_size=64 << 20)
    app.add_routes([web.post("/api/pacs/{queue}", post), web.get("/readyz", ready)])
    app.on_startup.append(started)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


def _write(db: apsw.Connection, batch: list[tuple[tuple[object, ...], ...]]) -> None:
    with db:
        db.executemany(
            "INSERT OR IGNORE INTO access_events VALUES (?,?,?,?,?,?)", [row for rows in batch for row in rows]
        )


if __name__ == "__main__":
    main()
