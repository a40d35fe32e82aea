"""A building with so many moments, as fast as the database takes them, and what may be asked of it.

Doors are not equally busy, days have their rhythm, and five hundred people of six thousand come every day. Events are
written as ingest writes them: same columns, same sets and stories, every index there from the beginning.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from sqlalchemy import Connection

from doorwatch.domain.access import Direction
from doorwatch.domain.time import DAY, HOUR, MINUTE, SECOND, Micros
from doorwatch.search import Vocabulary
from doorwatch.store import actors, cameras, configuration, doors, moments, stories, tenants
from doorwatch.store.actors import Actor
from doorwatch.store.doors import Device
from doorwatch.store.engine import numbers, sets
from doorwatch.store.engine.database import Database
from doorwatch.store.engine.identity import door_number
from doorwatch.store.engine.sql import Bulk
from doorwatch.store.moments import MomentKind
from doorwatch.store.schema.happenings import moments as table

FIRST: Micros = 1_780_272_000 * SECOND
"""Midnight, UTC."""
DAYS = 120
DOORS = 200
PIECE = 20_000

PLACES = (
    *("Lobby", "Gate", "Server room", "Loading dock", "Stairwell", "Garage", "Canteen", "Archive", "Workshop"),
    *(
        "Laboratory",
        "Reception",
        "Roof",
        "Warehouse",
        "Office",
        "Clinic",
        "Pharmacy",
        "Vault",
        "Studio",
        "Yard",
        "Mail room",
    ),
)
SIDES = ("north", "south", "east", "west", "inner", "outer", "upper", "lower", "front", "rear")
FIRST_NAMES = (
    *(
        "Ada",
        "Ben",
        "Carla",
        "Dmitri",
        "Elena",
        "Farid",
        "Grete",
        "Hugo",
        "Ines",
        "Jonas",
        "Kaya",
        "Liam",
        "Mona",
        "Nils",
    ),
    *("Olga", "Pavel", "Quinn", "Rosa", "Sven", "Tara", "Uwe", "Vera", "Wim", "Xenia", "Yusuf", "Zoe"),
)
SYLLABLES = (
    "ber",
    "dal",
    "fen",
    "gar",
    "hol",
    "jen",
    "kov",
    "lin",
    "mar",
    "nor",
    "pet",
    "ros",
    "sal",
    "tor",
    "vik",
    "wen",
)
# type, side, how often of all moments
EVENTS = (
    ("AccessGranted", Direction.IN, 0.26),
    ("AccessGranted", Direction.OUT, 0.06),
    ("DoorOpen", None, 0.17),
    ("DoorClose", None, 0.17),
    ("DoorLock", None, 0.07),
    ("DoorUnlock", None, 0.07),
    ("AccessRefused", Direction.IN, 0.015),
    ("DoorOpenedForTooLong", None, 0.003),
    ("DoorForcedOpen", None, 0.0004),
    ("DoorRexOn", None, 0.02),
)
RARE_LABELS = 400
RARE_SHARE = 0.0004
CROSSING_SHARE = 0.15
INCIDENT_SHARE = 0.01
HEALTH_SHARE = 0.001


@dataclass
class Building:
    """An account with doors, cameras and people."""

    account: str
    pacs: str
    door_ids: dict[str, str]
    camera_ids: dict[str, str]
    people: list[Actor]
    end: Micros

    def vocabulary(self) -> Vocabulary:
        """The names and labels that a search may mention."""
        labels = frozenset(f"badge colour {number}" for number in range(RARE_LABELS))
        people = tuple(one.name or "" for one in self.people)
        doors_named = {door_id: name for name, door_id in self.door_ids.items()}
        cameras_named = {camera_id: f"{name} cam" for name, camera_id in self.camera_ids.items()}
        return Vocabulary(doors_named, cameras_named, labels, people)

    @cached_property
    def door_names(self) -> list[str]:
        """As they are listed."""
        return list(self.door_ids)


def people_of(pacs: str, count: int = 6000) -> list[Actor]:
    """Names that are all different, some of them alike in part."""
    chance = random.Random(6)
    names: dict[str, None] = {}
    while len(names) < count:
        last = "".join(chance.choice(SYLLABLES) for _ in range(3)).capitalize()
        names[f"{chance.choice(FIRST_NAMES)} {last}"] = None
    return [Actor(pacs, f"c{number:05}", name) for number, name in enumerate(names)]


def furnish(conn: Connection, rows: int) -> Building:
    """Doors, cameras, mapping and people; `rows` says until when there will be moments."""
    account, _, pacs = tenants.ensure_default(conn, FIRST)
    names = [f"{place} {side}" for place in PLACES for side in SIDES][:DOORS]
    devices = [Device(f"D{number}", name) for number, name in enumerate(names)]
    doors.store_device_list(conn, account.account_id, pacs.pacs_id, devices, FIRST, gateway_id="bench")
    known = doors.ensure_known(conn, account.account_id, pacs.pacs_id, [one.device_id for one in devices], FIRST)
    seen_by: dict[str, str] = {}
    for number, name in enumerate(names):
        camera = cameras.add_camera(conn, account.account_id, name=f"{name} cam", url=f"rtsp://x/{number}", now=FIRST)
        seen_by[name] = camera.camera_id
        configuration.set_mapping(
            conn, account.account_id, known[f"D{number}"], [camera.camera_id], FIRST, since=FIRST - DAY
        )
    people = people_of(pacs.pacs_id)
    actors.write(conn, account.account_id, {one.key: one for one in people})
    door_ids = {name: known[f"D{number}"] for number, name in enumerate(names)}
    return Building(account.account_id, pacs.pacs_id, door_ids, seen_by, people, FIRST + span_of(rows))


def facts(building: Building) -> dict[str, Any]:
    """What has to be known to ask the same database again."""
    return {name: getattr(building, name) for name in ("account", "pacs", "door_ids", "camera_ids")}


def remembered(known: dict[str, Any], rows: int) -> Building:
    """The building of a database that was filled before."""
    return Building(**known, people=people_of(known["pacs"]), end=FIRST + span_of(rows))


def span_of(rows: int) -> Micros:
    """Over how long so many moments are spread: ten million over 120 days, fewer over less, a week at least."""
    return max(9 * DAY, round(DAYS * DAY * min(1.0, rows / 10_000_000)))


def fill(db: Database, rows: int) -> Building:
    """Furnish an empty database and write the moments, the oldest first."""
    building = db.write_sync(lambda conn: furnish(conn, rows))
    writer = _Pieces(building, rows)
    for start in range(0, rows, PIECE):
        db.write_sync(partial(writer.write, start=start, count=min(PIECE, rows - start)))
    return building


class _Pieces:
    """Moments, a piece of so many at a time."""

    def __init__(self, building: Building, rows: int) -> None:
        self._building = building
        self._rows = rows
        self._chance = np.random.default_rng(20260131)
        self._span = building.end - FIRST
        busy = 1 / np.arange(1, len(building.door_ids) + 1) ** 0.5
        self._busy = busy / busy.sum()
        self._doors = [door_number(one) for one in building.door_ids.values()]
        self._views = [sets.set_id(sets.CAMERAS, (one,)) for one in building.camera_ids.values()]
        self._keys = [one.key for one in building.people]
        self._stories = [stories.story_of(kind, side, (), "stream") for kind, side, _ in EVENTS]
        self._rare = [
            stories.story_of("AccessGranted", Direction.IN, (f"badge colour {number}",), "stream")
            for number in range(RARE_LABELS)
        ]
        shares = [share for _, _, share in EVENTS]
        rest = [RARE_SHARE, CROSSING_SHARE, INCIDENT_SHARE, HEALTH_SHARE]
        every = np.array([*shares, *rest])
        self._shares = every / every.sum()

    def write(self, conn: Connection, start: int, count: int) -> None:
        """Write the moments from `start` on."""
        if start == 0:
            self._prepare(conn)
        account = self._building.account
        tenant, origin = numbers.of_account(conn, account), numbers.of_pacs(conn, account, self._building.pacs)
        first = moments.take_numbers(conn, account, count).start
        events: list[tuple[Any, ...]] = []
        others: list[moments.MomentDraft] = []
        for number, what, at, door, person in zip(range(start, start + count), *self._drawn(start, count), strict=True):
            if what <= len(EVENTS):
                story = self._stories[what] if what < len(EVENTS) else self._rare[number % RARE_LABELS]
                who = self._keys[person] if story.event_type.startswith("Access") else None
                name = f"{(number * 0x9E3779B97F4A7C15 + 7) & (1 << 96) - 1:024x}"
                head = (first, tenant, origin, name, story.kind, at, at + SECOND, self._doors[door], story.label_set)
                events.append((*head, self._views[door], who, story.number, None, story.side))
                first += 1
            else:
                others.append(self._other(what - len(EVENTS), number, at, door, person))
        _EVENTS.run(conn, events)
        if others:
            moments.write(conn, account, others)

    def _prepare(self, conn: Connection) -> None:
        account = self._building.account
        every = [*self._stories, *self._rare]
        stories.write(conn, account, every)
        sets.write(conn, account, sets.CAMERAS, [(one,) for one in self._building.camera_ids.values()])
        # Else the search would think that no event has any label, and answer quicker than it may.
        sets.note(conn, account, sets.KINDS, {(one.label_set, one.kind) for one in every})
        places = zip(self._views, self._doors, strict=True)
        sets.note(conn, account, sets.DOORS, {(view, door) for view, door in places if door is not None})

    def _drawn(self, start: int, count: int) -> Iterator[Sequence[int]]:
        chance = self._chance
        at = FIRST + (np.arange(start, start + count) * (self._span / self._rows)).astype(np.int64)
        # Three of four happen by day.
        hour = at // HOUR % 24
        moved = (hour < 6) & (chance.random(count) < 0.75)
        at = np.sort(at + np.where(moved, 6 * HOUR, 0) + chance.integers(0, MINUTE, count))
        yield chance.choice(len(self._shares), count, p=self._shares).tolist()
        yield at.tolist()
        yield chance.choice(len(self._doors), count, p=self._busy).tolist()
        # Five hundred come every day; the others now and then.
        regular = chance.random(count) < 0.8
        yield np.where(regular, chance.integers(0, 500, count), chance.integers(500, len(self._keys), count)).tolist()

    def _other(self, what: int, number: int, at: Micros, door: int, person: int) -> moments.MomentDraft:
        name = self._building.door_names[door]
        place, camera = self._building.door_ids[name], self._building.camera_ids[name]
        who = self._building.people[person].name or ""
        if what == 1:
            way = ("in", "out")[number % 3 == 0]
            labels = ("crossing", "person", *(("in", "entry", "entered") if way == "in" else ("out", "exit", "left")))
            crossing = f"x{number:015x}"
            return moments.MomentDraft(
                f"crossing:{crossing}",
                MomentKind.CROSSING,
                at,
                at + SECOND,
                f"Person {way}",
                (*labels, "admitted"),
                place,
                (camera,),
                details={"crossing_id": crossing, "direction": way, "outcome": "admitted", "track": str(number % 997)},
            )
        if what == 2:
            people = 2 + number % 4
            reason = f"{people} people, 1 grant: {who} was let in, {people - 1} more entered without a grant"
            incident = f"incident{number:016x}"
            return moments.MomentDraft(
                f"incident:{incident}",
                MomentKind.INCIDENT,
                at,
                at + 2 * SECOND,
                "Tailgating",
                ("incident", "tailgating", "unauthorized access"),
                place,
                (camera,),
                detail=f"{reason} {number % 90 / 10:.1f} s later",
                details={
                    "incident_id": incident,
                    "review": ("new", "confirmed", "dismissed")[number % 3],
                    "state": "final",
                    "people": people,
                    "grants": 1,
                    "excess": people - 1,
                },
            )
        return moments.MomentDraft(
            f"health:h{number}",
            MomentKind.HEALTH,
            at,
            at + SECOND,
            ("Camera lost", "Camera back", "Clock drifts", "Gateway away")[number % 4],
            ("health", "camera"),
            place,
            (camera,),
            detail=f"{name} cam: no picture since frame {number % 9973}",
        )


_EVENTS = Bulk(
    table,
    (
        *("number", "account", "origin", "name", "kind", "at", "arrived_at", "door_id", "label_set", "camera_set"),
        *("actor_key", "story", "access_point_id", "direction"),
    ),
    lambda statement: statement.on_conflict_do_nothing(index_elements=["origin", "name"]),
)
