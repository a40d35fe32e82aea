"""policy.yaml: what it may say, what it must not, and that it survives the way there and back."""

import pytest

from doorwatch.domain.access import Direction
from doorwatch.domain.policy import Controlled, Policy, PolicyError, policy_from_mapping, policy_to_mapping
from doorwatch.domain.time import HOUR, SECOND


def test_an_empty_policy_is_the_default():
    assert policy_from_mapping({}) == Policy()


def test_seconds_are_read_as_microseconds():
    policy = policy_from_mapping({"grant_after": 12.5, "clock_offset": -1.5})
    assert (policy.grant_after, policy.clock_offset) == (12_500_000, -1_500_000)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(grant_after=7 * SECOND, guests_per_grant=2, controlled_direction=Controlled.BOTH),
        Policy(clock_offset=-SECOND, clock_offset_auto=True, unlocked_max_scheduled=HOUR),
    ],
)
def test_a_policy_survives_the_way_to_its_file_and_back(policy):
    assert policy_from_mapping(policy_to_mapping(policy)) == policy


def test_an_offset_that_is_learned_unasked_starts_at_none():
    policy = policy_from_mapping({"clock_offset": "auto"})
    assert (policy.clock_offset, policy.clock_offset_auto) == (0, True)


def test_one_longest_unlocked_time_stands_for_both_kinds():
    policy = policy_from_mapping({"unlocked_max": 90})
    assert policy.unlocked_max_manual == policy.unlocked_max_scheduled == 90 * SECOND
    policy = policy_from_mapping({"unlocked_max": {"manual": 30, "scheduled": 3600}})
    assert (policy.unlocked_max_manual, policy.unlocked_max_scheduled) == (30 * SECOND, HOUR)
    with pytest.raises(PolicyError, match="unlocked_max_manuel"):
        policy_from_mapping({"unlocked_max": {"manuel": 30}})


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"grant_after": -1}, "grant_after is -1; expected seconds from 0 to 300"),
        ({"grant_after": True}, "grant_after is True"),
        ({"settle": "six"}, "settle is 'six'"),
        ({"group_gap": float("nan")}, "group_gap is nan"),
        ({"guests_per_grant": 1.5}, "guests_per_grant is 1.5; expected a whole number"),
        ({"controlled_direction": "up"}, "controlled_direction is 'up'; expected in, out or both"),
        ({"controlled_direction": ["in"]}, "controlled_direction is"),
        ({"clock_offset_auto": 1}, "clock_offset_auto is 1; expected true or false"),
        ({"grants": 1}, "unknown key 'grants'; known are grant_before"),
        ([], "a policy is a mapping"),
    ],
)
def test_a_policy_out_of_range_names_file_key_and_expectation(mapping, words):
    with pytest.raises(PolicyError, match=r"door\.yaml") as caught:
        policy_from_mapping(mapping, where="door.yaml")
    assert words in str(caught.value)


def test_controlled_directions_include_what_they_say():
    assert [Controlled(one).includes(Direction.OUT) for one in ("in", "out", "both")] == [False, True, True]
