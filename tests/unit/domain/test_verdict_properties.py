"""What must hold for whatever happens at a door: found by trying many made-up stories."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.incident import IncidentState
from doorwatch.domain.policy import Controlled, Policy
from doorwatch.domain.time import SECOND
from doorwatch.domain.verdict import (
    CameraVersion,
    DoorInputs,
    Known,
    PolicyVersion,
    Span,
    fetch_span,
    judge,
    judge_around,
    quiet_spans,
    reconcile,
    within,
)

START = 1_790_000_000 * SECOND
LATER = START + 100_000 * SECOND
HALF = SECOND // 2
MOST = 14

_types = st.sampled_from(
    [
        "AccessGranted",
        "AccessGranted",
        "AccessGranted",
        "AccessRefused",
        "DoorOpen",
        "DoorClose",
        "DoorManuallyUnlocked",
        "DoorScheduledUnlock",
        "DoorLock",
        "DoorUnlock",
    ]
)
_sides = st.sampled_from([None, None, Direction.IN, Direction.OUT])
# After how many half seconds somebody comes back on the same track, if at all: the rule draws its line at ten.
_ways_back = st.sampled_from([None, None, None, 1, 4, 9, 10, 11, 12])
_directions = st.sampled_from([Direction.IN, Direction.IN, Direction.OUT])


@st.composite
def stories(draw, longest=120):
    """A door with up to a few dozen events and crossings on a grid of half seconds, in one or several bursts."""
    ticks = st.integers(0, 2 * longest)
    events = tuple(
        AccessEvent(f"e{number:02}", "d", START + tick * HALF, event_type, side=side)
        for number, (tick, event_type, side) in enumerate(
            draw(st.lists(st.tuples(ticks, _types, _sides), max_size=MOST))
        )
    )
    seen = []
    for tick, direction, track, continuous, back in draw(
        st.lists(st.tuples(ticks, _directions, st.integers(0, 5), st.booleans(), _ways_back), max_size=MOST)
    ):
        seen.append((tick, direction, track, continuous))
        if back is not None:
            seen.append((tick + back, direction.opposite, track, True))
    crossings = tuple(
        Crossing(f"c{number:02}", "d", "cam", f"t{track}", START + tick * HALF, direction, continuous=continuous)
        for number, (tick, direction, track, continuous) in enumerate(seen[:MOST])
    )
    policy = Policy(
        controlled_direction=draw(st.sampled_from([Controlled.IN, Controlled.BOTH])),
        guests_per_grant=draw(st.sampled_from([0, 0, 1])),
    )
    return DoorInputs("a", "d", events, crossings, (PolicyVersion(0, policy),), oldest=START - 1000 * SECOND)


@st.composite
def watched_stories(draw, longest=120):
    """The same with two cameras that miss some time, a gateway that was away, and people who may be hidden."""
    story = draw(stories(longest=longest))
    cameras = draw(st.lists(st.sampled_from(["front", "side"]), min_size=MOST, max_size=MOST))
    hidden = draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=MOST, max_size=MOST))
    crossings = tuple(
        replace(crossing, camera=cameras[number], possible=hidden[number])
        for number, crossing in enumerate(story.crossings)
    )
    spans = st.lists(st.tuples(st.integers(-10, 2 * longest), st.integers(1, longest)), max_size=4)

    def watched():
        return [Span(START + start * HALF, START + (start + length) * HALF) for start, length in draw(spans)]

    return replace(
        story,
        crossings=crossings,
        mappings=(CameraVersion(0, ("front", "side")),),
        camera_coverage={"front": watched(), "side": watched()},
        pacs_coverage=draw(st.sampled_from([None, watched()])),
    )


@st.composite
def pooled_stories(draw, longest=120, *, missed=True):
    """The same at two leaves that share their grants, each with a camera of its own that may miss some time."""
    story = draw(stories(longest=longest))
    leaf = st.lists(st.sampled_from(["d", "d", "e"]), min_size=MOST, max_size=MOST)
    devices, doors = draw(leaf), draw(leaf)
    camera = {"d": "front", "e": "back"}
    spans = st.lists(st.tuples(st.integers(-10, 2 * longest), st.integers(1, longest)), max_size=3)

    def watched():
        return [Span(START + start * HALF, START + (start + length) * HALF) for start, length in draw(spans)]

    return replace(
        story,
        events=tuple(event._replace(device_id=devices[number]) for number, event in enumerate(story.events)),
        crossings=tuple(
            replace(crossing, door=doors[number], camera=camera[doors[number]])
            for number, crossing in enumerate(story.crossings)
        ),
        leaves={"d": "d", "e": "e"},
        leaf_mappings={door: (CameraVersion(0, (name,)),) for door, name in camera.items()},
        camera_coverage={name: watched() for name in camera.values()} if missed else None,
    )


# In short stories much happens at once and near the rule's limits, in longer ones things end before others begin.
any_story = st.one_of(stories(longest=20), watched_stories(longest=20), pooled_stories(longest=20), watched_stories())
any_long_story = st.one_of(stories(longest=1200), watched_stories(longest=1200), pooled_stories(longest=1200))
any_short_certain_story = st.one_of(stories(longest=30), pooled_stories(longest=30, missed=False))


def excess(inputs):
    return sum(incident.excess for incident in judge(inputs, LATER).incidents)


@given(any_story, st.randoms(use_true_random=False))
def test_order_of_arrival_and_duplicates_make_no_difference(inputs, chance):
    events = [*inputs.events, *chance.sample(inputs.events, len(inputs.events) // 2)]
    crossings = [*inputs.crossings, *chance.sample(inputs.crossings, len(inputs.crossings) // 2)]
    chance.shuffle(events)
    chance.shuffle(crossings)
    assert judge(replace(inputs, events=events, crossings=crossings), LATER) == judge(inputs, LATER)


@given(
    st.one_of(stories(longest=20), pooled_stories(longest=20, missed=False), stories()),
    st.one_of(st.integers(0, 20), st.integers(0, 400)),
)
def test_time_that_passes_decides_what_is_final_and_nothing_else(inputs, seconds):
    last = max([START, *(one.at for one in (*inputs.events, *inputs.crossings))])

    def apart_from_finality(now):
        return [replace(incident, state=IncidentState.FINAL) for incident in judge(inputs, now).incidents]

    assert apart_from_finality(last + seconds * HALF) == apart_from_finality(LATER)


@given(any_story, st.integers(-(10**12), 10**12))
def test_shifting_all_times_shifts_the_answer(inputs, by):
    def later(spans):
        return None if spans is None else [Span(span.start + by, span.end + by) for span in spans]

    watched = inputs.camera_coverage
    moved = replace(
        inputs,
        events=[event._replace(at=event.at + by) for event in inputs.events],
        crossings=[replace(crossing, at=crossing.at + by) for crossing in inputs.crossings],
        camera_coverage=None if watched is None else {camera: later(spans) for camera, spans in watched.items()},
        pacs_coverage=later(inputs.pacs_coverage),
    )
    expected = [
        replace(incident, start=incident.start + by, end=incident.end + by)
        for incident in judge(inputs, LATER).incidents
    ]
    assert list(judge(moved, LATER + by).incidents) == expected


@settings(max_examples=400)
@given(st.one_of(any_short_certain_story, watched_stories(longest=30)), st.integers(0, 60), _sides)
def test_one_more_grant_never_raises_the_total_excess(inputs, tick, side):
    grant = AccessEvent("more", "d", START + tick * HALF, "AccessGranted", side=side)
    assert excess(replace(inputs, events=(*inputs.events, grant))) <= excess(inputs)


@settings(max_examples=400)
@given(any_short_certain_story, st.integers(0, 60), _directions)
def test_one_more_controlled_crossing_of_a_new_track_never_lowers_it(inputs, tick, direction):
    camera = "front" if inputs.leaves else "cam"
    crossing = Crossing("more", "d", camera, "new", START + tick * HALF, direction)
    assert excess(replace(inputs, crossings=(*inputs.crossings, crossing))) >= excess(inputs)


@given(any_long_story)
def test_cutting_at_the_windows_own_borders_gives_the_same_as_one_pass(inputs):
    whole = judge(inputs, LATER)
    borders = [span.start for span in quiet_spans(inputs, LATER)]
    edges = [START - 10**9, *borders, LATER]
    parts = [judge(within(inputs, Span(a, b - 1)), LATER) for a, b in pairwise(edges)]
    assert [incident for part in parts for incident in part.incidents] == list(whole.incidents)
    assert {one for part in parts for one in part.crossings} == set(whole.crossings)
    assert {one for part in parts for one in part.grants} == set(whole.grants)


class Bookkeeper:
    """Judges after each arrival only what has to be judged, from a store that it asks for stretches of time."""

    def __init__(self, inputs):
        self.all = replace(inputs, events=(), crossings=())
        self.known = {}

    def arrive(self, *, event=None, crossing=None):
        if event is not None:
            self.all = replace(self.all, events=(*self.all.events, event))
        if crossing is not None:
            self.all = replace(self.all, crossings=(*self.all.crossings, crossing))
        changed_at = event.at if event is not None else crossing.at
        changed = Span(changed_at, changed_at)
        fetched = fetch_span(changed)
        for _ in range(20):
            read = within(self.all, fetched)
            window, verdict = judge_around(read, fetched, changed, LATER)
            if verdict is not None:
                break
            fetched = window.ask
        else:
            raise AssertionError("no window was ever wide enough")
        cut = judge(within(read, window.span), LATER)
        assert (verdict.incidents, verdict.grants) == (cut.incidents, cut.grants)
        assert set(verdict.crossings) == set(cut.crossings)
        told = [known for known in self.known.values() if window.span.start <= known.incident.start <= window.span.end]
        for change in reconcile(told, verdict):
            self.known[change.incident.incident_id] = Known(
                change.incident, change.revision, change.incident.excess, superseded_by=change.superseded_by
            )

    def standing(self):
        gone = {IncidentState.EXPLAINED, IncidentState.WITHDRAWN}
        told = [known.incident for known in self.known.values() if known.incident.state not in gone]
        return sorted(told, key=lambda incident: (incident.start, incident.incident_id))


@pytest.mark.parametrize("longest", [60, 1500])
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_judging_bit_by_bit_in_any_order_ends_where_judging_all_at_once_does(longest, data, chance):
    kinds = (stories(longest=longest), watched_stories(longest=longest), pooled_stories(longest=longest))
    inputs = data.draw(st.one_of(*kinds))
    arrivals = [{"event": event} for event in inputs.events] + [{"crossing": one} for one in inputs.crossings]
    chance.shuffle(arrivals)
    keeper = Bookkeeper(inputs)
    for arrival in arrivals:
        keeper.arrive(**arrival)
    expected = sorted(judge(inputs, LATER).incidents, key=lambda incident: (incident.start, incident.incident_id))
    assert keeper.standing() == expected


def long_story(chance, *, openings=120):
    """Hours of a busy door that two cameras watch: openings, unlockings, people who turn back, cameras that miss some."""
    events, crossings, at = [], [], START
    for number in range(openings):
        at += chance.choice([4, 9, 15, 40, 90, 200]) * SECOND
        types = ["AccessGranted"] * chance.choice([0, 1, 1, 1, 2]) + ["DoorOpen"]
        types += chance.choice([[], ["AccessRefused"], ["DoorManuallyUnlocked", "DoorLock"]])
        for index, event_type in enumerate([*types, "DoorClose"]):
            moment = at + index * chance.choice([0, HALF, 3 * SECOND])
            events.append(AccessEvent(f"e{number}-{index}", "d", moment, event_type))
        for index in range(chance.choice([0, 1, 1, 1, 2, 3])):
            moment = at + SECOND + index * chance.choice([HALF, 2 * SECOND])
            way = chance.choice([Direction.IN, Direction.IN, Direction.OUT])
            for camera in chance.choice([["front"], ["front"], ["side"], ["front", "side"]]):
                track = f"{camera}-{number}-{index}"
                crossings.append(
                    Crossing(f"c-{track}", "d", camera, track, moment, way, possible=chance.random() < 0.05)
                )
                if chance.random() < 0.1:
                    back = moment + chance.choice([SECOND, 4 * SECOND])
                    crossings.append(Crossing(f"b-{track}", "d", camera, track, back, way.opposite))
    front = [Span(START + hour * 3600 * SECOND, START + (hour * 3600 + 3000) * SECOND) for hour in range(4)]
    return DoorInputs(
        "a",
        "d",
        tuple(events),
        tuple(crossings),
        mappings=(CameraVersion(0, ("front", "side")),),
        camera_coverage={"front": front, "side": [Span(START, LATER)]},
        oldest=START - 1000 * SECOND,
    )


@pytest.mark.parametrize("seed", range(5))
def test_hours_of_a_busy_door_judged_bit_by_bit_in_any_order_end_where_judging_all_at_once_does(seed):
    chance = random.Random(seed)
    inputs = long_story(chance)
    arrivals = [{"event": event} for event in inputs.events] + [{"crossing": one} for one in inputs.crossings]
    chance.shuffle(arrivals)
    keeper = Bookkeeper(inputs)
    for arrival in arrivals:
        keeper.arrive(**arrival)
    expected = sorted(judge(inputs, LATER).incidents, key=lambda incident: (incident.start, incident.incident_id))
    assert keeper.standing() == expected
    assert len(expected) > 5


@given(st.one_of(stories(), pooled_stories(missed=False)))
def test_every_controlled_crossing_has_one_fate_and_no_admission_serves_two_at_a_time(inputs):
    verdict = judge(inputs, LATER)
    assert sorted(one.crossing_id for one in verdict.crossings) == sorted(c.crossing_id for c in inputs.crossings)
    guests = inputs.policies[0].policy.guests_per_grant
    for grant in verdict.grants:
        assert len(grant.crossing_ids) <= 1 + guests
    told = {crossing for incident in verdict.incidents for crossing in incident.excess_crossing_ids}
    assert told == {one.crossing_id for one in verdict.crossings if one.outcome.value == "excess"}


def test_a_thousand_random_doors_agree_with_an_oracle_that_tries_everything(assignment_oracle):
    chance = random.Random(20260131)
    for _ in range(1000):
        assignment_oracle(chance)
