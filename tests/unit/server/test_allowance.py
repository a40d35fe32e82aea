"""How many events one token may store."""

import pytest

from doorwatch.domain.time import ManualClock
from doorwatch.server.ingest.allowance import BURST_SECONDS, Allowances

RATE = 100


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def allowances(clock):
    return Allowances(RATE, clock.monotonic)


def test_a_rested_token_may_store_ten_seconds_worth_at_once_and_then_waits(allowances):
    assert allowances.take("t", RATE * BURST_SECONDS) == 0
    assert allowances.take("t", 1) == 1
    assert allowances.take("t", 3 * RATE) == 3


def test_what_is_refused_takes_nothing_and_waiting_as_told_is_enough(allowances, clock):
    allowances.take("t", RATE * BURST_SECONDS)
    seconds = allowances.take("t", 250)
    assert [allowances.take("t", 250) for _ in range(5)] == [seconds] * 5
    clock.advance(seconds)
    assert allowances.take("t", 250) == 0


def test_one_token_that_overdoes_it_takes_nothing_from_another(allowances):
    allowances.take("wild", RATE * BURST_SECONDS)
    assert allowances.take("wild", 1) > 0
    assert allowances.take("calm", RATE) == 0


def test_a_steady_rate_within_the_allowance_is_never_refused(allowances, clock):
    for _ in range(500):
        assert allowances.take("t", RATE) == 0
        clock.advance(1)


def test_no_more_than_a_full_bucket_is_saved_up(allowances, clock):
    clock.advance(3600)
    assert allowances.take("t", RATE * BURST_SECONDS) == 0
    assert allowances.take("t", 1) > 0


def test_a_post_larger_than_a_full_bucket_is_taken_when_it_is_full_and_paid_for_afterwards(allowances, clock):
    assert allowances.take("t", RATE * BURST_SECONDS + 500) == 0
    assert allowances.take("t", 1) == 6
    clock.advance(6)
    assert allowances.take("t", 1) == 0


def test_a_post_of_nothing_is_always_taken(allowances):
    allowances.take("t", RATE * BURST_SECONDS)
    assert allowances.take("t", 0) == 0


def test_only_so_many_tokens_are_remembered(allowances):
    for number in range(3000):
        allowances.take(f"t{number}", 1)
    assert len(allowances._buckets) == 1000
