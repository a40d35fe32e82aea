"""How moments look is kept beside them, follows incidents, and goes when colours go."""

import pytest

from doorwatch.domain.appearance import Appearance
from doorwatch.domain.incident import CrossingOutcome, CrossingVerdict
from doorwatch.domain.likeness import Likeness, packed
from doorwatch.domain.time import DAY
from doorwatch.store import appearances, cardholders, crossings, erasing, likenesses

RED, BLUE = (Likeness(7, packed(direction)) for direction in ([1.0, 0.1], [0.1, -1.0]))


def seen(building, crossing_id="c1", look=RED, **more):
    building.store_crossings(building.crossing(crossing_id, appearance=Appearance(likeness=look), **more))


def look(building, name="crossing:c1"):
    return building.read(likenesses.of_moment, name)


def test_what_arrives_after_the_crossing_is_kept_and_what_comes_again_changes_nothing_else(building):
    building.store_crossings(building.crossing())
    assert look(building) is None
    seen(building)
    assert look(building) == RED
    done = building.store_crossings(building.crossing(appearance=Appearance(likeness=BLUE)))
    assert (done.updated, look(building)) == ((), BLUE)


@pytest.mark.parametrize("look_first", [True, False])
def test_an_incident_looks_as_its_first_excess_entry_whichever_came_first(building, look_first):
    if look_first:
        seen(building)
    else:
        building.store_crossings(building.crossing())
    building.store_incident()
    seen(building)
    assert look(building, "incident:i1") == RED


def test_an_incident_that_begins_with_somebody_else_now_looks_as_they_do(building):
    seen(building, "c1")
    seen(building, "c2", BLUE)
    building.store_crossings(building.crossing("c3"))
    building.store_incident()
    for first, expected in (("c2", BLUE), ("c3", None)):
        building.store_incident(crossing_ids=("c1", first), excess_crossing_ids=(first,))
        assert look(building, "incident:i1") == expected


def test_an_account_that_keeps_no_clothes_keeps_no_looks(building):
    building.write(appearances.want_colours, building.now, wanted=False)
    seen(building)
    assert look(building) is None


def test_looks_of_before_a_time_are_forgotten_in_pieces_whichever_model_made_them(building):
    for number, model in enumerate((7, 8, 7)):
        at = building.now - (3 - number) * DAY
        seen(building, f"c{number}", Likeness(model, RED.direction), at=at)
    before = building.now - DAY - 1
    assert [building.write(appearances.forget_before, before, most=1) for _ in range(3)] == [1, 1, 0]
    assert [look(building, f"crossing:c{n}") is None for n in range(3)] == [True, True, False]


def test_who_is_erased_takes_along_how_those_looked_whom_the_grants_let_in(building):
    building.store_events(building.event("e1", actor_id="77", actor_name="Zoë Rivera"))
    seen(building, "c1")
    seen(building, "c2")
    building.write(crossings.set_outcomes, [CrossingVerdict("c1", CrossingOutcome.ADMITTED, "e1")])
    key = building.write(cardholders.find, "rivera")[0].actor_key
    done = building.write(erasing.erase, key, by="olga@x", now=building.now)
    assert done.cleaned["colours of clothes"] == 1
    assert (look(building, "crossing:c1"), look(building, "crossing:c2")) == (None, RED)


def test_of_which_moments_a_model_knows_the_looks_and_how_many_are_of_others(building):
    seen(building, "c1")
    seen(building, "c2", Likeness(8, RED.direction))
    assert building.read(likenesses.others, 7) == 1
    assert building.read(likenesses.others, 9) == 2
