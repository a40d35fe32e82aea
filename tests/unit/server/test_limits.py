"""How often one caller may ask."""

import pytest

from doorwatch.domain.time import ManualClock
from doorwatch.server.errors import ApiError
from doorwatch.server.ingest.allowance import BURST_SECONDS
from doorwatch.server.limits import STRANGERS_RATE, Limits
from doorwatch.server.metrics import LIMITED
from doorwatch.server.permissions import PERMISSIONS_OF_ROLE, Caller, Permission

RATE = 2
VIEW = PERMISSIONS_OF_ROLE["view"]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def limits(clock):
    return Limits(RATE, clock.monotonic)


def session(name):
    return Caller("account", f"{name}@example.com", VIEW, user_id=name, session_id=name)


def refusal(count, *arguments):
    with pytest.raises(ApiError) as caught:
        count(*arguments)
    return caught.value


def exhaust(count, *arguments, rate=RATE):
    for _ in range(rate * BURST_SECONDS):
        count(*arguments)


def test_a_session_that_runs_wild_is_told_when_to_come_back_and_then_may(limits, clock):
    exhaust(limits.count, session("olga"))
    before = LIMITED.labels("session")._value.get()
    refused = refusal(limits.count, session("olga"))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert "DOORWATCH_REQUEST_RATE" in refused.detail
    assert LIMITED.labels("session")._value.get() == before + 1
    clock.advance(1)
    limits.count(session("olga"))


def test_no_session_and_no_token_takes_anything_from_another(limits):
    exhaust(limits.count, session("olga"))
    limits.count(session("otto"))
    limits.count(Caller("account", "reader", VIEW, token_id="olga"))


def test_producers_and_the_servers_own_commands_are_not_counted_here(limits):
    for permission in (Permission.PACS_WRITE, Permission.ANALYZER_WRITE, Permission.INSTALLATION):
        exhaust(limits.count, Caller("account", "machine", frozenset({permission}), token_id="machine"), rate=10 * RATE)


def test_strangers_of_one_network_slow_down_nobody_else(limits, clock):
    exhaust(limits.count_stranger, "192.0.2.7", rate=STRANGERS_RATE)
    assert refusal(limits.count_stranger, "192.0.2.7").headers["Retry-After"] == "1"
    limits.count_stranger("192.0.2.8")
    limits.count(session("olga"))
    clock.advance(1)
    limits.count_stranger("192.0.2.7")


def test_one_machine_gains_nothing_from_its_many_addresses_of_ipv6(limits):
    for number in range(STRANGERS_RATE * BURST_SECONDS):
        limits.count_stranger(f"2001:db8::{number:x}")
    refusal(limits.count_stranger, "2001:db8::ffff")
    limits.count_stranger("2001:db8:0:1::1")
