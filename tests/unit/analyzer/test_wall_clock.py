"""A clock that somebody sets is noticed; one that drifts, or is read slowly, is none."""

import pytest

from doorwatch.analyzer.wall_clock import STEP, WallClock
from doorwatch.domain.time import SECOND

BASE = 1_790_000_000 * SECOND


class Clocks:
    """Both clocks, in microseconds; reading the steady one takes `slow`."""

    def __init__(self):
        self.wall, self.steady, self.slow = BASE, 0, 0

    def pass_(self, wall, steady=None):
        self.wall += wall
        self.steady += wall if steady is None else steady

    def clock(self):
        def steady():
            self.steady += self.slow
            return self.steady * 1000

        return WallClock(lambda: self.wall * 1000, steady)


@pytest.mark.parametrize("by", [-3600 * SECOND, -SECOND, SECOND, 3600 * SECOND])
def test_a_clock_that_was_set_is_noticed(by):
    clocks = Clocks()
    clock = clocks.clock()
    clock.now()
    clocks.pass_(SECOND + by, SECOND)
    assert clock.now() == BASE + SECOND + by
    assert clock.was_set


def test_a_clock_that_is_brought_right_little_by_little_is_not():
    clocks = Clocks()
    clock = clocks.clock()
    for _ in range(1000):
        clocks.pass_(SECOND + STEP // 10, SECOND)
        clock.now()
    assert not clock.was_set


def test_a_machine_that_is_too_busy_to_read_two_clocks_at_once_tells_nothing_of_them():
    clocks = Clocks()
    clock = clocks.clock()
    clock.now()
    clocks.slow = SECOND
    clocks.pass_(SECOND)
    clock.now()
    assert not clock.was_set
    # It is found as soon as both can be read.
    clocks.slow = 0
    clocks.pass_(SECOND - 3600 * SECOND, SECOND)
    clock.now()
    assert clock.was_set
