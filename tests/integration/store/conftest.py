"""A small building in a fresh database."""

from dataclasses import dataclass

import pytest

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing, TileStep
from doorwatch.domain.incident import CoverageState, Incident, IncidentKind, IncidentState
from doorwatch.domain.time import HOUR, SECOND
from doorwatch.domain.verdict import Change
from doorwatch.store import Database, access_events, cameras, configuration, crossings, doors, tenants, verdicts
from doorwatch.store.doors import Device

NOW = 1_800_000_000 * SECOND


@dataclass
class Building:
    """One account with two doors and a camera on the first of them."""

    db: Database
    account: str
    site: str
    pacs: str
    door: str
    other_door: str
    camera: str = "cam"
    now: int = NOW

    def write(self, function, *arguments, **options):
        return self.db.write_sync(lambda conn: function(conn, self.account, *arguments, **options))

    def read(self, function, *arguments, **options):
        return self.db.read_sync(lambda conn: function(conn, self.account, *arguments, **options))

    def event(self, event_id="e1", at=NOW, event_type="AccessGranted", device_id="D1", **more):
        return AccessEvent(event_id, device_id, at, event_type, **more)

    def crossing(self, crossing_id="c1", at=NOW, direction=Direction.IN, **more):
        more = {"door": self.door, "camera": self.camera, "track": "t1", "trail": (TileStep(at, 1, 2),), **more}
        return Crossing(crossing_id, at=at, direction=direction, **more)

    def store_incident(self, incident_id="i1", *, state=IncidentState.FINAL, start=None, end=None, **more):
        """Two people on one grant at the first door, now unless a start is given."""
        start = self.now if start is None else start
        usual = {
            "people": 2,
            "grants": 1,
            "excess": 1,
            "possible": 0,
            "coverage": CoverageState.FULL,
            "reason": "2 people, 1 grant",
            "crossing_ids": ("c1",),
            "excess_crossing_ids": ("c1",),
            "grant_ids": (),
        }
        end = start + SECOND if end is None else end
        told = Incident(incident_id, self.door, IncidentKind.TAILGATING, state, start, end, **(usual | more))
        self.write(verdicts.save, Change(told, 1), self.now)

    def store_events(self, *events, at=NOW):
        return self.write(access_events.store_events, self.pacs, events, at)

    def store_crossings(self, *batch, at=NOW):
        return self.write(crossings.store_crossings, batch, at)


@pytest.fixture
def building(database) -> Building:
    def make(conn):
        account, site, pacs = tenants.ensure_default(conn, NOW)
        devices = [Device("D1", "Lobby east"), Device("D2", "Server room")]
        doors.store_device_list(conn, account.account_id, pacs.pacs_id, devices, NOW, gateway_id="gw")
        ids = doors.ensure_known(conn, account.account_id, pacs.pacs_id, ["D1", "D2"], NOW)
        cameras.add_camera(conn, account.account_id, name="Lobby cam", url="rtsp://u:p@h/1", now=NOW, camera_id="cam")
        configuration.set_mapping(conn, account.account_id, ids["D1"], ["cam"], NOW, since=NOW - HOUR)
        return Building(database, account.account_id, site.site_id, pacs.pacs_id, ids["D1"], ids["D2"])

    return database.write_sync(make)


@pytest.fixture
def stranger(database):
    """Another account of the same installation, with doors and cameras of its own."""

    def make(conn):
        account = tenants.create_account(conn, "Stranger", NOW).account_id
        site = tenants.create_site(conn, account, "Elsewhere").site_id
        pacs = tenants.create_pacs(conn, account, site, "Theirs", NOW).pacs_id
        ids = doors.ensure_known(conn, account, pacs, ["D1", "D2"], NOW)
        cameras.add_camera(conn, account, name="Theirs", url="rtsp://x", now=NOW, camera_id="theirs")
        return Building(database, account, site, pacs, ids["D1"], ids["D2"], camera="theirs")

    return database.write_sync(make)
