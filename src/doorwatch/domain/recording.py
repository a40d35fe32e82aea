"""How a camera is recorded: when, out of which stream, and how long what was recorded is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from doorwatch.domain.time import SECOND, Micros, from_seconds, to_seconds

LONGEST_PRE_ROLL = 60.0
LONGEST_POST_ROLL = 600.0
LONGEST_DAYS = 3650.0
MOST_GIGABYTES = 1_000_000.0


class RecordingMode(StrEnum):
    """When a camera is recorded."""

    OFF = "off"
    EVENT = "event"
    CONTINUOUS = "continuous"


class RecordedStream(StrEnum):
    """Which of a camera's streams is recorded."""

    MAIN = "main"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """How one camera is recorded and kept.

    `pre_roll` and `post_roll` are what is recorded before and after an event where the mode is EVENT; `on_motion` lets
    motion be one. `days` and `event_days` are how long video is kept in which nothing and something happened, None as
    the installation says; `gigabytes` (of 10^9 bytes) is the most that the camera's recordings may take, None for any.
    """

    mode: RecordingMode = RecordingMode.CONTINUOUS
    stream: RecordedStream = RecordedStream.MAIN
    pre_roll: Micros = 10 * SECOND
    post_roll: Micros = 10 * SECOND
    on_motion: bool = True
    days: float | None = None
    event_days: float | None = None
    gigabytes: float | None = None

    def to_mapping(self) -> dict[str, Any]:
        """The plan as it is stored among a camera's settings, lengths of time in seconds."""
        return {
            "mode": self.mode.value,
            "stream": self.stream.value,
            "pre_roll": to_seconds(self.pre_roll),
            "post_roll": to_seconds(self.post_roll),
            "on_motion": self.on_motion,
            "days": self.days,
            "event_days": self.event_days,
            "gigabytes": self.gigabytes,
        }


def plan_of(settings: Mapping[str, Any]) -> RecordingPlan:
    """The plan among a camera's settings. What cannot be read there is as if it were not there: a camera records on."""
    told = settings.get("recording")
    if not isinstance(told, Mapping):
        # Before there were plans, one word said it all.
        return RecordingPlan(RecordingMode.CONTINUOUS if settings.get("record", True) else RecordingMode.OFF)
    usual = RecordingPlan()
    modes, streams = [one.value for one in RecordingMode], [one.value for one in RecordedStream]
    return RecordingPlan(
        mode=RecordingMode(told["mode"]) if told.get("mode") in modes else usual.mode,
        stream=RecordedStream(told["stream"]) if told.get("stream") in streams else usual.stream,
        pre_roll=from_seconds(_number(told.get("pre_roll"), LONGEST_PRE_ROLL, to_seconds(usual.pre_roll))),
        post_roll=from_seconds(_number(told.get("post_roll"), LONGEST_POST_ROLL, to_seconds(usual.post_roll))),
        on_motion=told.get("on_motion") is not False,
        days=_number(told.get("days"), LONGEST_DAYS, None),
        event_days=_number(told.get("event_days"), LONGEST_DAYS, None),
        gigabytes=_number(told.get("gigabytes"), MOST_GIGABYTES, None),
    )


def _number(told: object, most: float, usual: Any) -> Any:
    usable = isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= most
    return told if usable else usual


_FREE_SHARE = 0.1
_FREE_AT_MOST = 50_000_000_000


def free_floor(total: int, wanted: int | None = None) -> int:
    """Bytes that stay free on a disk of `total` bytes: `wanted` ones, else a tenth, at most 50 GB.

    Where less is free the oldest recordings go; where less than half of it is, nothing more is recorded, so that
    database, queue and evidence on the same disk go on.
    """
    return min(int(total * _FREE_SHARE), _FREE_AT_MOST) if wanted is None else min(wanted, total // 2)
