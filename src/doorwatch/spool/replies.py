"""What an answer means for the items that were sent, and how items become a body."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from doorwatch.spool.transport import Reply

Encoder = Callable[[Sequence[bytes]], bytes]

LONGEST_RETRY_AFTER = 3600.0


class Meaning(StrEnum):
    """What to do after an answer."""

    ACCEPTED = "accepted"
    PARTLY = "partly"  # some items of the batch are named as bad, the others were taken
    REFUSED = "refused"  # this item, or something in this batch
    FAULT = "fault"  # the server stumbled: over this item, or altogether
    AWAY = "away"  # nothing that the item can do about


def meaning_of(reply: Reply) -> Meaning:
    """Sort an answer by whose fault it is."""
    status = reply.status
    if 200 <= status < 300:
        return Meaning.ACCEPTED
    if status in {401, 403, 408, 429, 503} or status < 400:
        return Meaning.AWAY
    if status in {404, 405} or status >= 500:
        return Meaning.FAULT
    return Meaning.PARTLY if status == 422 and bad_items(reply) else Meaning.REFUSED


def bad_items(reply: Reply) -> dict[int, str]:
    """Which items of the batch a 422 names as bad (index from 0), with the server's words."""
    try:
        body = json.loads(reply.body)
        errors = body["errors"]
        return {
            int(entry["index"]): f"{entry.get('field') or 'item'}: {entry.get('error') or 'refused'}"
            for entry in errors
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def reason_of(reply: Reply) -> str:
    """The answer in a few words, for logs and dead letters."""
    text = ""
    try:
        body = json.loads(reply.body)
        text = str(body.get("error") or "") if isinstance(body, dict) else ""
    except ValueError:
        text = reply.body[:200].decode(errors="replace").strip() if not reply.body.lstrip().startswith(b"<") else ""
    return f"HTTP {reply.status}" + (f": {text[:300]}" if text else "")


def retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float:
    """Seconds that the server asks to wait, from a number or a date; 0 when it asks nothing. `now`: seconds since 1970."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return 0.0
    if text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.fromtimestamp(now(), UTC)).total_seconds()), LONGEST_RETRY_AFTER)


def envelope(many: str, one: str | None = None) -> Encoder:
    """An encoder of JSON payloads: `{"<many>":[…]}`, or `{"<one>":…}` for a single one where `one` is given."""
    head = f'{{"{many}":['.encode()
    single = f'{{"{one}":'.encode() if one else None

    def encode(payloads: Sequence[bytes]) -> bytes:
        if single is not None and len(payloads) == 1:
            return single + payloads[0] + b"}"
        return head + b",".join(payloads) + b"]}"

    return encode


def as_is(payloads: Sequence[bytes]) -> bytes:
    """The one payload itself, which is a whole body already."""
    return payloads[0]
