"""What happens at the doors of the verdict benchmark, as posts that are made before the clock starts."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from serving.ingest_load import Line

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import SECOND, Micros, to_iso

TYPES = ("AccessGranted", "DoorUnlock", "DoorOpen", "DoorClose", "DoorLock")
OFFSETS = (0, SECOND // 10, SECOND, 5 * SECOND, 6 * SECOND)
CHATTER = ("DoorOpen", "DoorClose", "DoorLock", "DoorUnlock", "DoorEntryDetected")
TOGETHER = 50_000
"""What happens within so many microseconds goes into one post."""

_WALK = 6 * SECOND
_COVERAGE_EVERY = 2 * SECOND
_CAMERAS_A_POST = 25
_AHEAD = 60 * SECOND
"""Coverage reaches back so far, over the time in which the posts are made."""


@dataclass(slots=True)
class Story:
    """Events and crossings by door, with times from the beginning."""

    events: list[AccessEvent] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)

    def opening(self, device: str, door: str, number: int, at: Micros, people: int) -> None:
        """One opening: five events in six seconds, and the people who enter one second apart."""
        name = f"{device}-{number}"
        self.events += [
            AccessEvent(f"{name}-{step}", device, at + offset, event_type, actor_name=f"Person {number % 500}")
            for step, (event_type, offset) in enumerate(zip(TYPES, OFFSETS, strict=True))
        ]
        self.crossings += [
            Crossing(f"{name}-p{one}", door, f"cam-{device}", f"{number}-{one}", at + (2 + one) * SECOND, Direction.IN)
            for one in range(people)
        ]

    def chatter(self, devices: Sequence[str], rate: float, seconds: float, types: Sequence[str]) -> None:
        """Fill up to so many events a second, at these doors in turn."""
        for extra in range(max(0, int(rate * seconds) - len(self.events))):
            device, at = devices[extra % len(devices)], round(extra / rate * SECOND)
            kind = types[extra // len(devices) % len(types)]
            self.events.append(AccessEvent(f"{device}-x{extra}", device, at, kind, actor_name=f"P{extra % 500}"))


def building(doors: dict[str, str], rate: float, seconds: float) -> Story:
    """Somebody enters at every door every five seconds, every thirteenth time two on one grant; the rest is chatter."""
    story = Story()
    pace = 5 * SECOND
    for index, (device, door) in enumerate(doors.items()):
        for turn in range(int(seconds * SECOND / pace) + 1):
            at = turn * pace + index * pace // len(doors)
            if at + _WALK <= seconds * SECOND:
                number = turn * len(doors) + index
                story.opening(device, door, number, at, 2 if number % 13 == 5 else 1)
    story.chatter(list(doors), rate, seconds, CHATTER)
    return story


def flood(doors: dict[str, str], rate: float, seconds: float) -> Story:
    """Nine doors of ten say a lot, and nobody enters; at the others somebody enters every twenty seconds."""
    story = Story()
    lively = dict(list(doors.items())[::10])
    number = 0
    for turn in range(int(seconds / 20) + 1):
        for index, (device, door) in enumerate(lively.items()):
            at = round((turn + index / len(lively)) * 20 * SECOND)
            number += 1
            if at + _WALK <= seconds * SECOND:
                story.opening(device, door, number, at, 2 if number % 10 == 5 else 1)
    story.chatter([device for device in doors if device not in lively], rate, seconds, TYPES)
    return story


def rush(doors: dict[str, str], rate: float, seconds: float) -> Story:
    """All events are openings of all doors in turn, with somebody at each and every thirteenth time two."""
    story = Story()
    names = list(doors.items())
    for number in range(int(rate * seconds / len(TYPES))):
        at = round(number * len(TYPES) / rate * SECOND)
        story.opening(*names[number % len(names)], number, at, 2 if number % 13 == 5 else 1)
    return story


STORIES: dict[str, Callable[[dict[str, str], float, float], Story]] = {
    "building": building,
    "flood": flood,
    "rush": rush,
}

T = TypeVar("T", AccessEvent, Crossing)
Due = tuple[Micros, str, bytes]
"""When to post, where, and what."""


def posts(story: Story, cameras: Sequence[str], begin: Micros, seconds: float) -> list[Due]:
    """All posts of gateway and analyzer, in order; coverage goes on for some seconds after the last happening."""
    made: list[Due] = []
    for at, events in _together(story.events):
        body = {"events": [_event(event, begin) for event in events]}
        made.append((at, "/api/pacs/webhooks", msgspec.json.encode(body)))
    for at, crossings in _together(story.crossings):
        body = {"crossings": [_crossing(crossing, begin) for crossing in crossings]}
        made.append((at, "/api/analyzer/crossings", msgspec.json.encode(body)))
    for at in range(_COVERAGE_EVERY, int((seconds + 20) * SECOND), _COVERAGE_EVERY):
        since, until = to_iso(begin + at - _COVERAGE_EVERY - _AHEAD), to_iso(begin + at)
        said = {"covered_from": since, "covered_until": until}
        made.append((at, "/api/pacs/coverage", msgspec.json.encode(said)))
        for start in range(0, len(cameras), _CAMERAS_A_POST):
            spans = [
                {"camera_id": one, "from": since, "until": until} for one in cameras[start : start + _CAMERAS_A_POST]
            ]
            made.append(
                (
                    at + start * _COVERAGE_EVERY // len(cameras),
                    "/api/analyzer/coverage",
                    msgspec.json.encode({"coverage": spans}),
                )
            )
    return sorted(made, key=lambda one: one[0])


def _together(things: Iterable[T]) -> Iterable[tuple[Micros, list[T]]]:
    ticks: dict[int, list[T]] = defaultdict(list)
    for one in things:
        ticks[one.at // TOGETHER].append(one)
    return [((tick + 1) * TOGETHER, sorted(found, key=lambda one: one.at)) for tick, found in sorted(ticks.items())]


def _event(event: AccessEvent, begin: Micros) -> dict[str, object]:
    return {
        "event_id": event.event_id,
        "device_id": event.device_id,
        "timestamp": to_iso(begin + event.at, 3),
        "event_type": event.event_type,
        "actor_name": event.actor_name,
        "labels": ["building north"],
        "source": "stream",
    }


def _crossing(crossing: Crossing, begin: Micros) -> dict[str, object]:
    return {
        "crossing_id": crossing.crossing_id,
        "camera_id": crossing.camera,
        "door_id": crossing.door,
        "track": crossing.track,
        "at": to_iso(begin + crossing.at),
        "direction": crossing.direction.value,
    }


@dataclass(slots=True)
class Posted:
    """How posting went: how long each waited for its answer since it was due, and what was refused."""

    waits: list[float] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)


async def post_when_due(
    port: int, due: Sequence[Due], begin: Micros, tokens: dict[str, str], connections: int
) -> Posted:
    """Post each body when its time has come, over so many connections for either producer."""
    posted = Posted()
    by_producer: dict[str, list[Due]] = defaultdict(list)
    for one in due:
        by_producer["gateway" if one[1].startswith("/api/pacs") else "analyzer"].append(one)

    async def work(line: Line, coming: "Iterable[Due]", token: str) -> None:
        for at, path, body in coming:
            early = (begin + at) / SECOND - time.time()
            if early > 0:
                await asyncio.sleep(early)
            head = (
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            status = await line.post(head.encode() + body)
            if path != "/api/analyzer/coverage":
                posted.waits.append(time.time() - (begin + at) / SECOND)
            if status != 200:
                posted.refused[status] = posted.refused.get(status, 0) + 1

    lines, tasks = [], []
    for producer, coming in by_producer.items():
        shared = iter(coming)
        for _ in range(connections):
            lines.append(await Line.open(port))
            tasks.append(work(lines[-1], shared, tokens[producer]))
    await asyncio.gather(*tasks)
    for line in lines:
        line.close()
    return posted
