"""Marks against crossings: who was found, who was missed, what was invented, and how sure the rate is."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorwatch.domain.access import Direction
from doorwatch.domain.commissioning import (
    LIVE_TOLERANCE,
    PRACTICE_WALKS,
    Comparison,
    Counted,
    Figures,
    Mark,
    Practice,
    compare,
    wilson,
)
from doorwatch.domain.time import SECOND

IN, OUT = Direction.IN, Direction.OUT


def marks(*given_, way=IN):
    return [Mark(f"m{i}", round(at * SECOND), way) for i, at in enumerate(given_)]


def seen(*given_, way=IN):
    return [Counted(f"c{i}", round(at * SECOND), way) for i, at in enumerate(given_)]


def test_a_walk_counted_once_is_found():
    assert compare(marks(10), seen(10.4), SECOND) == Comparison((("m0", "c0"),))


def test_the_tolerance_itself_still_belongs_to_it_and_a_microsecond_more_does_not():
    assert compare(marks(10), seen(11), SECOND).pairs
    late = [Counted("c0", 11 * SECOND + 1, IN)]
    assert compare(marks(10), late, SECOND) == Comparison((), ("m0",), ("c0",))


def test_who_is_not_counted_is_missed_and_what_nobody_noted_is_extra():
    found = compare(marks(10, 20), seen(10, 30), SECOND)
    assert (found.missed, found.extra) == (("m1",), ("c1",))
    assert found.figures == Figures(walked=2, found=1, extra=1)


def test_a_walk_in_is_never_found_by_a_crossing_out_and_is_named_as_the_wrong_way():
    found = compare(marks(10), seen(10, way=OUT), SECOND)
    assert (found.pairs, found.missed, found.extra) == ((), ("m0",), ("c0",))
    assert found.wrong_way == (("m0", "c0"),)
    assert found.figures.wrong_way == 1


def test_two_side_by_side_are_two():
    assert compare(marks(10, 10), seen(9.8, 10.1), SECOND).figures.found == 2
    assert compare(marks(10, 10), seen(9.8), SECOND).figures == Figures(2, 1, 0)
    assert compare(marks(10), seen(9.8, 10.1), SECOND).figures == Figures(1, 1, 1)


def test_more_pairs_win_over_nearer_ones():
    # The nearest crossing of the first mark is the only one within reach of the second.
    found = compare(marks(10, 11.5), seen(9.2, 10.6), SECOND)
    assert found.pairs == (("m0", "c0"), ("m1", "c1"))


def test_of_two_crossings_the_nearer_one_is_taken():
    assert compare(marks(10), seen(9.3, 10.2), SECOND).pairs == (("m0", "c1"),)
    assert compare(marks(10), seen(9.9, 10.8), SECOND).pairs == (("m0", "c0"),)


def test_the_same_id_twice_is_one():
    twice = marks(10) * 2
    assert compare(twice, seen(10) * 3, SECOND).figures == Figures(1, 1, 0)


def test_nothing_against_nothing_is_nothing():
    assert compare([], [], SECOND) == Comparison()
    assert Comparison().figures.rate is None
    assert Comparison().figures.interval is None
    assert "Nobody walked" in Comparison().figures.sentence()


TIMES = st.integers(0, 40)
WAYS = st.sampled_from([IN, OUT])
MARKS = st.lists(st.tuples(TIMES, WAYS), max_size=6)


def build(given_marks, given_seen):
    ours = [Mark(f"m{i}", at * SECOND // 2, way) for i, (at, way) in enumerate(given_marks)]
    theirs = [Counted(f"c{i}", at * SECOND // 2, way) for i, (at, way) in enumerate(given_seen)]
    return ours, theirs


def by_trying_everything(ours, theirs, tolerance):
    """The best number of pairs, and the least time between them, by brute force."""
    best = (0, 0)
    for size in range(1, min(len(ours), len(theirs)) + 1):
        for left in itertools.combinations(ours, size):
            for right in itertools.permutations(theirs, size):
                pairs = list(zip(left, right, strict=True))
                if all(m.direction is c.direction and abs(m.at - c.at) <= tolerance for m, c in pairs):
                    best = min(best, (-size, sum(abs(m.at - c.at) for m, c in pairs)))
    return best


@given(st.lists(st.tuples(TIMES, WAYS), max_size=4), st.lists(st.tuples(TIMES, WAYS), max_size=4))
def test_no_other_pairing_is_better(given_marks, given_seen):
    ours, theirs = build(given_marks, given_seen)
    found = compare(ours, theirs, 3 * SECOND)
    at = {one.mark_id: one.at for one in ours} | {one.crossing_id: one.at for one in theirs}
    made = (-len(found.pairs), sum(abs(at[mark] - at[crossing]) for mark, crossing in found.pairs))
    assert made == by_trying_everything(ours, theirs, 3 * SECOND)


@given(MARKS, MARKS, st.randoms(use_true_random=False))
def test_the_order_in_which_they_come_does_not_matter(given_marks, given_seen, chance: random.Random):
    ours, theirs = build(given_marks, given_seen)
    expected = compare(ours, theirs, LIVE_TOLERANCE)
    chance.shuffle(ours)
    chance.shuffle(theirs)
    assert compare(ours, theirs, LIVE_TOLERANCE) == expected


@given(MARKS, MARKS, st.integers(-(10**6), 10**6))
def test_everything_is_told_exactly_once_and_shifting_all_times_changes_nothing(given_marks, given_seen, shift):
    ours, theirs = build(given_marks, given_seen)
    found = compare(ours, theirs, SECOND)
    assert sorted([mark for mark, _ in found.pairs] + list(found.missed)) == sorted(m.mark_id for m in ours)
    assert sorted([c for _, c in found.pairs] + list(found.extra)) == sorted(c.crossing_id for c in theirs)
    assert {mark for mark, _ in found.wrong_way} <= set(found.missed)
    assert {crossing for _, crossing in found.wrong_way} <= set(found.extra)
    moved = [Mark(m.mark_id, m.at + shift, m.direction) for m in ours]
    moved_seen = [Counted(c.crossing_id, c.at + shift, c.direction) for c in theirs]
    assert compare(moved, moved_seen, SECOND) == found


@given(MARKS, MARKS)
def test_a_wider_tolerance_never_finds_fewer(given_marks, given_seen):
    ours, theirs = build(given_marks, given_seen)
    found = [len(compare(ours, theirs, seconds * SECOND).pairs) for seconds in range(6)]
    assert found == sorted(found)


def test_an_hour_of_a_busy_door_is_compared_at_once():
    chance = random.Random(7)
    ours = marks(*(chance.uniform(0, 3600) for _ in range(2000)))
    theirs = [Counted(f"c{m.mark_id}", m.at + chance.randint(-300_000, 300_000), IN) for m in ours[:1900]]
    figures = compare(ours, theirs, 2 * SECOND).figures
    assert (figures.found, figures.missed, figures.extra) == (1900, 100, 0)


# Published values of the score interval, to four places.
@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (95, 100, 0.8882, 0.9785),
        (100, 100, 0.9630, 1.0),
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_the_interval_is_wilsons(hits, trials, low, high):
    found = wilson(hits, trials)
    assert found == pytest.approx((low, high), abs=5e-5)
    assert 0 <= found[0] <= hits / trials <= found[1] <= 1


@pytest.mark.parametrize(("hits", "trials"), [(0, 0), (2, 1), (-1, 5)])
def test_an_impossible_share_is_refused(hits, trials):
    with pytest.raises(ValueError, match="is no share"):
        wilson(hits, trials)


@given(st.integers(1, 500), st.data())
def test_more_walks_at_the_same_rate_make_the_interval_narrower(trials, data):
    hits = data.draw(st.integers(0, trials))
    few, many = wilson(hits, trials), wilson(4 * hits, 4 * trials)
    assert many[1] - many[0] < few[1] - few[0]


@pytest.mark.parametrize(
    ("walked", "found", "extra", "practice"),
    [
        (100, 95, 5, Practice.MET),
        (100, 94, 0, Practice.NOT_MET),
        (100, 100, 6, Practice.NOT_MET),
        (99, 99, 0, Practice.TOO_FEW),
        (200, 190, 10, Practice.MET),
        (200, 190, 11, Practice.NOT_MET),
        (0, 0, 0, Practice.TOO_FEW),
    ],
)
def test_the_practice_asks_for_95_of_100(walked, found, extra, practice):
    assert Figures(walked, found, extra).practice is practice


def test_the_result_is_told_in_words_with_its_interval_and_the_practice():
    told = Figures(100, 97, 1).sentence()
    assert told.startswith("97 of 100 were found (97.0 %; with 95 % confidence between 91.5 and 99.0 %), 1 was counted")
    assert "95 of 100 found and no more than 5 besides" in told
    assert f"{PRACTICE_WALKS} walks" in Figures(10, 10, 0).sentence()
    assert "none was" in Figures(10, 10, 0).sentence()
    assert "asks for more" in Figures(100, 50, 2).sentence()
