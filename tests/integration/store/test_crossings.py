"""Crossings: stored once by their producer's id, replaced by a later version of themselves."""

from dataclasses import replace

import pytest

from doorwatch.domain.access import Direction
from doorwatch.domain.crossing import TileStep
from doorwatch.domain.incident import CrossingOutcome, CrossingVerdict
from doorwatch.store import crossings, dirty, moment_reading


@pytest.fixture
def clean(building):
    """The building, with no door dirty."""
    for door in building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w")):
        building.db.write_sync(lambda c, d=door: dirty.finish(c, d))
    return building


def test_a_crossing_comes_back_as_it_was_stored(building):
    crossing = building.crossing(possible=2, confidence=0.75, continuous=False)
    assert building.store_crossings(crossing).new == ("c1",)
    [stored] = building.read(crossings.get_many, ["c1", "nothing"])
    assert (stored.crossing, stored.outcome) == (crossing, None)


def test_the_same_crossing_again_is_nothing_new(building):
    building.store_crossings(building.crossing())
    again = building.store_crossings(building.crossing(), building.crossing(), at=building.now + 9)
    assert (again.new, again.updated, again.unchanged) == ((), (), 2)
    assert building.read(moment_reading.count) == 1


def test_a_longer_trail_replaces_the_former_and_keeps_what_the_rule_said(clean):
    first = clean.crossing()
    clean.store_crossings(first)
    clean.write(crossings.set_outcomes, [CrossingVerdict("c1", CrossingOutcome.EXCESS)])
    longer = replace(first, trail=(*first.trail, TileStep(clean.now + 1, 2, 2)))
    assert clean.store_crossings(longer).updated == ("c1",)
    [stored] = clean.read(crossings.get_many, ["c1"])
    assert (stored.crossing, stored.outcome) == (longer, CrossingOutcome.EXCESS)
    assert clean.read(moment_reading.newest)[0].outcome == "excess"


def test_a_moved_crossing_makes_both_its_times_dirty(clean):
    clean.store_crossings(clean.crossing())
    clean.store_crossings(clean.crossing(at=clean.now + 500))
    [door] = clean.db.write_sync(lambda c: dirty.take(c, clean.now, worker="w"))
    assert (door.door_id, door.changed_from, door.changed_to) == (clean.door, clean.now, clean.now + 500)


def test_crossings_at_doors_or_cameras_of_another_account_are_refused_and_the_others_kept(building, stranger):
    batch = [
        building.crossing("a", door=stranger.door),
        building.crossing("b"),
        building.crossing("c", camera=stranger.camera),
        building.crossing("d", door="nothing"),
    ]
    result = building.store_crossings(*batch)
    assert (result.new, result.refused) == (("b",), (0, 2, 3))
    assert stranger.read(crossings.in_window, stranger.door, 0, building.now * 2) == []


def test_the_same_id_in_two_accounts_is_two_crossings(building, stranger):
    building.store_crossings(building.crossing())
    assert stranger.store_crossings(stranger.crossing(direction=Direction.OUT)).new == ("c1",)
    [mine] = building.read(crossings.get_many, ["c1"])
    assert mine.crossing.direction is Direction.IN


def test_outcomes_are_kept_and_shown_and_counted_when_they_change(building):
    building.store_crossings(building.crossing(), building.crossing("c2"))
    said = [CrossingVerdict("c1", CrossingOutcome.ADMITTED, "e1"), CrossingVerdict("c2", CrossingOutcome.EXCESS)]
    assert [building.write(crossings.set_outcomes, said) for _ in range(2)] == [2, 0]
    found = {m.crossing_id: m for m in building.read(moment_reading.newest)}
    assert (found["c1"].outcome, found["c1"].detail) == ("admitted", "admitted by a grant")
    assert (found["c2"].outcome, found["c2"].detail) == ("excess", "without a grant")
    assert "excess entry" in found["c2"].labels
    [one, _] = building.read(crossings.get_many, ["c1", "c2"])
    assert one.grant_id == "e1"


def test_a_window_includes_both_its_ends_in_time_order(building):
    building.store_crossings(*(building.crossing(f"c{n}", at=building.now + n) for n in (5, 3, 4, 1)))
    found = building.read(crossings.in_window, building.door, building.now + 3, building.now + 5)
    assert [stored.crossing.crossing_id for stored in found] == ["c3", "c4", "c5"]


def test_a_crossings_moment_tells_track_direction_and_camera(building):
    building.store_crossings(building.crossing(direction=Direction.OUT))
    [moment] = building.read(moment_reading.newest)
    assert (moment.kind, moment.title, moment.track, moment.direction, moment.camera_ids, moment.door_name) == (
        "crossing",
        "Person out",
        "t1",
        "out",
        ("cam",),
        "Lobby east",
    )
