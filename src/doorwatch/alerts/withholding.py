"""Why people are not told just now: a silence, a fire release, or so much at once that a digest says more."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts.settings import AlertSettings
from doorwatch.domain.time import MINUTE, SECOND, Micros, to_iso
from doorwatch.store.alerting import conditions, outbox, silences
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.engine.recall import recalled
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
    """Beyond so many mails to one person in a minute the rest of the minute becomes one digest."""

    def __init__(self) -> None:
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
            payload={DIGEST: {"from": minute, "until": minute + MINUTE}},
            thread=f"digest:{minute}",
            rule_id=draft.rule_id,
        )
        outbox.write(conn, account, digest, now, due_at=minute + MINUTE + SECOND)
        return True


def digest_of(conn: Connection, account: str, to: str, span: Mapping[str, Any]) -> dict[str, Any]:
    """Template and values of the digest of what was not told one by one."""
    held = outbox.withheld_between(conn, account, to, span["from"], span["until"], STORM)
    lines = [message.subject for message in held[:_MOST_LISTED]]
    more = len(held) - len(lines)
    body = "{{reason}}\n\n{{list}}"
    return {
        "template": {"subject": "{{count}} more incidents in one minute", "body": body},
        "values": {
            "count": str(len(held)),
            "reason": f"There were {len(held)} more incidents than are mailed one by one. None is lost: all of them wait for "
            "review on the page of incidents.",
            "list": "\n".join([*lines, *([f"and {more} more"] if more else [])]),
        },
    }


STORM = "told in a digest: there were too many at once"
_MOST_LISTED = 20
