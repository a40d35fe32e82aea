"""Capture time: the camera's clock where it is plausible, the quickest arrivals where it is not."""

import random

import pytest

from doorwatch.analyzer.capture_time import CaptureTime, Told
from doorwatch.domain.time import MILLISECOND, SECOND

START = 1_790_000_000 * SECOND
FRAME = 80 * MILLISECOND


def _hear(clock, count, *, ahead=None, delay=lambda _n: 30 * MILLISECOND, first=0):
    for number in range(first, first + count):
        captured = START + number * FRAME
        reported = None if ahead is None else captured + ahead
        clock.hear(Told(number * FRAME, captured + delay(number), reported))


def test_a_right_clock_is_believed_to_the_microsecond():
    clock = CaptureTime()
    _hear(clock, 50, ahead=0)
    clock.settle()
    assert clock.trusted
    assert clock.utc(7 * FRAME) == START + 7 * FRAME


@pytest.mark.parametrize("ahead", [-3 * SECOND, SECOND, -3600 * SECOND, 30 * 365 * 86400 * SECOND])
def test_a_wrong_clock_is_measured_and_not_believed(ahead):
    clock = CaptureTime()
    _hear(clock, 50, ahead=ahead)
    clock.settle()
    assert not clock.trusted
    assert clock.skew == pytest.approx(30 * MILLISECOND - ahead, abs=5 * MILLISECOND)
    assert clock.utc(0) == pytest.approx(START + 30 * MILLISECOND, abs=5 * MILLISECOND)


def test_a_slow_network_is_no_wrong_clock():
    clock = CaptureTime()
    _hear(clock, 50, ahead=0, delay=lambda _n: 900 * MILLISECOND)
    clock.settle()
    assert clock.trusted
    assert clock.utc(0) == START


def test_without_a_clock_the_quickest_arrival_counts():
    chance = random.Random(4)
    clock = CaptureTime()
    _hear(clock, 200, delay=lambda _n: 20 * MILLISECOND + chance.randrange(200 * MILLISECOND))
    clock.settle()
    assert clock.skew is None
    assert clock.utc(0) == pytest.approx(START + 20 * MILLISECOND, abs=12 * MILLISECOND)


def test_pictures_that_waited_in_a_buffer_do_not_set_the_time_late():
    clock = CaptureTime()
    _hear(clock, 30, delay=lambda number: max(20 * MILLISECOND, 1_600 * MILLISECOND - number * FRAME))
    clock.settle()
    assert clock.utc(0) == pytest.approx(START + 20 * MILLISECOND, abs=5 * MILLISECOND)


def test_small_corrections_come_gently():
    clock = CaptureTime()
    _hear(clock, 10, ahead=0)
    clock.settle()
    _hear(clock, 10, ahead=200 * MILLISECOND, first=10)
    assert clock.settle() is False
    assert clock.utc(0) == START + 20 * MILLISECOND


def test_a_clock_that_was_set_makes_time_jump_and_says_so():
    clock = CaptureTime()
    _hear(clock, 10, ahead=0)
    assert clock.settle() is False
    _hear(clock, 10, ahead=-1_500 * MILLISECOND, first=10)
    assert clock.settle() is True
    assert clock.utc(0) == START - 1_500 * MILLISECOND


def test_a_camera_whose_own_pace_drifts_is_followed():
    clock = CaptureTime()
    slow = 1_00004  # 40 parts in a million slower than ours
    for number in range(20_000):
        stream = number * FRAME
        clock.hear(Told(stream, START + stream * slow // 100_000 + 20 * MILLISECOND, None))
        if number % 25 == 0:
            clock.settle()
    truth = START + 19_999 * FRAME * slow // 100_000
    assert clock.utc(19_999 * FRAME) == pytest.approx(truth + 20 * MILLISECOND, abs=25 * MILLISECOND)


def test_nothing_is_known_before_the_first_packet():
    clock = CaptureTime()
    assert clock.skew is None
    assert not clock.trusted
    assert clock.settle() is False


@pytest.mark.parametrize("ahead", [0, 3600 * SECOND, -40 * SECOND])
def test_two_streams_of_a_camera_name_the_same_time_whatever_its_clock_says(ahead):
    counted, recorded = CaptureTime(), CaptureTime()
    _hear(counted, 50, ahead=ahead, delay=lambda _n: 30 * MILLISECOND)
    _hear(recorded, 50, ahead=ahead, delay=lambda _n: 400 * MILLISECOND)
    recorded.settle()
    recorded.follow(counted.correction)
    counted.settle()
    assert recorded.settle() == (ahead != 0)
    assert recorded.utc(0) == counted.utc(0)


def test_a_stream_follows_a_slow_change_of_the_correction_gently():
    recorded = CaptureTime()
    _hear(recorded, 50, ahead=60 * SECOND)
    recorded.follow(-60 * SECOND)
    recorded.settle()
    before = recorded.utc(0)
    recorded.follow(-60 * SECOND + 15 * MILLISECOND)
    assert not recorded.settle()
    assert recorded.utc(0) - before == 15 * MILLISECOND


def test_a_stream_with_another_clock_than_its_camera_is_timed_by_its_own_arrival():
    recorded = CaptureTime()
    _hear(recorded, 50, ahead=7200 * SECOND)
    recorded.follow(-3600 * SECOND)
    recorded.settle()
    assert not recorded.trusted
    assert recorded.utc(0) == pytest.approx(START + 30 * MILLISECOND, abs=5 * MILLISECOND)
