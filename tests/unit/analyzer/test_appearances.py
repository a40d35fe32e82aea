"""A crossing is told again when more is known of who crossed, and never without what was known before."""

from base64 import b64encode
from dataclasses import replace

import msgspec
import pytest

from doorwatch.analyzer.appearances import GONE, Appearances
from doorwatch.analyzer.posts import _seen_of
from doorwatch.domain.access import Direction
from doorwatch.domain.appearance import UNKNOWN, Appearance, Carried, Colour
from doorwatch.domain.crossing import Crossing, TileStep
from doorwatch.domain.geometry import Point
from doorwatch.domain.likeness import Likeness
from doorwatch.domain.time import SECOND
from doorwatch.server.ingest.analyzer_wire import read_crossings
from doorwatch.vision.detect.base import Box
from doorwatch.vision.pipeline import PersonSeen

CROSSING = Crossing("cam-1", "d", "cam", "t1", 5 * SECOND, Direction.IN)


def seen(*tracks):
    return [PersonSeen(track, Box(0, 0, 10, 30), Point(5, 30), None, None) for track in tracks]


@pytest.fixture
def told():
    return []


@pytest.fixture
def looks(told):
    def tell(crossing, *, first):
        assert not first
        told.append(crossing)

    return Appearances(tell)


def test_colours_arrive_after_the_crossing_and_stay_with_it_when_its_trail_grows(looks, told):
    assert looks.of(CROSSING).appearance == UNKNOWN
    looks.worn({"crossing_id": "cam-1", "upper": "red", "lower": None})
    assert told == [replace(CROSSING, appearance=Appearance(Colour.RED))]
    grown = replace(CROSSING, trail=(TileStep(6 * SECOND, 1, 1),))
    assert looks.of(grown).appearance == Appearance(Colour.RED)


def test_what_is_carried_arrives_with_the_colours(looks, told):
    looks.of(CROSSING)
    looks.worn({"crossing_id": "cam-1", "upper": None, "lower": "blue", "carried": ["handbag", "suitcase"]})
    both = frozenset((Carried.HANDBAG, Carried.SUITCASE))
    assert told == [replace(CROSSING, appearance=Appearance(lower=Colour.BLUE, carried=both))]


@pytest.mark.parametrize(
    "known", [UNKNOWN, Appearance(Colour.RED, Colour.BLUE, 9), Appearance(dwell=0, carried=frozenset(Carried))]
)
def test_the_server_reads_what_the_analyzer_tells_of_somebody(known):
    body = {"crossing_id": "cam-1", "camera_id": "cam", "door_id": "d", "track": "t1", "direction": "in"}
    told = msgspec.json.encode({"crossings": [{**body, "at": "2026-11-25T14:30:00Z", **_seen_of(known)}]})
    [crossing] = read_crossings(msgspec.json.decode(told)).good
    assert crossing.appearance == known


def test_colours_of_a_crossing_that_nobody_told_are_nobodys(looks, told):
    looks.worn({"crossing_id": "cam-9", "upper": "red", "lower": "blue"})
    assert told == []


def test_how_long_somebody_was_there_is_told_once_they_have_gone(looks, told):
    for second in range(2, 10):
        looks.observe(second * SECOND, seen("t1", "t2"))
        if second == 5:
            looks.of(CROSSING)
    looks.observe(9 * SECOND + GONE, ())
    assert told == []
    looks.observe(9 * SECOND + GONE + 1, ())
    looks.observe(20 * SECOND, ())
    assert told == [replace(CROSSING, appearance=Appearance(dwell=7 * SECOND))]


def test_who_is_seen_again_after_a_quiet_time_was_there_all_along(looks, told):
    looks.observe(2 * SECOND, seen("t1"))
    looks.of(CROSSING)
    looks.observe(7 * SECOND, ())
    looks.observe(8 * SECOND, seen("t1"))
    looks.observe(13 * SECOND, ())
    assert [one.appearance.dwell for one in told] == [0, 6 * SECOND]


def test_colours_and_time_are_told_together_whichever_came_first(looks, told):
    looks.observe(4 * SECOND, seen("t1"))
    looks.of(CROSSING)
    looks.observe(6 * SECOND, seen("t1"))
    looks.observe(12 * SECOND, ())
    looks.worn({"crossing_id": "cam-1", "upper": "green", "lower": "black"})
    assert told[-1].appearance == Appearance(Colour.GREEN, Colour.BLACK, 2 * SECOND)


def test_only_the_last_few_hundred_crossings_are_remembered(looks, told):
    for number in range(400):
        looks.of(replace(CROSSING, crossing_id=f"c-{number}"))
    looks.worn({"crossing_id": "c-0", "upper": "red", "lower": None})
    looks.worn({"crossing_id": "c-399", "upper": "red", "lower": None})
    assert [one.crossing_id for one in told] == ["c-399"]


def test_how_somebody_looks_is_told_with_what_they_wear(looks, told):
    looks.of(CROSSING)
    looks.worn({"crossing_id": "cam-1", "upper": "red", "lower": None})
    looks.resembles({"crossing_id": "cam-1", "model": 7, "direction": b64encode(b"four and more").decode()})
    assert told[-1].appearance == Appearance(Colour.RED, likeness=Likeness(7, b"four and more"))
