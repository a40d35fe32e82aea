"""A PACS clock that is ahead or behind is noticed from people who came alone, and only then proposed."""

import random

import pytest

from doorwatch.domain.verdict import propose_offset


def days(door, ahead, *, people=40, spread=1.0, apart=600):
    chance = random.Random(3)
    for number in range(people):
        moment = number * apart
        door.grant(moment + ahead).enter(moment + 2.5 + chance.uniform(-spread, spread))
    return door


@pytest.mark.parametrize("ahead", [-45, -3, 1.5, 8, 60])
def test_the_offset_is_found_within_half_a_second(door, ahead):
    proposal = propose_offset(days(door, ahead).inputs)
    assert abs(proposal.offset / 1e6 - ahead) < 0.5
    assert proposal.pairs == 40
    assert proposal.delay_low <= proposal.delay <= proposal.delay_high


def test_clocks_that_agree_need_no_proposal(door):
    assert propose_offset(days(door, 0).inputs) is None


def test_a_proposal_that_was_accepted_is_not_made_again(door):
    assert propose_offset(days(door.policy(clock_offset=8), 8).inputs) is None


def test_what_was_accepted_before_is_part_of_the_next_proposal(door):
    assert abs(propose_offset(days(door.policy(clock_offset=5), 8).inputs).offset / 1e6 - 8) < 0.5


def test_a_handful_of_people_is_too_little_evidence(door):
    assert propose_offset(days(door, 8, people=11).inputs) is None


def test_people_who_take_all_kinds_of_time_prove_nothing(door):
    assert propose_offset(days(door, 8, spread=30).inputs) is None


def test_people_who_came_close_to_others_are_not_looked_at(door):
    assert propose_offset(days(door, 8, apart=60).inputs) is None


def test_who_turned_back_is_not_looked_at(door):
    for number in range(40):
        door.grant(number * 600 + 8).enter(number * 600 + 2, track=str(number)).leave(
            number * 600 + 4, track=str(number)
        )
    assert propose_offset(door.inputs) is None
