"""How a camera is recorded, as columns of the list of cameras: each is one key of the plan, and changes nothing else of it."""

from collections.abc import Mapping
from typing import Any

from doorwatch.domain.recording import (
    LONGEST_DAYS,
    LONGEST_POST_ROLL,
    LONGEST_PRE_ROLL,
    MOST_GIGABYTES,
    RecordedStream,
    RecordingMode,
    RecordingPlan,
    plan_of,
)
from doorwatch.server.cells import choice, flag, number

COLUMNS = {f"recording_{key}": key for key in RecordingPlan().to_mapping()}
"""Column to key; a blank cell is what a camera has to which nobody ever said anything."""

_WORDS = {"mode": tuple(RecordingMode), "stream": tuple(RecordedStream)}
_LEAST = 0.001
_RANGES = {
    "pre_roll": (0.0, LONGEST_PRE_ROLL),
    "post_roll": (1.0, LONGEST_POST_ROLL),
    "days": (_LEAST, LONGEST_DAYS),
    "event_days": (_LEAST, LONGEST_DAYS),
    "gigabytes": (_LEAST, MOST_GIGABYTES),
}


def as_cells(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """A camera's plan as cells under `COLUMNS`."""
    return tuple(_told(value) for value in plan_of(settings).to_mapping().values())


def planned(row: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a row makes of the recording among a camera's settings; nothing where it changes nothing. Raises RowError."""
    stands = plan_of(settings).to_mapping()
    wanted = stands | {key: _value(column, key, row[column]) for column, key in COLUMNS.items() if column in row}
    return {} if wanted == stands else {"recording": wanted}


def differing(former: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The columns in which two cameras' settings differ."""
    before, after = plan_of(former).to_mapping(), plan_of(now).to_mapping()
    return [column for column, key in COLUMNS.items() if before[key] != after[key]]


def _value(column: str, key: str, cell: str) -> Any:
    usual = RecordingPlan().to_mapping()[key]
    if not cell:
        return usual
    if key in _WORDS:
        return choice(column, cell, _WORDS[key])
    if isinstance(usual, bool):
        return flag(column, cell, blank=usual)
    return number(column, cell, *_RANGES[key])


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:.12g}" if isinstance(value, float | int) else str(value)
