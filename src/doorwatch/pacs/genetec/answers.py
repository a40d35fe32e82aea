"""Reading what the Web SDK says: envelopes, GUIDs, times. No I/O."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from doorwatch.domain.time import MILLISECOND, SECOND, Micros, from_iso
from doorwatch.pacs.driver import TICKS, PacsError

_DECIMALS = 7
_SCALE = tuple(10 ** (_DECIMALS - digits) for digits in range(_DECIMALS + 1))
_WHOLE = len("2026-01-31T12:34:56.")
_SECONDS_KEPT = 128
_seconds: dict[str, int] = {}
"""Ticks of seconds that were read lately, by what is written of them, with the point."""
_GUID = re.compile(r"[0-9a-fA-F]{32}")
_NOBODY = "00000000-0000-0000-0000-000000000000"
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}):(\d{2})(?:[.,](\d*))?\s*(Z|z|[+-]\d{2}:?\d{2})?")

_EPOCH = re.compile(r"(?:/Date\()?(\d{9,14})(?:[+-]\d{4})?(?:\)/)?")
"""Milliseconds since 1970, with or without what older .NET puts around them; a zone behind them changes nothing."""


class AnswerError(PacsError):
    """The Web SDK understood the question and refused it; `code` is its own name for the reason."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: `complete` is False when the server cut its rows off."""

    result: Any
    complete: bool

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The result as rows: one entity comes as an object, several as a list."""
        found = self.result if isinstance(self.result, list) else [self.result]
        return [row for row in found if isinstance(row, dict)]


def read_answer(body: bytes) -> Answer:
    """An envelope, whatever the HTTP status was.

    Raises AnswerError for a `Fail`, ValueError when it is no answer of a Web SDK at all.
    """
    document = json.loads(body.decode("utf-8-sig"))
    envelope = document.get("Rsp") if isinstance(document, dict) else None
    if not isinstance(envelope, dict):
        raise ValueError("no Rsp in it")
    # versions and forms differ in how they spell it
    status, result = str(envelope.get("Status")).lower(), envelope.get("Result")
    if status == "fail":
        told = result if isinstance(result, dict) and "Message" in result else envelope
        message, code = str(told.get("Message") or "no reason given"), str(told.get("SdkErrorCode") or "")
        raise AnswerError(f"Security Center refused a command: {message.rstrip('.')}", code)
    return Answer(result, complete=status not in {"toomanyresults", "partial"})


def guid(value: Any) -> str | None:
    """A GUID in its one form (lower case, dashes), from text or from an object that has one; None for no entity."""
    if isinstance(value, dict):
        value = value.get("Guid")
    return _guid(value) if isinstance(value, str) else None


@lru_cache(maxsize=65536)
def _guid(text: str) -> str | None:
    plain = text.strip().strip("{}").replace("-", "").lower()
    if not _GUID.fullmatch(plain):
        return None
    found = f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"
    return None if found == _NOBODY else found


def read_time(text: str) -> tuple[int, int]:
    """A time of 0 to 7 decimals in ticks of 100 ns, and how many decimals it had; further ones are cut off.

    Raises ValueError when it is none.
    """
    known = _seconds.get(text[:_WHOLE])
    if known is not None and text[-1] == "Z":
        # the usual case: another moment of a second that was read before
        digits = text[_WHOLE:-1]
        if digits.isdecimal() and (decimals := len(digits)) <= _DECIMALS:
            return known + int(digits) * _SCALE[decimals], decimals
    match = _TIME.fullmatch(text.strip())
    if match is None:
        if (since := _EPOCH.fullmatch(text.strip())) is not None:
            return int(since[1]) * MILLISECOND * TICKS, 3
        raise ValueError(f"{text!r} is not a time such as 2026-01-31T12:34:56.789Z")
    minute, seconds, digits, zone = match.groups()
    digits = (digits or "")[:_DECIMALS]
    whole = (_minute(minute, zone or "Z") + int(seconds) * SECOND) * TICKS
    if zone == "Z" and text[_WHOLE - 1] == ".":
        if len(_seconds) >= _SECONDS_KEPT:
            _seconds.clear()
        _seconds[text[:_WHOLE]] = whole
    return whole + int(digits.ljust(_DECIMALS, "0")), len(digits)


def rounded(ticks: int) -> Micros:
    """A time to the millisecond, half up, in microseconds."""
    return (ticks + MILLISECOND * TICKS // 2) // (MILLISECOND * TICKS) * MILLISECOND


@lru_cache(maxsize=1024)
def _minute(text: str, zone: str) -> Micros:
    return from_iso(f"{text}:00{zone}")
