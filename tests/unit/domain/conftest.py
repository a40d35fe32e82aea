"""A door told in seconds: events, people and cameras are added in words, then judged."""

import itertools
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import settings

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import DoorVerdict
from doorwatch.domain.policy import policy_from_mapping
from doorwatch.domain.time import SECOND
from doorwatch.domain.verdict import CameraVersion, DoorInputs, PolicyVersion, Span, judge
from doorwatch.domain.verdict.assign import Person, assign
from doorwatch.domain.verdict.timeline import Admission

# The same stories in every run, however slow the machine is.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

START = 1_790_000_000 * SECOND


def at(seconds):
    return START + round(seconds * SECOND)


@dataclass
class Door:
    """One door's story; times are seconds."""

    inputs: DoorInputs = field(default_factory=lambda: DoorInputs("acme", "lobby"))
    _count: int = 0

    def event(self, event_type, seconds, *, side=None, name=None, event_id=None, device="lobby"):
        self._count += 1
        event = AccessEvent(
            event_id or f"e{self._count:03}",
            device,
            at(seconds),
            event_type,
            side=Direction(side) if side else None,
            actor_id=name,
            actor_name=name,
        )
        self.inputs = replace(self.inputs, events=(*self.inputs.events, event))
        return self

    def grant(self, seconds, **more):
        return self.event("AccessGranted", seconds, **more)

    def cross(self, seconds, direction, *, track=None, camera="cam", crossing_id=None, door="lobby", **more):
        self._count += 1
        crossing = Crossing(
            crossing_id or f"c{self._count:03}",
            door,
            camera,
            track or f"t{self._count}",
            at(seconds),
            Direction(direction),
            **more,
        )
        self.inputs = replace(self.inputs, crossings=(*self.inputs.crossings, crossing))
        return self

    def enter(self, *seconds, **more):
        for one in seconds:
            self.cross(one, "in", **more)
        return self

    def leave(self, *seconds, **more):
        for one in seconds:
            self.cross(one, "out", **more)
        return self

    def policy(self, valid_from=-1_000_000, **keys):
        version = PolicyVersion(at(valid_from), policy_from_mapping(keys))
        return self.having(policies=(*self.inputs.policies, version))

    def cameras(self, *names, valid_from=-1_000_000):
        return self.having(mappings=(*self.inputs.mappings, CameraVersion(at(valid_from), names)))

    def seen(self, *spans, camera="cam"):
        coverage = {**(self.inputs.camera_coverage or {}), camera: [Span(at(a), at(b)) for a, b in spans]}
        return self.having(camera_coverage=coverage)

    def heard(self, *spans):
        return self.having(pacs_coverage=[Span(at(a), at(b)) for a, b in spans])

    def subscribed(self, *types):
        return self.having(subscribed=frozenset(types))

    def having(self, **changes):
        self.inputs = replace(self.inputs, **changes)
        return self

    def judge(self, now=1_000_000) -> DoorVerdict:
        return judge(self.inputs, at(now))

    def incidents(self, now=1_000_000):
        """(kind, excess, people, grants) of each."""
        return [
            (incident.kind.value, incident.excess, incident.people, incident.grants)
            for incident in self.judge(now).incidents
        ]

    def only(self, now=1_000_000):
        (incident,) = self.judge(now).incidents
        return incident

    def outcomes(self, now=1_000_000):
        """What became of each crossing, in the order of time."""
        verdict = self.judge(now)
        by_id = {one.crossing_id: one.outcome.value for one in verdict.crossings}
        ordered = sorted(self.inputs.crossings, key=lambda one: (one.at, one.crossing_id))
        return [by_id[one.crossing_id] for one in ordered]

    def grants(self, now=1_000_000):
        return [grant.outcome.value for grant in self.judge(now).grants]


@pytest.fixture
def door():
    return Door()


@pytest.fixture(scope="session")
def new_door():
    return Door


@pytest.fixture(scope="session")
def micros():
    return at


@pytest.fixture(scope="session")
def assignment_oracle():
    return compare_with_oracle


def compare_with_oracle(chance):
    """Make up people and admissions; what `assign` says must be what trying all ways says."""
    admissions = []
    for number in range(chance.randint(0, 5)):
        start = chance.randint(0, 12)
        end = start + chance.choice([2, 6, 12])
        way = chance.choice([None, None, Direction.IN, Direction.OUT])
        admissions.append(Admission(f"g{number}", 0, start + 1, start, end, way, None))
    admissions.sort(key=lambda one: (one.start, one.preference))
    people = []
    for moment in sorted(chance.randint(0, 18) for _ in range(chance.randint(0, 6))):
        back = moment + chance.randint(1, 5) if chance.random() < 0.35 else None
        people.append(Person(moment, chance.choice([Direction.IN, Direction.IN, Direction.OUT]), back))
    taken = assign(people, admissions)
    admitted = []
    for index in range(len(people)):
        if possible([*admitted, index], people, admissions):
            admitted.append(index)
    assert sorted(taken) == admitted
    assert fits(taken, people, admissions)


def possible(chosen, people, admissions):
    """Whether all these people can be admitted, by trying every combination."""
    ways = itertools.product(range(len(admissions)), repeat=len(chosen))
    return any(fits(dict(zip(chosen, way, strict=True)), people, admissions) for way in ways)


def fits(taken, people, admissions):
    """Whether each admission is valid for who took it, and none serves two at a time."""
    for index, admission in taken.items():
        if not admissions[admission].admits(people[index].at, people[index].direction):
            return False
    for one, other in itertools.combinations(sorted(taken), 2):
        back = people[one].back_at
        if taken[one] == taken[other] and (back is None or back > people[other].at):
            return False
    return True
