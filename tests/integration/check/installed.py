"""An installation to prove: real tables, a verdict made by the watch itself, evidence and recordings as files."""

import asyncio
import os

from typer.testing import CliRunner

from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.accounts.tokens import create_token
from doorwatch.accounts.users import add_user
from doorwatch.blobs import DiskBlobs
from doorwatch.cli.check import app
from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import HOUR, MINUTE, SECOND, ManualClock
from doorwatch.server.proof import Wish, prove
from doorwatch.server.settings import LOCAL_FILE, Settings
from doorwatch.server.watch.worker import Watch
from doorwatch.store import (
    access_events,
    cameras,
    configuration,
    crossings,
    doors,
    evidence,
    incidents,
    segments,
    tenants,
)
from doorwatch.store.doors import Device
from doorwatch.store.evidence import Evidence
from doorwatch.store.segments import Segment

NAMES = [
    "database",
    "schema",
    "references",
    "verdicts",
    "members",
    "once",
    "moments",
    "tallies",
    "secrets",
    "rule",
    "evidence",
    "segments",
]


class Installed:
    """An installation in a folder: one door, two tailgatings and an unauthorized entry, half an hour ago."""

    def __init__(self, folder, db, url=None):
        self.db = db
        self.settings = Settings(data_dir=folder, database_url=url)
        self.clock = ManualClock()
        self.start = self.clock.now()
        db.write_sync(self._furnish)
        asyncio.run(self._happen())
        self.clock.advance(1800)
        self.found = db.read_sync(lambda conn: incidents.list_incidents(conn, self.account))
        db.write_sync(self._record)
        (folder / LOCAL_FILE).write_text("{}")

    def _furnish(self, conn):
        now = self.start
        account, _, pacs = tenants.ensure_default(conn, now)
        self.account, self.pacs = account.account_id, pacs.pacs_id
        doors.store_device_list(conn, self.account, self.pacs, [Device("lobby", "Lobby")], now, gateway_id="gw")
        self.door = doors.ensure_known(conn, self.account, self.pacs, ["lobby"], now)["lobby"]
        cameras.add_camera(conn, self.account, name="Cam", url="rtsp://x", now=now, camera_id="cam")
        configuration.set_mapping(conn, self.account, self.door, ["cam"], now, since=now - HOUR)
        add_user(
            conn,
            self.account,
            Passwords(),
            email="o@example.com",
            password="a long enough password",
            role=Role.OWNER,
            now=now,
            by="test",
        )
        create_token(conn, self.account, name="gateway", kind=TokenKind.GATEWAY, now=now, by="test")

    async def _happen(self):
        async def told(account, changed):
            pass

        watch = Watch(self.db, self.clock, on_change=lambda *_: None, told=told)
        for at, granted, entries in ((0, True, (1, 2)), (60, True, (61, 62, 63)), (200, False, (201,))):
            now = self.start + (at + 5) * SECOND
            grants = [AccessEvent(f"g{at}", "lobby", self.start + at * SECOND, "AccessGranted")] if granted else []
            seen = [
                Crossing(f"c{s}", self.door, "cam", f"t{s}", self.start + s * SECOND, Direction.IN) for s in entries
            ]
            await self.db.write(
                lambda conn, g=grants, n=now: access_events.store_events(conn, self.account, self.pacs, g, n)
            )
            await self.db.write(lambda conn, s=seen, n=now: crossings.store_crossings(conn, self.account, s, n))
        for _ in range(20):
            self.clock.advance(30)
            while await watch.step():
                pass

    def _record(self, conn):
        blobs, now = DiskBlobs(self.settings.blobs_dir), self.clock.now()
        for number, stored in enumerate(self.found):
            blob = f"evidence/{self.account}/{stored.incident_id}/{number:012x}-picture.jpg"
            blobs.put(blob, b"picture")
            piece = Evidence(stored.incident_id, "picture.jpg", "cam", blob, 7, now, 0, stored.revision, now)
            evidence.put(conn, self.account, piece)
        for number in range(2):
            name = f"cam/20260101/s{number}.mp4"
            self.age(name, b"video" * 10)
            row = Segment(f"cam~{number}", "cam", self.start, self.start + MINUTE, 50, name)
            segments.store_segments(conn, self.account, [row])

    def age(self, name, data, *, folder="recordings", minutes=60):
        path = self.settings.data_dir / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written = self.clock.now() / SECOND - minutes * 60
        os.utime(path, (written, written))
        return path

    def change(self, statement):
        self.db.write_sync(lambda conn: conn.execute(statement))

    def answers(self, *, thorough=False):
        now = self.clock.now()
        wish = Wish(now, now - 24 * HOUR, now - 10 * MINUTE, thorough)
        return {answer.name: answer for answer in prove(self.settings, wish)}

    def broken(self):
        return {name: answer.wrong for name, answer in self.answers().items() if not answer.kept}

    def only(self, name, *, but_for=()):
        """What is wrong with one promise, when it is the only broken one, but for some."""
        broken = self.broken()
        assert list(broken) == [name, *but_for], broken
        return broken[name]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def first(house):
    return min(house.found, key=lambda stored: stored.incident.start)


def blob_of(house, stored):
    found = house.db.read_sync(lambda conn: evidence.of_incidents(conn, house.account, [stored.incident_id]))
    return found[stored.incident_id]["picture.jpg"].blob
