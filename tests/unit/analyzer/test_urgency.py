"""Coverage is hurried for as long as a verdict may wait for it, and told at once when its moment has come."""

from doorwatch.analyzer.urgency import BEYOND_SETTLE, LEAST, Urgency
from doorwatch.domain.time import SECOND, ManualClock, to_seconds

SETTLE = 6 * SECOND


def test_before_anything_happened_nothing_hurries():
    urgency = Urgency(ManualClock())
    assert not urgency.lasts
    assert not urgency.reached(10**15)


def test_after_news_coverage_is_hurried_for_twenty_seconds():
    clock = ManualClock()
    urgency = Urgency(clock)
    urgency.news(SETTLE)
    clock.advance(to_seconds(LEAST) - 0.1)
    assert urgency.lasts
    clock.advance(0.2)
    assert not urgency.lasts


def test_a_door_that_settles_late_is_hurried_for_until_it_has():
    clock = ManualClock()
    urgency = Urgency(clock)
    urgency.crossed(clock.now(), 45 * SECOND)
    clock.advance(45)
    assert urgency.lasts
    clock.advance(to_seconds(BEYOND_SETTLE))
    assert not urgency.lasts


def test_news_of_a_door_that_settles_soon_does_not_end_the_hurry_for_another():
    clock = ManualClock()
    urgency = Urgency(clock)
    urgency.news(60 * SECOND)
    urgency.news(SETTLE)
    clock.advance(70)
    assert urgency.lasts


def test_the_moment_at_which_a_crossing_is_settled_is_told_once():
    clock = ManualClock()
    urgency = Urgency(clock)
    at = clock.now()
    urgency.crossed(at, SETTLE)
    assert not urgency.reached(at + SETTLE - 1)
    assert urgency.reached(at + SETTLE)
    assert not urgency.reached(at + SETTLE + 1)


def test_moments_that_pass_in_one_frame_are_one_word():
    clock = ManualClock()
    urgency = Urgency(clock)
    at = clock.now()
    for ahead in (0, 1, 2):
        urgency.crossed(at + ahead, SETTLE)
    urgency.crossed(at + SECOND, SETTLE)
    assert urgency.reached(at + SETTLE + 2)
    assert urgency.reached(at + SETTLE + SECOND)


def test_a_crossing_that_is_told_late_is_settled_by_the_next_frame():
    clock = ManualClock()
    urgency = Urgency(clock)
    at = clock.now()
    urgency.crossed(at - 2 * SETTLE, SETTLE)
    assert urgency.reached(at)
