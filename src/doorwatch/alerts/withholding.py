"""Why people are not told just now: a silence, a fire release, or so much at once that a digest says more."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from string import ascii_lowercase
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection

from doorwatch.alerts.channels.wording import one_line
from doorwatch.alerts.settings import AlertSettings
from doorwatch.domain.time import MINUTE, SECOND, Micros, to_iso
from doorwatch.store import incidents
from doorwatch.store.alerting import conditions, outbox, silences
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.engine.recall import recalled
from doorwatch.store.incidents import StoredIncident
from doorwatch.store.schema.alerting import conditions as condition_rows
from doorwatch.store.schema.alerting import silences as silence_rows

FIRE = "fire_release"
DIGEST = "digest"


def held_back(
    conn: Connection, account: str, settings: AlertSettings, door: str | None, kind: str | None, now: Micros
) -> str | None:
    """Why people are not told of incidents of a kind at a door now; None when they are."""
    running = recalled(conn, ("silences", account), (silence_rows,), lambda: silences.holding(conn, account, now))
    for silence in running:
        if silence.holds_at(now) and silence.covers(door, kind):
            return f"silenced by {silence.created_by} until {to_iso(silence.until, 0)}: {silence.reason}"
    if not settings.fire_inhibits:
        return None
    fire = recalled(conn, (FIRE, account), (condition_rows,), lambda: conditions.lasting(conn, account, [FIRE]))
    return f"not told while a fire release is on at {fire[0].subject}" if fire else None


class Storms:
    """Beyond so many mails to one person in a minute the rest of the minute becomes one digest.

    `base` says at which address an account has its page.
    """

    def __init__(self, base: Callable[[Connection, str], str] = lambda _conn, _account: "") -> None:
        self._base = base
        # Who got enough in which minute: so that a storm costs no counting. A rolled back transaction makes it err by
        # few, towards the digest.
        self._full: dict[tuple[str, str], Micros] = {}

    def holds_back(self, conn: Connection, account: str, to: str, limit: int, now: Micros) -> bool:
        """Whether a mail to somebody is one too many in this minute; the digest that tells of it is seen to."""
        return self.holds_back_in(conn, account, Draft("", "email", to, ""), limit, now)

    def holds_back_in(self, conn: Connection, account: str, draft: Draft, limit: int, now: Micros) -> bool:
        """The same of a message by whatever channel; its digest goes the same way."""
        if not limit:
            return False
        minute, to = now - now % MINUTE, draft.recipient
        if self._full.get((account, to)) != minute:
            if outbox.count_since(conn, account, to, minute, limit, channel=draft.channel) < limit:
                return False
            self._full[account, to] = minute
        digest = Draft(
            dedupe=f"digest:{minute}:{to}",
            channel=draft.channel,
            recipient=to,
            subject="Many incidents at once",
            payload={DIGEST: {"from": minute, "until": minute + MINUTE, "base": self._base(conn, account)}},
            thread=f"digest:{minute}",
            rule_id=draft.rule_id,
        )
        outbox.write(conn, account, digest, now, due_at=minute + MINUTE + SECOND)
        return True


def digest_of(conn: Connection, account: str, to: str, span: Mapping[str, Any]) -> dict[str, Any]:
    """Template and values of the digest of what was not told one by one; `path` leads to it on the page."""
    held = outbox.withheld_between(conn, account, to, span["from"], span["until"], STORM)
    found = incidents.get_many(conn, account, [message.incident_id for message in held if message.incident_id])
    doors = Counter((one.incident.door, one.door_name) for one in found).most_common()
    base = span.get("base", "")
    values = {
        "count": str(len(held)),
        "reason": f"There were {len(held)} more incidents than are mailed one by one. None is lost: all of them wait for "
        "review on the page of incidents.",
        "event": f"{base}{_path(found)}" if base else "",
    }
    parts = ["{{reason}}"]
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
    if base and len(doors) != 1:
        parts.append("All of them: {{event}}")
    template = {"subject": "{{count}} more incidents in one minute", "body": "\n\n".join(parts)}
    return {"template": template, "values": values, "path": _path(found)}


def _path(found: Sequence[StoredIncident], door: str | None = None) -> str:
    """The page of incidents, narrowed to the minutes in which these began, and to a door."""
    if not found:
        return "/incidents"
    begun = [one.incident.start for one in found]
    first, last = min(begun) // MINUTE * MINUTE, (max(begun) // MINUTE + 1) * MINUTE
    wanted = {"review": "all", "since": to_iso(first, 0), "until": to_iso(last, 0)}
    return f"/incidents?{urlencode(wanted | ({} if door is None else {'door': door}), safe=':')}"


STORM = "told in a digest: there were too many at once"
_MOST_LISTED = 20
_LONGEST_NAME = 100
