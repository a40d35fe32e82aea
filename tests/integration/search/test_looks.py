"""Ranking by looks: what matches the words, the likest first, by the same numbers on both kinds of database."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from doorwatch.domain.access import Direction
from doorwatch.domain.appearance import Appearance
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.likeness import Likeness, packed
from doorwatch.domain.time import DAY, HOUR, from_iso
from doorwatch.search import likeness as looks
from doorwatch.search import load_vocabulary, parse
from doorwatch.search.likeness import Wanted, rank, wanted_like
from doorwatch.search.planner import CursorError
from doorwatch.store import cameras, configuration, crossings, doors, tenants
from doorwatch.store.doors import Device
from doorwatch.store.engine import numbers
from doorwatch.store.schema.happenings import moments

NOW = from_iso("2026-11-25T14:30:00Z")
MODEL, OTHER, COUNT = 7, 8, 60


class World:
    """Sixty people at two doors, each seen an hour before the last one; how they look goes once around in the plane."""

    def __init__(self, db):
        self.db = db
        self.account = db.write_sync(self._fill)

    def _fill(self, conn):
        name = tenants.create_account(conn, "Looks", NOW).account_id
        site = tenants.create_site(conn, name, "Here")
        pacs = tenants.create_pacs(conn, name, site.site_id, "PACS", NOW)
        doors.store_device_list(
            conn, name, pacs.pacs_id, [Device("D1", "Lobby"), Device("D2", "Dock")], NOW, gateway_id="g"
        )
        self.doors = doors.ensure_known(conn, name, pacs.pacs_id, ["D1", "D2"], NOW)
        cameras.add_camera(conn, name, name="Cam", url="x", now=NOW, camera_id="cam")
        for door in self.doors.values():
            configuration.set_mapping(conn, name, door, ["cam"], NOW - 30 * DAY)
        batch = [self.crossing(n) for n in reversed(range(COUNT))]
        crossings.store_crossings(
            conn, name, [*batch, self.crossing(COUNT, model=OTHER), self.crossing(COUNT + 1, model=None)], NOW
        )
        return name

    def crossing(self, number, model=MODEL):
        look = None if model is None else Likeness(model, packed(self.direction(number).tolist()))
        direction = Direction.IN if number % 3 else Direction.OUT
        where = self.doors[f"D{number % 2 + 1}"]
        seen = Appearance(likeness=look)
        return Crossing(f"c{number}", where, "cam", f"t{number}", NOW - number * HOUR, direction, appearance=seen)

    @staticmethod
    def direction(number):
        angle = 2 * np.pi * number / COUNT
        return np.array([np.cos(angle), np.sin(angle), 0.05], np.float32)

    def wanted(self, number=0):
        direction = self.direction(number)
        return Wanted(MODEL, direction / np.linalg.norm(direction))

    def rank(self, text="", wanted=None, **options):
        def work(conn):
            query = parse(text, load_vocabulary(conn, self.account, text), NOW, ZoneInfo("UTC"))
            return rank(conn, self.account, query, wanted or self.wanted(), **options)

        return self.db.read_sync(work)

    def names(self, text="", **options):
        return [moment.crossing_id for moment in self.rank(text, **options).moments]


@pytest.fixture(scope="module")
def world(shared_database):
    return World(shared_database)


def test_the_likest_comes_first_whenever_it_was_and_of_equally_like_ones_what_was_told_later(world):
    found = world.rank(limit=5)
    assert [moment.crossing_id for moment in found.moments] == ["c0", "c1", "c59", "c2", "c58"]
    assert [round(cosine, 2) for cosine, _ in found.scores] == [1.0, 0.99, 0.99, 0.98, 0.98]
    assert (found.compared, found.whole, found.left_out) == (COUNT, True, 1)


def test_pages_follow_each_other_without_a_gap_and_end(world):
    seen, mark = [], None
    while True:
        page = world.rank(limit=7, before=mark)
        seen += [moment.crossing_id for moment in page.moments]
        mark = page.next
        if mark is None:
            break
    assert seen == world.names(limit=COUNT)
    assert len(set(seen)) == COUNT


def test_words_and_times_narrow_down_what_is_ranked(world):
    lobby = world.names("lobby", limit=COUNT)
    assert lobby[:3] == ["c0", "c2", "c58"]
    assert set(lobby) == {f"c{n}" for n in range(0, COUNT, 2)}
    assert set(world.names("leaving lobby last 10 hours", limit=COUNT)) == {"c0", "c6"}
    assert set(world.names("-lobby last 4 hours", limit=COUNT)) == {"c1", "c3"}
    assert world.names("tailgating") == []


def test_how_far_a_score_stands_out_is_told_from_a_dozen_on(world):
    assert [deviations for _, deviations in world.rank("last 5 hours").scores] == [None] * world.rank(
        "last 5 hours"
    ).compared
    first, *_, last = (deviations for _, deviations in world.rank(limit=COUNT).scores)
    assert first == pytest.approx(1.41, abs=0.02)
    assert last == pytest.approx(-1.41, abs=0.02)


def test_others_like_a_moment_are_found_without_itself(world):
    wanted = world.db.read_sync(lambda c: wanted_like(c, world.account, MODEL, "crossing:c30"))
    assert world.names(wanted=wanted, limit=2) == ["c29", "c31"]


@pytest.mark.parametrize("moment", ["crossing:c60", "crossing:c61", "crossing:nobody", "incident:none"])
def test_with_what_another_model_saw_or_nobody_nothing_is_compared(world, moment):
    assert world.db.read_sync(lambda c: wanted_like(c, world.account, MODEL, moment)) is None


def test_who_may_see_a_few_moments_gets_these_alone(world):
    def mine(conn):
        return moments.c.origin == -numbers.of_account(conn, world.account)

    some = moments.c.name.in_(["crossing:c3", "crossing:c30"])
    assert world.names(only=some) == ["c3", "c30"]
    hidden = world.db.read_sync(lambda c: wanted_like(c, world.account, MODEL, "crossing:c4", some & mine(c)))
    assert hidden is None


def test_no_more_than_the_newest_are_compared_and_that_is_said(world, monkeypatch):
    monkeypatch.setattr(looks, "MOST_COMPARED", 10)
    monkeypatch.setattr(looks, "_TOGETHER", 4)
    found = world.rank(limit=COUNT)
    assert (found.compared, found.whole) == (10, False)
    assert {moment.crossing_id for moment in found.moments} == {f"c{n}" for n in range(10)}


def test_an_account_with_nothing_to_compare_finds_nothing(world):
    found = world.rank(wanted=Wanted(99, world.wanted().direction))
    assert (found.moments, found.compared, found.left_out) == ((), 0, COUNT + 1)


@pytest.mark.parametrize("mark", ["", "1~2~3", "nan~1", "0.5~1", "1764081000000000~5", "0.500000~x"])
def test_the_mark_of_another_kind_of_page_is_refused(world, mark):
    with pytest.raises(CursorError):
        world.rank(before=mark)
