"""The product's server, in which incidents become final at a steady rate: what the watch would write, without a watch.

python bench/serving/alerts_server.py                       (the data folder and the mail server as for the product)

Each line PORT RATE COUNT that it reads makes one server: a process of its own, forked from one that has only read the
product's code, so that a server which was killed is back in a fraction of a second. It says the process's id, and when
that has ended, `ended ID STATUS`.

Incident number N is stored with the message that tells of it in one transaction, as the watch does. COUNT is how many
there shall be in the end: a server that is started again goes on behind the last one that was committed.
"""

import asyncio
import os
import sys
import time
from functools import partial

import uvicorn
from sqlalchemy import Connection, func, select

from doorwatch.alerts.examples import DESK
from doorwatch.alerts.settings import AlertSettings, save_settings
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import SECOND, SystemClock
from doorwatch.domain.verdict import Change
from doorwatch.server.app import create_app
from doorwatch.server.logs import configure_logs
from doorwatch.server.services import Services
from doorwatch.server.settings import load_settings
from doorwatch.store import cameras, doors, evidence, tenants, verdicts
from doorwatch.store.evidence import Evidence
from doorwatch.store.schema.alerting import outbox

PREFIX = "bench-"
_PICTURE = b"\xff\xd8" + b"\x00" * 60_000 + b"\xff\xd9"


def _furnish(conn: Connection, now: int) -> tuple[str, str, int]:
    account, _, pacs = tenants.ensure_default(conn, now)
    key = account.account_id
    door = doors.ensure_known(conn, key, pacs.pacs_id, ["lobby"], now)["lobby"]
    if "cam" not in cameras.names(conn, key):
        cameras.add_camera(conn, key, name="cam", url="rtsp://camera.invalid/1", now=now, camera_id="cam")
    save_settings(conn, key, AlertSettings(DESK, recipients=("desk@example.com",), storm=0), now)
    done: int = conn.execute(select(func.count()).select_from(outbox)).scalar_one()
    return key, door, done


def _happen(conn: Connection, services: Services, place: tuple[str, str], number: int, blob: str) -> None:
    account, door = place
    now = services.clock.now()
    incident_id = f"{PREFIX}{number}"
    incident = Incident(
        incident_id, door, IncidentKind.TAILGATING, IncidentState.FINAL, now - 8 * SECOND, now - 7 * SECOND,
        2, 1, 1, 0, CoverageState.FULL, "2 people went in on 1 grant", (), (), (),
    )  # fmt: skip
    change = Change(incident, 1, alert=True)
    stored = verdicts.save(conn, account, change, now)
    piece = Evidence(incident_id, "picture.jpg", "cam", blob, len(_PICTURE), now, 0, 1, now)
    evidence.put(conn, account, piece)
    services.alerts.on_change(conn, account, change, stored)


async def _offer(services: Services, rate: float, count: int) -> None:
    account, door, done = await services.db.write(lambda conn: _furnish(conn, services.clock.now()))
    blob = f"{account}/bench/picture.jpg"
    await asyncio.to_thread(services.blobs.put, blob, _PICTURE)
    begin = time.monotonic()
    for position, number in enumerate(range(done, count)):
        await asyncio.sleep(max(0.0, begin + position / rate - time.monotonic()))
        await services.db.write(partial(_happen, services=services, place=(account, door), number=number, blob=blob))
        services.alerts.wake()


async def serve(port: int, rate: float, count: int) -> None:
    """Serve, and let incidents happen, until the process is ended."""
    settings = load_settings(port=port)
    configure_logs(settings.log_level)
    app = create_app(settings, SystemClock())
    config = uvicorn.Config(app, host="127.0.0.1", port=settings.port, log_config=None, access_log=False)
    serving = asyncio.create_task(uvicorn.Server(config).serve())
    while getattr(app.state, "services", None) is None and not serving.done():  # noqa: ASYNC110 - the product has no event for it
        await asyncio.sleep(0.02)
    if not serving.done():
        await _offer(app.state.services, rate, count)
    await serving


def main() -> None:
    """Fork a server for each line, until there are no more."""
    for line in sys.stdin:
        port, rate, count = line.split()
        child = os.fork()
        if not child:
            asyncio.run(serve(int(port), float(rate), int(count)))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print("ended", child, os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
