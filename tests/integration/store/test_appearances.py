"""What those who crossed wore is kept with crossing and incident, never judged by, and forgotten when it must be."""

from dataclasses import replace

import pytest

from doorwatch.domain.appearance import UNKNOWN, Appearance, Carried, Colour
from doorwatch.domain.incident import CrossingOutcome, CrossingVerdict
from doorwatch.domain.time import DAY, SECOND
from doorwatch.store import appearances, cardholders, crossings, dirty, erasing, moment_reading

RED = Appearance(Colour.RED, Colour.BLUE, carried=frozenset((Carried.BACKPACK, Carried.SUITCASE)))
BAG = Appearance(carried=frozenset((Carried.HANDBAG,)))


def settle(building):
    for door in building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w")):
        building.db.write_sync(lambda c, d=door: dirty.finish(c, d))


def look(building, moment_id):
    return building.read(moment_reading.get_many, [moment_id])[0].appearance


def worn(building, crossing_id="c1"):
    return building.read(appearances.of_crossing, crossing_id)


def test_what_is_known_later_is_kept_and_has_no_door_judged_again(building):
    first = building.crossing()
    building.store_crossings(first)
    settle(building)
    later = replace(first, appearance=replace(RED, dwell=9 * SECOND))
    assert building.store_crossings(later).updated == ("c1",)
    [stored] = building.read(crossings.get_many, ["c1"])
    assert stored.crossing == later
    assert look(building, "crossing:c1") == later.appearance
    assert building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w")) == []


def test_a_longer_trail_with_it_is_judged(building):
    first = building.crossing()
    building.store_crossings(first)
    settle(building)
    building.store_crossings(replace(first, appearance=RED, trail=()))
    assert len(building.db.write_sync(lambda c: dirty.take(c, building.now, worker="w"))) == 1


@pytest.mark.parametrize("colours_first", [True, False])
def test_an_incident_looks_as_its_first_excess_entry_whichever_came_first(building, colours_first):
    dressed = building.crossing(appearance=RED)
    building.store_crossings(dressed if colours_first else building.crossing())
    building.write(crossings.set_outcomes, [CrossingVerdict("c1", CrossingOutcome.EXCESS)])
    building.store_incident()
    building.store_crossings(dressed)
    assert look(building, "incident:i1") == RED


def test_the_incident_of_somebody_else_does_not_look_so(building):
    building.store_crossings(building.crossing("c0"), building.crossing("c1"))
    building.store_incident(crossing_ids=("c0", "c1"))
    building.store_crossings(building.crossing("c0", appearance=RED))
    assert look(building, "incident:i1") == UNKNOWN


def test_an_account_that_wants_no_colours_gets_none_and_the_time_all_the_same(building):
    building.write(appearances.want_colours, building.now, wanted=False)
    building.store_crossings(building.crossing(appearance=replace(RED, dwell=SECOND)))
    assert worn(building) == Appearance(dwell=SECOND)
    assert not building.read(appearances.wants_colours)


def test_colours_of_before_a_time_are_forgotten_in_pieces_and_later_ones_are_not(building):
    for number, day in enumerate((3, 2, 1)):
        at = building.now - day * DAY
        building.store_crossings(building.crossing(f"c{number}", at=at, appearance=replace(RED, dwell=SECOND)))
    before = building.now - DAY - 1
    assert [building.write(appearances.forget_before, before, most=1) for _ in range(3)] == [1, 1, 0]
    assert [worn(building, f"c{n}") for n in range(3)] == [Appearance(dwell=SECOND)] * 2 + [replace(RED, dwell=SECOND)]
    assert look(building, "crossing:c0") == Appearance(dwell=SECOND)


def test_what_is_carried_is_forgotten_with_the_colours_also_where_none_were_named(building):
    building.store_crossings(building.crossing("c0", at=building.now - 2 * DAY, appearance=BAG))
    assert look(building, "crossing:c0") == worn(building, "c0") == BAG
    assert building.write(appearances.forget_before, building.now - DAY) == 1
    assert look(building, "crossing:c0") == worn(building, "c0") == UNKNOWN


def test_who_is_erased_takes_along_what_those_wore_whom_the_grants_let_in(building):
    who = {"actor_id": "77", "actor_name": "Zoë Rivera"}
    building.store_events(building.event("e1", **who), building.event("e2", actor_id="78", actor_name="Max"))
    building.store_crossings(building.crossing("c1", appearance=BAG), building.crossing("c2", appearance=RED))
    let_in = [CrossingVerdict(f"c{n}", CrossingOutcome.ADMITTED, f"e{n}") for n in (1, 2)]
    building.write(crossings.set_outcomes, let_in)
    key = building.write(cardholders.find, "rivera")[0].actor_key
    done = building.write(erasing.erase, key, by="olga@x", now=building.now)
    assert done.cleaned["colours of clothes"] == 1
    assert (worn(building, "c1"), worn(building, "c2")) == (UNKNOWN, RED)
    assert (look(building, "crossing:c1"), look(building, "crossing:c2")) == (UNKNOWN, RED)
