"""Where admissions differ by their end alone nobody has a choice, and the short way gives what trying all gives."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.domain.access import Direction
from doorwatch.domain.time import SECOND
from doorwatch.domain.verdict import assign as assign_module
from doorwatch.domain.verdict.assign import Person, assign
from doorwatch.domain.verdict.timeline import Admission


def admission(number, start, length, way=None):
    begin = start * SECOND
    return Admission(f"g{number}", 0, begin, begin, begin + length * SECOND, way, None)


def both_ways(people, admissions):
    """What the short way says, and what the long one says."""
    quick = assign(people, admissions, one_way=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(assign_module, "_differ_by_end_alone", lambda *_: False)
        return quick, assign(people, admissions, one_way=True)


stories = st.tuples(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=12),
    st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(0, 5)), max_size=12),
    st.sampled_from([None, Direction.IN]),
)


@given(stories)
def test_the_short_way_takes_what_the_long_one_takes(story):
    grants, walks, way = story
    outwards = [admission(f"out{number}", start, 8, Direction.OUT) for number, start in enumerate((0, 9, 18, 27))]
    admissions = sorted(
        [*outwards, *(admission(number, start, length, way) for number, (start, length) in enumerate(grants))],
        key=lambda one: (one.start, one.preference),
    )
    people = [
        Person(at * SECOND, Direction.IN, None if back is None else (at + back) * SECOND)
        for at, back in sorted(walks, key=str)
    ]
    people.sort(key=lambda person: person.at)
    quick, slow = both_ways(people, admissions)
    assert quick == slow


def test_admissions_for_one_way_beside_those_for_either_are_weighed_against_each_other():
    admissions = [admission(1, 0, 10, Direction.IN), admission(2, 0, 3)]
    people = [Person(SECOND, Direction.IN), Person(2 * SECOND, Direction.IN), Person(5 * SECOND, Direction.IN)]
    quick, slow = both_ways(people, admissions)
    assert quick == slow == {0: 0, 1: 1}


def test_a_crowd_with_some_who_turn_back_is_the_same_both_ways():
    chance = random.Random(4)
    admissions = [admission(number, number * 2, 10) for number in range(300)]
    people = []
    for number in range(300):
        at = number * 2 * SECOND + chance.randrange(SECOND)
        people.append(Person(at, Direction.IN, at + 2 * SECOND if chance.random() < 0.05 else None))
    quick, slow = both_ways(people, admissions)
    assert quick == slow
    assert len(quick) >= 295
