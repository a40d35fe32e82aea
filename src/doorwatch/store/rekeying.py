"""A new key for the secrets of a database whose former key is known: all of them are sealed anew, or none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, and_, select, update

from doorwatch.store.engine import sealing
from doorwatch.store.engine.sealing import Seal
from doorwatch.store.schema.alerting import alert_rules
from doorwatch.store.schema.notifying import subscriptions
from doorwatch.store.schema.people import secrets as installation
from doorwatch.store.schema.people import sessions
from doorwatch.store.schema.places import cameras
from doorwatch.store.schema.signing_in import totp


@dataclass(frozen=True, slots=True)
class _Texts:
    """A column of sealed texts: what its rows are known by, and the place that a row's text is sealed to."""

    column: Column[Any]
    keys: tuple[Column[Any], ...]
    place: Callable[..., str]


_CAMERA = (cameras.c.account_id, cameras.c.camera_id)
_SUBSCRIPTION = (subscriptions.c.account_id, subscriptions.c.subscription_id)
_SEALED = (
    _Texts(cameras.c.url, _CAMERA, sealing.camera_place),
    _Texts(cameras.c.main_url, _CAMERA, sealing.main_place),
    _Texts(totp.c.secret, (totp.c.user_id,), sealing.factor_place),
    _Texts(
        sessions.c.id_token,
        (sessions.c.session_hash, sessions.c.user_id),
        lambda _, user_id: sealing.id_token_place(user_id),
    ),
    _Texts(subscriptions.c.secrets, _SUBSCRIPTION, sealing.subscription_place),
    _Texts(installation.c.value, (installation.c.name,), sealing.secret_place),
)


def reseal(conn: Connection, new: Seal) -> int:
    """Seal everything with a new key that the connection's own key opens; how many texts that were.

    Raises StoreError when one of them can't be opened; then nothing may be committed.
    """
    if conn.dialect.name == "sqlite":
        # The old texts are overwritten and not only let go of.
        conn.exec_driver_sql("PRAGMA secure_delete=ON")
    return sum(_reseal_texts(conn, new, texts) for texts in _SEALED) + _reseal_rules(conn, new)


def _reseal_texts(conn: Connection, new: Seal, texts: _Texts) -> int:
    done = 0
    for *keys, text in conn.execute(select(*texts.keys, texts.column)).all():
        if not text:
            continue
        place = texts.place(*keys)
        row = and_(*(column == key for column, key in zip(texts.keys, keys, strict=True)))
        sealed = new.seal(sealing.opened(conn, text, place), place)
        done += conn.execute(update(texts.column.table).where(row).values({texts.column.name: sealed})).rowcount
    return done


def _reseal_rules(conn: Connection, new: Seal) -> int:
    done = 0
    table = alert_rules.c
    for account, rule_id, values in conn.execute(select(table.account_id, table.rule_id, table.settings)).all():
        place = sealing.rule_place(account, rule_id)
        plain = sealing.opened_settings(conn, values, place)
        sealed = {
            name: new.seal(value, f"{place}/{name}") if sealing.is_secret(name, value) else value
            for name, value in plain.items()
        }
        if sealed != values:
            mine = (table.account_id == account, table.rule_id == rule_id)
            done += conn.execute(update(alert_rules).where(*mine).values(settings=sealed)).rowcount
    return done
