"""A door that is never quiet is judged from a border on, and the answer is that of one pass over all of it."""

import random
from dataclasses import dataclass, replace

import pytest

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.policy import Controlled, Policy
from doorwatch.domain.time import MINUTE, SECOND
from doorwatch.domain.verdict import (
    Border,
    CameraVersion,
    DoorInputs,
    PolicyVersion,
    Span,
    Used,
    fetch_span,
    judge,
    judge_around,
    within,
)

START = 1_790_000_000 * SECOND
LATER = START + 100_000 * SECOND
TENTH = SECOND // 10


class Keeper:
    """Looks again after each arrival, from the border that it keeps, and reads no more than it must."""

    def __init__(self, inputs):
        self.all = replace(inputs, events=(), crossings=())
        self.border = None
        self.from_borders = 0
        self.most_read = 0
        self.crossings = {}
        self.grants = {}

    def arrive(self, one):
        if isinstance(one, AccessEvent):
            self.all = replace(self.all, events=(*self.all.events, one))
        else:
            self.all = replace(self.all, crossings=(*self.all.crossings, one))
        return self.look(Span(one.at, one.at))

    def look(self, changed):
        policies = self.all.policies
        served = self.border is not None and self.border.serves(changed, policies)
        border = self.border if served else None
        fetched = fetch_span(changed, policies)
        if border is not None:
            fetched = Span(border.reads_from(policies), fetched.end)
            self.from_borders += 1
        verdict = None
        while verdict is None:
            read = within(self.all, fetched)
            window, verdict = judge_around(read, fetched, changed, LATER, border)
            fetched = window.ask
        if border is not None:
            self.most_read = max(self.most_read, len(read.events) + len(read.crossings))
        self.border = window.border or border
        self.crossings.update((one.crossing_id, one) for one in verdict.crossings)
        self.grants.update((one.grant_id, one.outcome) for one in verdict.grants)
        return window.span, verdict


def agrees(keeper, span, verdict):
    """Whether a window's incidents, and what was ever said of people and grants, are what one pass over all says."""
    found = judge(keeper.all, LATER)
    assert list(verdict.incidents) == [one for one in found.incidents if span.start <= one.start <= span.end]
    assert keeper.crossings == {one.crossing_id: one for one in found.crossings}
    assert keeper.grants == {one.grant_id: one.outcome for one in found.grants}


@dataclass(frozen=True)
class Crowd:
    """What happens at a door, how often: each is a chance at each opening."""

    tailgates: float = 0.02
    nobody: float = 0.01
    turns_back: float = 0.0
    hidden: float = 0.0
    ungranted: float = 0.0
    refused: float = 0.0
    contacts: float = 0.0
    unlocks: float = 0.0
    outward: float = 0.0
    late: float = 0.0
    second_camera: float = 0.0


class Story:
    """What happens at a door by chance, each with when it arrives."""

    def __init__(self, chance, crowd):
        self._chance = chance
        self._crowd = crowd
        self._arrivals = []

    def tell(self, openings=150, every=2 * SECOND):
        """Events and crossings in the order in which they arrive."""
        for number in range(openings):
            at = START + number * every + self._chance.randrange(8) * TENTH
            self._events(number, at)
            if self._by(self._crowd.nobody):
                continue
            way = Direction.OUT if self._by(self._crowd.outward) else Direction.IN
            self._person(f"c{number}", at + 9 * TENTH, way, possible=int(self._by(self._crowd.hidden)))
            if self._by(self._crowd.turns_back):
                self._person(f"c{number}-back", at + 21 * TENTH, way.opposite, track=f"c{number}")
            if self._by(self._crowd.tailgates):
                self._person(f"c{number}-t", at + 14 * TENTH, Direction.IN)
        return [one for _, _, one in sorted(self._arrivals, key=lambda entry: entry[:2])]

    def _events(self, number, at):
        crowd = self._crowd
        for event_type, odds, offset in (
            ("AccessGranted", 1 - crowd.ungranted, 0),
            ("AccessRefused", crowd.refused, -SECOND),
            ("DoorOpen", crowd.contacts, 3 * TENTH),
            ("DoorClose", crowd.contacts, 17 * TENTH),
            ("DoorManuallyUnlocked", crowd.unlocks, 0),
            ("DoorLock", crowd.unlocks, 7 * SECOND),
        ):
            if self._by(odds):
                name = f"{event_type}-{number}"
                self._told(AccessEvent(name, "d", at + offset, event_type, actor_name=f"P{number % 9}"))

    def _person(self, name, at, way, track=None, **more):
        crossing = Crossing(name, "d", "cam", track or name, at, way, **more)
        self._told(crossing, SECOND)
        if self._by(self._crowd.second_camera):
            self._told(replace(crossing, crossing_id=f"{name}-b", camera="second", at=at + 2 * TENTH), SECOND)

    def _told(self, one, delay=0):
        slow = self._chance.randrange(1, 5 * MINUTE) if self._by(self._crowd.late) else 0
        self._arrivals.append((one.at + delay + slow, len(self._arrivals), one))

    def _by(self, odds):
        return self._chance.random() < odds


CROWDS = {
    "plain": Crowd(),
    "no tailgaters": Crowd(tailgates=0, nobody=0),
    "turning back": Crowd(turns_back=0.05),
    "contacts and refusals": Crowd(contacts=0.9, refused=0.05),
    "hidden": Crowd(hidden=0.04),
    "unlocked at times": Crowd(unlocks=0.01),
    "both ways": Crowd(outward=0.3),
    "late news": Crowd(late=0.01),
    "a dead reader": Crowd(ungranted=1.0, tailgates=0.2),
    "a reader that often fails": Crowd(ungranted=0.5),
    "two cameras": Crowd(second_camera=0.9),
    "all of it": Crowd(0.02, 0.02, 0.01, 0.005, 0.02, 0.02, 0.5, 0.005, 0.2, 0.01, 0.1),
}


@pytest.mark.parametrize("name", CROWDS)
def test_looking_from_border_to_border_says_what_one_pass_says(name):
    chance = random.Random(name)
    policy = Policy(
        controlled_direction=Controlled.BOTH if name == "both ways" else Controlled.IN,
        guests_per_grant=int(name == "hidden"),
        clock_offset=TENTH if name == "late news" else 0,
    )
    mappings = (CameraVersion(0, ("cam", "second")),) if name == "two cameras" else ()
    keeper = Keeper(DoorInputs("a", "d", policies=(PolicyVersion(0, policy),), mappings=mappings))
    for number, one in enumerate(Story(chance, CROWDS[name]).tell()):
        span, verdict = keeper.arrive(one)
        if number % 20 == 0:
            agrees(keeper, span, verdict)
    if name in {"plain", "no tailgaters", "contacts and refusals", "unlocked at times", "a dead reader"}:
        assert keeper.from_borders > 100
        assert keeper.most_read < (len(keeper.all.events) + len(keeper.all.crossings)) / 2


def test_a_border_serves_no_change_that_may_have_moved_it():
    border = Border(START, (Used("g", 0, "c"),))
    near, far = Span(START + MINUTE // 2, START + MINUTE // 2), Span(START + MINUTE, START + MINUTE)
    assert not border.serves(near, ())
    assert border.serves(far, ())
    assert not border.serves(far, [PolicyVersion(0, Policy(grant_after=5 * MINUTE))])
    assert not border.serves(far, [PolicyVersion(0, Policy(clock_offset=-MINUTE // 2))])
    assert not border.serves(Span(START + 31 * MINUTE, START + 31 * MINUTE), ())
