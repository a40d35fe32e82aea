"""The rule against another one that was written from its thirteen points and tries every distribution of admissions."""

import random
from dataclasses import replace

import pytest
from tests.unit.domain.rule_oracle import Oracle, Told

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.policy import Controlled, Policy
from doorwatch.domain.time import SECOND
from doorwatch.domain.verdict import DoorInputs, PolicyVersion, judge

START = 1_790_000_000 * SECOND
TYPES = [
    *["AccessGranted"] * 5,
    *["DoorOpen", "DoorClose"] * 2,
    *[
        "AccessDenied",
        "DoorManuallyUnlocked",
        "DoorScheduledUnlock",
        "DoorLock",
        "DoorSecured",
        "DoorUnlock",
        "DoorRexOn",
    ],
]


def story(chance):
    """A few events and people on a grid, so that equal times and exact borders are common; ids come in no order."""
    grid = chance.choice([SECOND, SECOND // 2, SECOND // 10])
    ticks = chance.choice([12, 20, 60, 120]) * SECOND // grid

    def at():
        return START + chance.randrange(ticks) * grid

    sides = [None, None, None, Direction.IN, Direction.OUT]
    events = [
        AccessEvent(f"e{chance.randrange(1000)}-{number}", "d", at(), chance.choice(TYPES), chance.choice(sides))
        for number in range(chance.randrange(11))
    ]
    ways = [Direction.IN, Direction.IN, Direction.IN, Direction.OUT]
    crossings = [
        Crossing(
            f"c{chance.randrange(1000)}-{number}",
            "d",
            "cam",
            f"t{chance.randrange(6)}",
            at(),
            chance.choice(ways),
            continuous=chance.random() < 0.8,
        )
        for number in range(chance.randrange(11))
    ]
    policy = Policy(
        grant_before=chance.choice([2, 2, 0, 5]) * SECOND,
        grant_after=chance.choice([10, 10, 3, 20]) * SECOND,
        group_gap=chance.choice([10, 10, 3, 20]) * SECOND,
        controlled_direction=chance.choice([Controlled.IN, Controlled.IN, Controlled.OUT, Controlled.BOTH]),
        guests_per_grant=chance.choice([0, 0, 0, 1]),
        clock_offset=chance.choice([0, 0, 0, 1_500_000, -7 * SECOND]),
    )
    return events, crossings, policy


def told(incident, *, sure):
    return Told(
        incident.kind.value,
        incident.start,
        incident.end,
        incident.people,
        incident.excess,
        tuple(sorted(incident.crossing_ids)),
        tuple(sorted(incident.grant_ids)),
        sure,
    )


def essence(told):
    """What does not depend on who took which admission, where several distributions are as good."""
    return replace(told, kind="", people=0, crossings=(), grants=())


@pytest.mark.parametrize("seed", range(4))
def test_five_hundred_made_up_doors_are_judged_alike_down_to_each_name(seed):
    chance = random.Random(seed)
    seen = 0
    for _ in range(500):
        events, crossings, policy = story(chance)
        expected = Oracle(events, crossings, policy).incidents()
        inputs = DoorInputs("a", "d", events, crossings, (PolicyVersion(0, policy),))
        sure = all(one.sure for one in expected)
        found = [told(incident, sure=sure) for incident in judge(inputs, START + 10**12).incidents]
        if sure:
            assert found == expected, (events, crossings, policy)
        else:
            assert [essence(one) for one in found] == [essence(replace(one, sure=sure)) for one in expected]
        seen += len(found)
    assert seen > 400
