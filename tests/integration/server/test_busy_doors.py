"""A door that is never quiet costs no more after two hours than after six minutes, and nothing that is said of it changes."""

import pytest

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import HOUR, MINUTE, SECOND
from doorwatch.domain.verdict import Span, judge
from doorwatch.server.watch.looking import look_at_doors
from doorwatch.server.watch.saving import save_looks
from doorwatch.store import (
    Database,
    access_events,
    borders,
    cameras,
    configuration,
    coverage,
    crossings,
    dirty,
    doors,
    tenants,
    verdicts,
)
from doorwatch.store.coverage import CameraSpan
from doorwatch.store.doors import Device, store_device_list
from doorwatch.store.windows import read_inputs

START = 1_790_000_000 * SECOND
EVERY = 2 * SECOND
HOURS = 2 * HOUR // EVERY
EVER = Span(START - HOUR, START + 5 * HOUR)


class Lobby:
    """A door at which somebody badges and enters every two seconds, and now and then one person more."""

    def __init__(self, db):
        self.db = db

        def furnish(conn):
            account, _, pacs = tenants.ensure_default(conn, START)
            self.account, self.pacs = account.account_id, pacs.pacs_id
            store_device_list(conn, self.account, self.pacs, [Device("lobby", "Lobby")], START)
            self.camera = cameras.add_camera(conn, self.account, name="Cam", url="rtsp://x", now=START).camera_id
            self.door = doors.ensure_known(conn, self.account, self.pacs, ["lobby"], START)["lobby"]
            configuration.set_mapping(conn, self.account, self.door, [self.camera], START, since=START - HOUR)

        db.write_sync(furnish)

    def happen(self, first, last):
        """The openings of these numbers, what the camera saw of them, and the grant of the next one."""
        badges = range(first + bool(first), last + 1)
        grants = [AccessEvent(f"g{number}", "lobby", START + number * EVERY, "AccessGranted") for number in badges]
        people = []
        for number in range(first, last):
            at = START + number * EVERY
            for name in ("", *(["t"] if number % 97 == 50 else [])):
                at += SECOND // 2
                people.append(Crossing(f"c{number}{name}", self.door, self.camera, f"{number}{name}", at, Direction.IN))
        now, until = START + last * EVERY, START + last * EVERY
        span = CameraSpan(self.camera, START - MINUTE, until)

        def store(conn):
            access_events.store_events(conn, self.account, self.pacs, grants, now)
            crossings.store_crossings(conn, self.account, people, now)
            coverage.add_camera_spans(conn, self.account, [span], now)

        self.db.write_sync(store)
        return now

    def look(self, now):
        """What the watch does with the door."""
        [door] = self.db.write_sync(lambda conn: dirty.take(conn, now, worker="w"))
        [look] = self.db.read_sync(lambda conn: look_at_doors(conn, [door], now))
        self.db.write_sync(lambda conn: save_looks(conn, [(door, look)], now, lambda *_: None))
        return look

    def border(self):
        """The border that is kept for the door."""
        return self.db.read_sync(lambda conn: borders.of_doors(conn, self.account, [self.door])).get(self.door)

    def told(self):
        """What is stored: outcomes of crossings and of grants, and incidents."""

        def read(conn):
            seen = crossings.in_window(conn, self.account, self.door, *EVER)
            granted = access_events.in_window(conn, self.account, self.door, *EVER)
            standing = verdicts.known_between(conn, self.account, self.door, *EVER)
            return (
                {one.crossing.crossing_id: one.outcome for one in seen},
                {one.event.event_id: one.outcome for one in granted},
                [one.incident for one in standing],
            )

        return self.db.read_sync(read)

    def one_pass(self, now):
        """The same by the rule, which looks at everything at once."""
        inputs = self.db.read_sync(lambda conn: read_inputs(conn, self.account, self.door, *EVER))
        verdict = judge(inputs, now)
        return (
            {one.crossing_id: one.outcome for one in verdict.crossings},
            {one.grant_id: one.outcome for one in verdict.grants},
            list(verdict.incidents),
        )


@pytest.fixture(scope="module")
def lobby(tmp_path_factory):
    """The door after two hours, all of which were looked at once; the next look finds where later ones can begin."""
    with Database.open(f"sqlite:///{tmp_path_factory.mktemp('busy') / 'doorwatch.db'}") as db:
        made = Lobby(db)
        for first in range(0, HOURS, 1800):
            now = made.happen(first, first + 1800)
        made.look(now)
        made.openings = HOURS + 1
        made.look(made.happen(HOURS, HOURS + 1))
        yield made


def test_a_look_after_two_hours_without_a_quiet_moment_is_at_the_last_minutes_only(lobby):
    for _ in range(20):
        lobby.openings += 5
        now = lobby.happen(lobby.openings - 5, lobby.openings)
        look = lobby.look(now)
        assert now - look.span.start < 4 * MINUTE
    assert lobby.border().at > START + 2 * HOUR
    assert lobby.told() == lobby.one_pass(now)


def test_what_comes_late_is_judged_with_all_that_hangs_on_it_and_the_door_is_quick_again(lobby):
    former = lobby.border()
    at = START + (lobby.openings - 900) * EVERY + SECOND
    stranger = Crossing("late", lobby.door, lobby.camera, "late", at, Direction.IN)
    now = START + lobby.openings * EVERY
    lobby.db.write_sync(lambda conn: crossings.store_crossings(conn, lobby.account, [stranger], now))
    look = lobby.look(now)
    assert look.span.start < at < former.at
    assert lobby.border().at < at
    for _ in range(2):
        lobby.openings += 5
        now = lobby.happen(lobby.openings - 5, lobby.openings)
        look = lobby.look(now)
    assert now - look.span.start < 4 * MINUTE
    assert lobby.told() == lobby.one_pass(now)


def test_a_door_that_has_come_to_rest_needs_no_border(lobby):
    for later in (HOUR // EVERY, 2 * HOUR // EVERY):
        number = lobby.openings + later
        lobby.look(lobby.happen(number, number + 1))
    assert lobby.border() is None
