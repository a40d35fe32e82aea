"""Timestamps as the Web SDK writes them: UTC with a `Z`, 0 to 7 decimals, trailing zeros dropped."""

from datetime import UTC, datetime

from doorwatch.domain.time import SECOND, Micros

_last_second: tuple[int, str] = (-1, "")


def wire_time(at: Micros, digits: int | None = None) -> str:
    """A time in microseconds as text; `digits` cuts (never rounds) to so many decimals, 7 adds a zero tick.

    The text of the last whole second is kept: under load nearly all events share it.
    """
    global _last_second  # noqa: PLW0603 - a cache of one value, right in every process
    second, micros = divmod(at, SECOND)
    if second != _last_second[0]:
        _last_second = (second, datetime.fromtimestamp(second, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    decimals = f"{micros:06d}0"
    decimals = decimals.rstrip("0") if digits is None else decimals[:digits]
    return f"{_last_second[1]}.{decimals}Z" if decimals else f"{_last_second[1]}Z"
