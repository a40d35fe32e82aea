"""What somebody carries is what goes along with them: not what stands there, nor what is somebody else's."""

from doorwatch.domain.appearance import Carried
from doorwatch.vision.carrying import Held, carried, held
from doorwatch.vision.detect.base import Box, Thing

OWN = Box(100, 50, 140, 150)
BACKPACK = Box(105, 70, 135, 105, 0.8)


def thing(box, what=Carried.BACKPACK):
    return Thing(what, box)


def moved(box, aside):
    return box._replace(x1=box.x1 + aside, x2=box.x2 + aside)


def walking(*pictures):
    """What is told of somebody who walks 40 pixels to the right from one picture to the next, with these things in each."""
    return carried([held(moved(OWN, 40 * n), (), things) for n, things in enumerate(pictures)])


def test_what_is_on_somebodys_back_in_two_pictures_is_carried():
    assert walking([thing(BACKPACK)], [], [thing(moved(BACKPACK, 80))]) == {Carried.BACKPACK}


def test_what_is_pulled_behind_is_carried_too_and_several_things_are():
    suitcase = thing(Box(70, 100, 100, 150), Carried.SUITCASE)
    with_it = [suitcase, thing(BACKPACK)]
    later = [one._replace(box=moved(one.box, 40)) for one in with_it]
    assert walking(with_it, later) == {Carried.SUITCASE, Carried.BACKPACK}


def test_what_was_seen_once_is_not_told():
    assert walking([thing(BACKPACK)], [], []) == frozenset()


def test_what_stands_there_while_somebody_walks_past_it_is_not_theirs():
    parked = thing(Box(130, 110, 155, 150), Carried.SUITCASE)
    assert walking([parked], [parked], [parked]) == frozenset()


def test_what_is_nearer_to_somebody_else_is_theirs():
    beside = moved(OWN, 45)
    between = thing(Box(130, 100, 165, 140))
    assert held(OWN, [], [between])
    assert held(OWN, [beside], [between]) == []
    assert held(beside, [OWN], [between])


def test_what_is_as_tall_as_the_person_or_far_away_or_above_is_not_carried():
    assert held(OWN, (), [thing(OWN), thing(moved(BACKPACK, 60)), thing(Box(110, 10, 130, 40))]) == []


def test_what_two_classes_take_for_theirs_is_what_is_surer():
    same = [thing(BACKPACK, Carried.HANDBAG), thing(moved(BACKPACK, 2))]
    assert [one.what for one in held(OWN, (), same)] == [Carried.HANDBAG]


def test_what_has_another_name_in_every_picture_has_none():
    each = [[Held(what, 0.0, 0.3)] for what in Carried]
    assert carried(each) == frozenset()
