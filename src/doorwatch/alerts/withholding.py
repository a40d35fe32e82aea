"""Why people are not told just now: a silence, a fire release, or so much at once that a digest says more.

A digest is written without words: `digests` says what it says when it is sent, from what was withheld for it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts.settings import AlertSettings
from doorwatch.domain.time import MINUTE, SECOND, Micros, to_iso
from doorwatch.store.alerting import conditions, outbox, silences
from doorwatch.store.alerting.outbox import Draft, Message
from doorwatch.store.engine.recall import recalled
from doorwatch.store.schema.alerting import conditions as condition_rows
from doorwatch.store.schema.alerting import silences as silence_rows

FIRE = "fire_release"
DIGEST = "digest"
STORM = "told in a digest: there were too many at once"
QUIET = "told in a digest: more than a few waited for the end of quiet hours"
IN_DIGESTS = (STORM, QUIET)
HELD = "held"
"""In the payload of what waits for the end of quiet hours: when they end, and at which address the page is."""
FEW = 3
"""So many messages that waited for the same end of quiet hours go to one recipient each by itself; more become one."""
_SETTLING = 2 * SECOND
"""So long after what it tells of a digest is due: what is claimed in the order of time is withheld by then."""


def held_back(
    conn: Connection, account: str, settings: AlertSettings, door: str | None, kind: str | None, now: Micros
) -> str | None:
    """Why people are not told of incidents of a kind at a door now; None when they are."""
    why = silenced(conn, account, lambda: (door, kind), now)
    if why is not None:
        return why
    if not settings.fire_inhibits:
        return None
    fire = recalled(conn, (FIRE, account), (condition_rows,), lambda: conditions.lasting(conn, account, [FIRE]))
    return f"not told while a fire release is on at {fire[0].subject}" if fire else None


def silenced(
    conn: Connection,
    account: str,
    place: Callable[[], tuple[str | None, str | None]],
    now: Micros,
    *,
    since: Micros | None = None,
) -> str | None:
    """Which silence holds back what is told of a door and a kind of incident; None when none does.

    `place` is asked for them only if there is a silence. With `since` those alone count that began after it.
    """
    running = recalled(conn, ("silences", account), (silence_rows,), lambda: silences.holding(conn, account, now))
    held = [one for one in running if one.holds_at(now) and (since is None or one.created_at > since)]
    if not held:
        return None
    door, kind = place()
    silence = next((one for one in held if one.covers(door, kind)), None)
    if silence is None:
        return None
    return f"silenced by {silence.created_by} until {to_iso(silence.until, 0)}: {silence.reason}"


class Storms:
    """Beyond so many mails to one person in a minute the rest of the minute becomes one digest.

    `base` says at which address an account has its page.
    """

    def __init__(self, base: Callable[[Connection, str], str] = lambda _conn, _account: "") -> None:
        self._base = base
        # Who got enough in which minute: so that a storm costs no counting. A rolled back transaction makes it err by
        # few, towards the digest.
        self._full: dict[tuple[str, str], Micros] = {}

    def holds_back(self, conn: Connection, account: str, draft: Draft, limit: int, now: Micros) -> bool:
        """Whether a message to somebody is one too many in this minute; the digest that tells of it goes the same way."""
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
            payload={
                DIGEST: self._span(conn, account, minute),
                "name": _name(account, f"{minute}"),
                "sender": draft.payload.get("sender"),
            },
            thread=f"digest:{minute}",
            # Of a search it is not: that may be deleted until then. A browser is found by it.
            rule_id=None if draft.channel == "email" else draft.rule_id,
        )
        outbox.write(conn, account, digest, now, due_at=minute + MINUTE + SECOND)
        return True

    def follow(self, conn: Connection, account: str, held: Iterable[Message], now: Micros) -> None:
        """Tell who got digests that something became of what they are about, in each thread once a minute at most."""
        mark = f"news-{now // MINUTE}"
        for one in {(_of_digest(message), message.recipient): message for message in held}.values():
            of, span = _of_digest(one), _span_of(one)
            news = Draft(
                dedupe=f"digest:{of}:{mark}:{one.recipient}",
                channel="email",
                recipient=one.recipient,
                subject="What became of many incidents at once",
                payload={
                    DIGEST: {**span, "base": self._base(conn, account), "news": True},
                    "name": f"{_name(account, of)}-{mark}",
                    "first": _name(account, of),
                    "sender": one.payload.get("sender"),
                    "told_at": one.created_at,
                },
                thread=f"digest:{of}",
            )
            outbox.write(conn, account, news, now, due_at=now + MINUTE)

    def held_until(self, conn: Connection, account: str, end: Micros) -> dict[str, Any]:
        """What a message carries that waits for the end of quiet hours."""
        return {"until": end, "base": self._base(conn, account)}

    def _span(self, conn: Connection, account: str, minute: Micros) -> dict[str, Any]:
        return {"from": minute, "until": minute + MINUTE, "base": self._base(conn, account)}


def gathered(conn: Connection, message: Message, now: Micros) -> str | None:
    """Why a message that waited for the end of quiet hours goes in a digest; None when it goes by itself.

    More than a few for one recipient become one digest, which this writes: all that waits for the same end is withheld
    with it. What another server has claimed just now it withholds itself.
    """
    held = message.payload.get(HELD)
    if held is None or message.due_at != held["until"]:
        return None
    account, of = message.account_id, _of_quiet(message.due_at)
    digest = Draft(
        dedupe=f"digest:{of}:{message.recipient}",
        channel=message.channel,
        recipient=message.recipient,
        subject="What waited for the end of quiet hours",
        payload={
            DIGEST: {"held": message.due_at, "base": held["base"]},
            "name": _name(account, of),
            "sender": message.payload.get("sender"),
        },
        thread=f"digest:{of}",
        rule_id=None if message.channel == "email" else message.rule_id,
    )
    if not outbox.is_untried(conn, account, digest.dedupe):
        if outbox.count_held(conn, message, most=FEW + 1) <= FEW:
            return None
        outbox.write(conn, account, digest, now, due_at=now + _SETTLING)
        if not outbox.is_untried(conn, account, digest.dedupe):
            return None
    outbox.withhold_held(conn, message, QUIET, now)
    return QUIET


def _of_digest(message: Message) -> str:
    """Which digest tells of what was withheld for one."""
    if message.error == QUIET:
        return _of_quiet(message.due_at)
    return f"{message.created_at - message.created_at % MINUTE}"


def _span_of(message: Message) -> dict[str, Micros]:
    """What that digest is about."""
    if message.error == QUIET:
        return {"held": message.due_at}
    minute = message.created_at - message.created_at % MINUTE
    return {"from": minute, "until": minute + MINUTE}


def _of_quiet(end: Micros) -> str:
    return f"quiet:{end}"


def _name(account: str, of: str) -> str:
    return f"digest-{account}-{of.replace(':', '-')}"
