"""Reading what the Web SDK says: envelopes, GUIDs, times. No I/O."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any

import msgspec

from doorwatch.domain.time import MILLISECOND, SECOND, Micros, from_iso
from doorwatch.pacs.driver import TICKS, PacsError

_DECIMALS = 7
_SCALE = tuple(10 ** (_DECIMALS - digits) for digits in range(_DECIMALS + 1))
_WHOLE = len("2026-01-31T12:34:56.")
_SECONDS_KEPT = 128
_seconds: dict[str, int] = {}
"""Ticks of seconds that were read lately, by what is written of them, with the point."""
_FIELDS = {
    name.lower(): name
    for name in (
        "Guid", "Name", "FirstName", "LastName", "EmailAddress", "DoorSideIn", "DoorSideOut", "Cameras", "EventType",
        "Entities", "Timestamp", "APGuid", "AccessPointGroupGuid", "SourceGuid", "CardholderGuid", "Type", "EventTimestamp",
        "DoorGuid", "Door", "AccessPointGuid", "AccessPoint", "DoorSideGuid", "SourceEntity", "Cardholder",
    )
}  # fmt: skip
_BOM = b"\xef\xbb\xbf"
_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Halves of letters that need two: .NET writes them where a text was cut between, and UTF-8 has none."""
_XML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:websdk|rsp)\b[^>]*>", re.IGNORECASE)
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"<(?:SdkErrorCode|Code)>(.*?)</", re.IGNORECASE | re.DOTALL)
_EARLIEST, _LATEST = 0, 10**13 * MILLISECOND
"""What lies before 1970 or after 2286 is no time at which something happened: .NET writes the years 1 and 9999 for none."""
_GUID = re.compile(r"[0-9a-fA-F]{32}")
_NOBODY = "00000000-0000-0000-0000-000000000000"
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}):(\d{2})(?:[.,](\d*))?\s*(Z|z|[+-]\d{2}:?\d{2})?")

_EPOCH = re.compile(r"(?:/Date\()?(\d{13})(?:[+-]\d{4})?(?:\)/)?")
"""Milliseconds since 1970, with or without what older .NET puts around them; a zone behind them changes nothing.

Thirteen digits are 2001 to 2286: seconds, or a date written without signs between, would be taken for another time.
"""


class AnswerError(PacsError):
    """The Web SDK understood the question and refused it; `code` is its own name for the reason."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: `complete` is False when the server cut its rows off.

    `partial`: it says that something is missing, which may have another reason than their number.
    """

    result: Any
    complete: bool
    partial: bool = False

    @property
    def entries(self) -> list[Any]:
        """The result as a list: one entity comes by itself, several come as one; a list of GUIDs may be plain text."""
        found = self.result if isinstance(self.result, list) else [self.result]
        return [entry for entry in found if entry is not None]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The result as rows, whose fields are called as the published examples call them, in whatever case they came."""
        rows: list[dict[str, Any]] = [row for row in self.entries if isinstance(row, dict)]
        told = {key for row in rows for key in row}  # what says nothing may be left out of any of them
        spelt = {key: _FIELDS[key.lower()] for key in told if _FIELDS.get(key.lower(), key) != key}
        if not spelt:
            return rows
        return [{spelt.get(key, key): value for key, value in row.items()} for row in rows]


def read_answer(body: bytes) -> Answer:
    """An envelope, whatever the HTTP status was.

    Raises AnswerError for a `Fail`, ValueError when it is no answer of a Web SDK at all.
    """
    # a name that somebody cut off in the middle of a letter must not hide all others
    text = body.decode("utf-8-sig", errors="replace")
    if r"\ud" in text or r"\uD" in text:
        text = _HALF.sub(r"\\ufffd", text)
    if (xml := _XML.match(text)) is not None:
        raise _in_xml(text, xml[0])
    document = json.loads(text)
    envelope = _field(document, "Rsp")
    if not isinstance(envelope, dict) or (not envelope and "Rsp" not in document):
        raise ValueError("no Rsp in it")
    # versions and forms differ in how they spell it
    status, result = str(_field(envelope, "Status")).lower(), _field(envelope, "Result")
    if status == "fail":
        told = next((one for one in (result, _field(envelope, "error")) if _field(one, "Message")), envelope)
        raise _refusal(str(_field(told, "Message") or ""), str(_field(told, "SdkErrorCode") or ""))
    return Answer(result, complete=status not in {"toomanyresults", "partial"}, partial=status == "partial")


def read_listed(body: bytes) -> Answer:
    """As `read_answer`, of what may name each of thousands of doors for each type: `Entities` are left as bytes.

    Of twenty thousand doors and forty types that are 33 MB, which as objects would take five times as much.
    """
    try:
        envelope = _decode_listed(body.removeprefix(_BOM)).Rsp
    except (msgspec.DecodeError, UnicodeDecodeError):
        return read_answer(body)
    if envelope.Status.lower() != "ok":
        return read_answer(body)
    rows = [
        {key: raw if key == "Entities" else msgspec.json.decode(raw) for key, raw in row.items()}
        for row in envelope.Result
    ]
    return Answer(rows, complete=True)


class _Listed(msgspec.Struct):
    Status: str
    Result: list[dict[str, msgspec.Raw]]


class _ListedAnswer(msgspec.Struct):
    Rsp: _Listed


_decode_listed = msgspec.json.Decoder(_ListedAnswer).decode


def _field(told: Any, name: str) -> Any:
    """A field of an object, in whatever case it is written; None where there is none."""
    if not isinstance(told, dict):
        return None
    return told[name] if name in told else next((told[key] for key in told if key.lower() == name.lower()), None)


def _in_xml(text: str, begin: str) -> AnswerError:
    """What an answer in XML says, which some commands and older versions give whatever they were asked for."""
    if 'status="fail"' in begin.lower() or re.search(r"<Status>\s*Fail", text, re.IGNORECASE):
        told, code = _MESSAGE.search(text), _CODE.search(text)
        return _refusal(unescape(told[1]).strip() if told else "", code[1].strip() if code else "")
    return AnswerError(
        "Security Center answers in XML though it was asked for JSON; Security Center 5.8 or newer is needed"
    )


def _refusal(message: str, code: str) -> AnswerError:
    return AnswerError(f"Security Center refused a command: {(message or 'no reason given').rstrip('.')}", code)


def guid(value: Any) -> str | None:
    """A GUID in its one form (lower case, dashes), from text or from an object that has one; None for no entity."""
    if isinstance(value, dict):
        value = value.get("Guid") or value.get("guid") or value.get("EntityGuid") or value.get("Id")
    return _guid(value) if isinstance(value, str) else None


@lru_cache(maxsize=65536)
def _guid(text: str) -> str | None:
    plain = text.strip().strip("{}()").replace("-", "").lower()
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
    micros = _minute(minute, zone or "Z") + int(seconds) * SECOND
    if not _EARLIEST <= micros < _LATEST:
        raise ValueError(f"{text!r} is no time at which something happened")
    whole = micros * TICKS
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
