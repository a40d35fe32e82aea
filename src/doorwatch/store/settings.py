"""An account's settings, its alert rules, and the installation's own secrets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sealing import opened, opened_settings, rule_place, sealed, sealed_settings, secret_place
from doorwatch.store.engine.sql import insert, upsert
from doorwatch.store.schema.alerting import alert_rules, rule_matches
from doorwatch.store.schema.people import secrets, settings


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Who is told of what; what `settings` mean is told in `alerts`."""

    rule_id: str
    name: str
    enabled: bool
    settings: Mapping[str, Any]
    changed_at: Micros


def get_setting(conn: Connection, account: str, name: str, default: Any = None) -> Any:
    """A setting's value, or the default while it was never set."""
    row = conn.execute(
        select(settings.c.value).where(settings.c.account_id == account, settings.c.name == name)
    ).first()
    return default if row is None else row.value


def hold_setting(conn: Connection, account: str, name: str) -> Any:
    """A setting's value, None while it was never set; whoever else asks so waits until this transaction ends."""
    mine = (settings.c.account_id == account, settings.c.name == name)
    row = conn.execute(select(settings.c.value).where(*mine).with_for_update()).first()
    return None if row is None else row.value


def set_setting(conn: Connection, account: str, name: str, value: Any, now: Micros) -> None:
    """Set a setting."""
    upsert(conn, settings, [{"account_id": account, "name": name, "value": value, "changed_at": now}])


def all_settings(conn: Connection, account: str) -> dict[str, Any]:
    """All settings that were ever set."""
    query = select(settings.c.name, settings.c.value).where(settings.c.account_id == account)
    return {row.name: row.value for row in conn.execute(query)}


def save_alert_rule(
    conn: Connection,
    account: str,
    *,
    name: str,
    enabled: bool,
    values: Mapping[str, Any],
    now: Micros,
    rule_id: str | None = None,
) -> AlertRule:
    """Add a rule, or replace the one of that id."""
    rule = AlertRule(rule_id or new_id("rule"), name, enabled, dict(values), now)
    row = {name: getattr(rule, name) for name in AlertRule.__dataclass_fields__}
    kept = sealed_settings(conn, rule.settings, rule_place(account, rule.rule_id))
    upsert(conn, alert_rules, [{"account_id": account, **row, "settings": kept}])
    return rule


def list_alert_rules(conn: Connection, account: str) -> list[AlertRule]:
    """The account's rules by name."""
    query = select(alert_rules).where(alert_rules.c.account_id == account)
    rows = conn.execute(query.order_by(alert_rules.c.name, alert_rules.c.rule_id))
    return [
        AlertRule(
            row.rule_id,
            row.name,
            row.enabled,
            opened_settings(conn, row.settings, rule_place(account, row.rule_id)),
            row.changed_at,
        )
        for row in rows
    ]


def remove_alert_rule(conn: Connection, account: str, rule_id: str) -> None:
    """Take a rule away; raises UnknownError."""
    matched = delete(rule_matches).where(rule_matches.c.account_id == account, rule_matches.c.rule_id == rule_id)
    conn.execute(matched)
    mine = delete(alert_rules).where(alert_rules.c.account_id == account, alert_rules.c.rule_id == rule_id)
    if not conn.execute(mine).rowcount:
        raise UnknownError("there is no such alert rule")


def get_or_make_secret(conn: Connection, name: str, make: Callable[[], str], now: Micros) -> str:
    """A secret of the installation, made when it is first asked for; all replicas get the same one."""
    statement = insert(conn, secrets).on_conflict_do_nothing()
    place = secret_place(name)
    conn.execute(statement, {"name": name, "value": sealed(conn, make(), place), "created_at": now})
    value: str = conn.execute(select(secrets.c.value).where(secrets.c.name == name)).scalar_one()
    return opened(conn, value, place)
