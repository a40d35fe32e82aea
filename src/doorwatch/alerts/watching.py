"""Alerts of saved searches: what each watches, and what it wants of a moment before it tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection

from doorwatch.alerts import hooks
from doorwatch.alerts.hooks import Hook
from doorwatch.alerts.settings import owners
from doorwatch.alerts.times import Hours
from doorwatch.domain.incident import IncidentKind, IncidentState
from doorwatch.domain.time import Micros
from doorwatch.store import settings as stored
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.moments import Moment, MomentKind

CHANNEL = "search"
Per = Literal["door", "camera"]


@dataclass(frozen=True, slots=True)
class SearchRule:
    """One alert of a saved search.

    It tells at every match, or when `at_least` of them came `within` a time at one door or camera. `kinds` narrows it to
    incidents of these kinds; what was seen with less than `confidence` (0 to 1) does not count. Incidents are told when
    they are final, or `at_once`. It watches in `active` hours alone; in `quiet` ones it waits with telling.
    """

    rule_id: str
    name: str
    saved_search_id: str
    enabled: bool = True
    at_least: int = 1
    within: Micros = 0
    per: Per = "door"
    kinds: tuple[IncidentKind, ...] = ()
    confidence: float = 0.0
    at_once: bool = False
    active: Hours | None = None
    quiet: Hours | None = None
    recipients: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()

    def asks_of(self, moment: Moment) -> bool:
        """Whether a moment that its search finds is one to tell of; hours and confidence aside."""
        if self.kinds and not (moment.incident_id and set(moment.labels) & {_label(kind) for kind in self.kinds}):
            return False
        if moment.kind is not MomentKind.INCIDENT:
            return True
        states = {IncidentState.FINAL.value} | ({IncidentState.PROVISIONAL.value} if self.at_once else set())
        return moment.state in states

    def places_of(self, moment: Moment) -> tuple[str, ...]:
        """By what its matches are counted."""
        return moment.camera_ids if self.per == "camera" else (moment.door_id or "",)


def list_rules(conn: Connection, account: str) -> list[SearchRule]:
    """The account's alerts of searches by name."""
    rules = stored.list_alert_rules(conn, account)
    return [_rule(rule) for rule in rules if rule.settings.get("channel") == CHANNEL]


def get_rule(conn: Connection, account: str, rule_id: str) -> SearchRule:
    """One of them; raises UnknownError."""
    for rule in list_rules(conn, account):
        if rule.rule_id == rule_id:
            return rule
    raise UnknownError("there is no such alert")


def save_rule(conn: Connection, account: str, rule: SearchRule, now: Micros) -> SearchRule:
    """Keep one; without an id it is new and gets one."""
    values = {
        "channel": CHANNEL,
        "saved_search_id": rule.saved_search_id,
        "at_least": rule.at_least,
        "within": rule.within,
        "per": rule.per,
        "kinds": [kind.value for kind in rule.kinds],
        "confidence": rule.confidence,
        "at_once": rule.at_once,
        "active": _kept(rule.active),
        "quiet": _kept(rule.quiet),
        "recipients": list(rule.recipients),
        "hooks": list(rule.hooks),
    }
    kept = stored.save_alert_rule(
        conn, account, name=rule.name, enabled=rule.enabled, values=values, now=now, rule_id=rule.rule_id or None
    )
    return replace(rule, rule_id=kept.rule_id)


def recipients_of(conn: Connection, account: str, rule: SearchRule) -> Sequence[str]:
    """The addresses that one tells: those that it names; the owners when it names nobody, no chat and no webhook."""
    return rule.recipients or (() if listening(conn, account, rule) else owners(conn, account))


def listening(conn: Connection, account: str, rule: SearchRule) -> list[Hook]:
    """The chats and webhooks that one tells."""
    return [hook for hook in hooks.list_hooks(conn, account) if hook.hook_id in rule.hooks and hook.enabled]


def _label(kind: IncidentKind) -> str:
    return kind.value.replace("_", " ")


def _kept(hours: Hours | None) -> dict[str, Any] | None:
    return None if hours is None else {"start": hours.start, "end": hours.end, "days": list(hours.days)}


def _hours(kept: Mapping[str, Any] | None) -> Hours | None:
    return None if kept is None else Hours(kept["start"], kept["end"], tuple(kept["days"]))


def _rule(rule: stored.AlertRule) -> SearchRule:
    kept = rule.settings
    return SearchRule(
        rule.rule_id,
        rule.name,
        kept["saved_search_id"],
        enabled=rule.enabled,
        at_least=kept["at_least"],
        within=kept["within"],
        per=kept["per"],
        kinds=tuple(IncidentKind(kind) for kind in kept["kinds"]),
        confidence=kept["confidence"],
        at_once=kept["at_once"],
        active=_hours(kept["active"]),
        quiet=_hours(kept["quiet"]),
        recipients=tuple(kept["recipients"]),
        hooks=tuple(kept["hooks"]),
    )
