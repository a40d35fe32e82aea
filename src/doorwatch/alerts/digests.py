"""Digests: what was too much to be told one by one, written when it is sent, and what became of it since."""

from collections import Counter
from collections.abc import Collection, Sequence
from string import ascii_lowercase
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection

from doorwatch.alerts.channels.wording import one_line
from doorwatch.alerts.retracting import held_for
from doorwatch.alerts.stories import is_settled
from doorwatch.alerts.withholding import DIGEST
from doorwatch.domain.time import MINUTE, Micros, to_iso
from doorwatch.store import incidents
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.incidents import StoredIncident

_MOST_LISTED = 20
_LONGEST_NAME = 100


def digest_of(conn: Connection, digest: Message, now: Micros) -> dict[str, Any]:
    """Template and values of the digest of what was not told one by one; `path` leads to it on the page.

    With `news` in what it is about it tells what became of it.
    """
    span, held = digest.payload[DIGEST], held_for(conn, digest, now)
    found = incidents.get_many(
        conn, digest.account_id, {message.incident_id for message in held if message.incident_id}
    )
    others = [message for message in held if message.incident_id is None]
    base = span.get("base", "")
    if span.get("news"):
        subject, reason = _news(found)
    else:
        subject, reason = _waited(found, len(others)) if "held" in span else _more(found, len(others))
    values = {"reason": reason, "event": f"{base}{_path(found)}" if base else ""}
    parts = ["{{reason}}", *_doors(found, base, values)]
    if "held" in span:
        parts += _others(others, values)
    template = {"subject": subject, "body": "\n\n".join(parts)}
    return {"template": template, "values": values, "path": _path(found), "title": subject}


def _more(found: Collection[StoredIncident], others: int) -> tuple[str, str]:
    """Subject and first sentence of what was too much; `others` is what searches found that is no incident."""
    listed = f"Searches found {others} more; Settings > Alerts > Deliveries lists each."
    if not found:
        return f"{others} more alerts in one minute", f"{listed} None is lost."
    many = "incident" if len(found) == 1 else "incidents"
    reason = f"There were {len(found)} more {many} than are mailed one by one. None is lost: all of them wait for "
    reason += f"review on the page of incidents.{f' {listed}' if others else ''}"
    return f"{len(found)} more {many} in one minute", reason


def _waited(found: Collection[StoredIncident], others: int) -> tuple[str, str]:
    """The same of what waited for the end of quiet hours."""
    parts = []
    if found:
        parts.append("1 incident" if len(found) == 1 else f"{len(found)} incidents")
    if others:
        parts.append("1 match of a search" if others == 1 else f"{others} matches of searches")
    what = " and ".join(parts) or "nothing that is left to tell"
    return f"{what} in quiet hours", f"In quiet hours there were {what}. Nothing of it was told before."


def _news(found: Collection[StoredIncident]) -> tuple[str, str]:
    """The same of what became of it."""
    over = sum(is_settled(one) for one in found)
    reason = f"Of {len(found)} incidents that were told together, {over} have been accounted for or dismissed by now. "
    reason += "Nothing needs to be done." if over == len(found) else f"The other {len(found) - over} stand."
    return f"Update: {over} of {len(found)} incidents are settled", reason


def _doors(found: Sequence[StoredIncident], base: str, values: dict[str, str]) -> list[str]:
    """The paragraphs of a digest that count by door; what they are filled with goes into `values`."""
    doors = Counter((one.incident.door, one.door_name) for one in found).most_common()
    parts = []
    for letter, ((door, name), count) in zip(ascii_lowercase, doors[:_MOST_LISTED], strict=False):
        at_door = [one for one in found if one.incident.door == door]
        values |= {
            f"door_{letter}": f"{one_line(name, _LONGEST_NAME)}: {count}",
            f"link_{letter}": f"{base}{_path(at_door, door)}" if base else "",
        }
        parts.append(f"{{{{door_{letter}}}}}\n{{{{link_{letter}}}}}")
    more = len(doors) - _MOST_LISTED
    if more > 0:
        parts.append(f"and {more} more doors")
    if base and len(doors) > 1:
        parts.append("All of them: {{event}}")
    return parts


def _others(others: Sequence[Message], values: dict[str, str]) -> list[str]:
    """The paragraphs that name what searches found that is no incident, each with its link; filled from `values`, too."""
    parts = []
    for letter, message in zip(ascii_lowercase, others[:_MOST_LISTED], strict=False):
        told = message.payload.get("values", {})
        values |= {
            f"match_{letter}": one_line(message.subject, _LONGEST_NAME),
            f"facts_{letter}": ", ".join(one_line(line, _LONGEST_NAME) for line in told.get("facts", "").splitlines()),
            f"found_{letter}": told.get("event", ""),
        }
        parts.append(f"{{{{match_{letter}}}}}\n{{{{facts_{letter}}}}}\n{{{{found_{letter}}}}}")
    more = len(others) - _MOST_LISTED
    if more > 0:
        parts.append(f"and {more} more, which Settings > Alerts > Deliveries lists")
    return parts


def _path(found: Sequence[StoredIncident], door: str | None = None) -> str:
    """The page of incidents, narrowed to the minutes in which these began, and to a door."""
    if not found:
        return "/incidents"
    begun = [one.incident.start for one in found]
    first, last = min(begun) // MINUTE * MINUTE, (max(begun) // MINUTE + 1) * MINUTE
    wanted = {"review": "all", "since": to_iso(first, 0), "until": to_iso(last, 0)}
    return f"/incidents?{urlencode(wanted | ({} if door is None else {'door': door}), safe=':')}"
