"""`/api/alert-rules`: saved searches that alert."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from sqlalchemy import Connection

from doorwatch.alerts import hooks, watching
from doorwatch.alerts.settings import AddressError, check_addresses
from doorwatch.alerts.times import Hours
from doorwatch.alerts.watching import SearchRule
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.search import Vocabulary, parse
from doorwatch.server.api import rule_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store import saved_searches
from doorwatch.store import settings as stored
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.errors import UnknownError

router = APIRouter(tags=["alerts"], responses=ERRORS)


@router.get("/api/alert-rules")
async def list_alert_rules(caller: Manager, parts: Parts) -> list[rule_shapes.RuleShape]:
    """The account's alerts of searches by name."""

    def read(conn: Connection) -> list[rule_shapes.RuleShape]:
        return [_shape(conn, caller.account, rule) for rule in watching.list_rules(conn, caller.account)]

    return await parts.db.read(read)


@router.post("/api/alert-rules", status_code=201)
async def add_alert_rule(body: rule_shapes.RuleInput, caller: Manager, parts: Parts) -> rule_shapes.RuleShape:
    """Have a saved search alert from now on."""
    now = parts.clock.now()

    def keep(conn: Connection) -> rule_shapes.RuleShape:
        rule = watching.save_rule(conn, caller.account, _wanted(conn, caller.account, body), now)
        note(conn, caller, now, Act.RULE_ADD, rule.rule_id, {"name": rule.name})
        return _shape(conn, caller.account, rule)

    return await parts.db.write(keep)


@router.put("/api/alert-rules/{rule_id}")
async def set_alert_rule(
    rule_id: shapes.PathId, body: rule_shapes.RuleInput, caller: Manager, parts: Parts
) -> rule_shapes.RuleShape:
    """Change an alert of a search."""
    now = parts.clock.now()

    def keep(conn: Connection) -> rule_shapes.RuleShape:
        watching.get_rule(conn, caller.account, rule_id)
        rule = watching.save_rule(conn, caller.account, _wanted(conn, caller.account, body, rule_id), now)
        note(conn, caller, now, Act.RULE_CHANGE, rule_id, {"name": rule.name, "enabled": rule.enabled})
        return _shape(conn, caller.account, rule)

    return await parts.db.write(keep)


@router.delete("/api/alert-rules/{rule_id}", status_code=204)
async def remove_alert_rule(rule_id: shapes.PathId, caller: Manager, parts: Parts) -> None:
    """Have a search alert no more; the search itself stays."""
    now = parts.clock.now()

    def remove(conn: Connection) -> None:
        rule = watching.get_rule(conn, caller.account, rule_id)
        stored.remove_alert_rule(conn, caller.account, rule_id)
        note(conn, caller, now, Act.RULE_REMOVE, rule_id, {"name": rule.name})

    await parts.db.write(remove)


def _wanted(conn: Connection, account: str, body: rule_shapes.RuleInput, rule_id: str = "") -> SearchRule:
    """The rule that is asked for. Raises UnknownError for a search or webhook that is not there, and ApiError."""
    recipients = tuple(dict.fromkeys(one.strip() for one in body.recipients if one.strip()))
    try:
        check_addresses(recipients)
    except AddressError as error:
        raise ApiError(422, str(error), field=f"recipients.{error.index}") from None
    text = saved_searches.get(conn, account, body.saved_search_id).text
    if parse(text, Vocabulary(), 0, ZoneInfo("UTC")).like is not None:
        raise ApiError(
            422,
            "a search by looks ranks what is found and can't alert: no score says from when on something is alike; save one without like:",
            field="saved_search_id",
        )
    for hook in body.hook_ids:
        hooks.get_hook(conn, account, hook)
    return SearchRule(
        rule_id,
        body.name,
        body.saved_search_id,
        enabled=body.enabled,
        at_least=body.at_least,
        within=Micros(body.within_minutes * MINUTE),
        per=body.per,
        kinds=tuple(body.kinds),
        confidence=body.confidence,
        at_once=body.at_once,
        active=_hours(body.active),
        quiet=_hours(body.quiet),
        recipients=recipients,
        hooks=tuple(body.hook_ids),
    )


def _hours(body: rule_shapes.HoursShape | None) -> Hours | None:
    return None if body is None else Hours(body.start, body.end, tuple(body.days))


def _shape(conn: Connection, account: str, rule: SearchRule) -> rule_shapes.RuleShape:
    try:
        text = saved_searches.get(conn, account, rule.saved_search_id).text
    except UnknownError:
        text = None
    return rule_shapes.RuleShape(
        rule_id=rule.rule_id,
        name=rule.name,
        saved_search_id=rule.saved_search_id,
        text=text,
        enabled=rule.enabled,
        at_least=rule.at_least,
        within_minutes=rule.within / MINUTE,
        per=rule.per,
        kinds=list(rule.kinds),
        confidence=rule.confidence,
        at_once=rule.at_once,
        active=_told(rule.active),
        quiet=_told(rule.quiet),
        recipients=list(rule.recipients),
        hook_ids=list(rule.hooks),
    )


def _told(hours: Hours | None) -> rule_shapes.HoursShape | None:
    return None if hours is None else rule_shapes.HoursShape(start=hours.start, end=hours.end, days=list(hours.days))
