"""Time zones as people write them after a time: `2am PT`, `18:00 UTC`, `9:00 Europe/Berlin`, `14:00+02:00`."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from doorwatch.domain.time import DAY, Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS_BACK, _YEARS_ON = 20, 2
_OFFSET = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d{2}))?")

# Summer and winter names mean the place: who writes PST in July means the clock on the wall there.
_PLACES = {
    **dict.fromkeys(("pt", "pst", "pdt"), "America/Los_Angeles"),
    **dict.fromkeys(("mt", "mst", "mdt"), "America/Denver"),
    **dict.fromkeys(("ct", "cst", "cdt"), "America/Chicago"),
    **dict.fromkeys(("et", "est", "edt"), "America/New_York"),
    **dict.fromkeys(("cet", "cest"), "Europe/Berlin"),
    **dict.fromkeys(("wet", "west"), "Europe/Lisbon"),
    **dict.fromkeys(("eet", "eest"), "Europe/Helsinki"),
    "bst": "Europe/London",
    "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "sgt": "Asia/Singapore",
    "hkt": "Asia/Hong_Kong",
    **dict.fromkeys(("aest", "aedt"), "Australia/Sydney"),
    **dict.fromkeys(("nzst", "nzdt"), "Pacific/Auckland"),
}


_UNITED_STATES = frozenset(
    {
        *(
            "New_York",
            "Detroit",
            "Boise",
            "Chicago",
            "Denver",
            "Phoenix",
            "Los_Angeles",
            "Anchorage",
            "Juneau",
            "Sitka",
        ),
        *("Menominee", "Nome", "Yakutat", "Adak", "Metlakatla", "Honolulu", "Puerto_Rico"),
    }
)


def is_month_first(zone: tzinfo) -> bool:
    """Whether people there write 11/24/2026: in the United States, and nowhere else."""
    parts = str(zone).split("/")
    return (
        parts[0] == "US" or parts[-1] in _UNITED_STATES or parts[1:2] in (["Indiana"], ["Kentucky"], ["North_Dakota"])
    )


@lru_cache(512)
def zone_called(word: str) -> tzinfo | None:
    """The zone that a word in lower case names; None for any other word."""
    if word in {"utc", "gmt", "z"}:
        return ZoneInfo("UTC")
    if word in _PLACES:
        return ZoneInfo(_PLACES[word])
    if match := _OFFSET.fullmatch(word):
        hours, minutes = int(match[2]), int(match[3] or 0)
        ahead = timedelta(hours=hours, minutes=minutes)
        if hours > 14 or minutes > 59:
            return None
        return timezone(ahead if match[1] == "+" else -ahead)
    return ZoneInfo(_names()[word]) if "/" in word and word in _names() else None


@cache
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def offsets_around(zone: tzinfo, now: Micros) -> tuple[tuple[Micros, Micros], ...]:
    """From when on clocks there were so far ahead of UTC: for the last twenty years and the next two, the oldest first."""
    return _offsets(zone, now // (365 * DAY))


@lru_cache(256)
def _offsets(zone: tzinfo, year: int) -> tuple[tuple[Micros, Micros], ...]:
    begin, end = (year - _YEARS_BACK) * 365 * DAY, (year + _YEARS_ON) * 365 * DAY
    found = [(begin, _offset(zone, begin))]
    step = 14 * DAY
    for at in range(begin + step, end, step):
        if (ahead := _offset(zone, at)) != found[-1][1]:
            low, high = at - step, at
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == found[-1][1] else (low, middle)
            found.append((high, ahead))
    return tuple(found)


def _offset(zone: tzinfo, at: Micros) -> Micros:
    ahead = (_EPOCH + timedelta(microseconds=at)).astimezone(zone).utcoffset() or timedelta()
    return ahead // timedelta(microseconds=1)
