"""Secrets that must be read back are kept sealed: AES-256-GCM under a key that is not in the database.

A sealed text says with which key it was sealed, and is bound to its place: one that is copied to another row, account
or column opens no more. A database that was opened without a key keeps and reads plain texts only.
"""

import base64
import contextlib
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import StoreError
from doorwatch.store.engine.sql import insert
from doorwatch.store.schema.alerting import alert_rules
from doorwatch.store.schema.notifying import subscriptions
from doorwatch.store.schema.people import secrets as installation
from doorwatch.store.schema.people import sessions
from doorwatch.store.schema.places import cameras
from doorwatch.store.schema.signing_in import totp

KEY_BYTES = 32
SECRET_SETTINGS = frozenset({"secret", "secret_before", "url", "password", "headers"})
"""Of an alert rule: what signs its posts, what opens a broker or a receiver, and an address that lets whoever knows it post."""

_MARK = "sealed1."
_OPTION = "doorwatch_seal"
_PROOF = "seal-proof"
_NONCE_BYTES = 12


class Seal:
    """Seals and opens texts with one key of 32 bytes; `key_name` tells keys apart and says nothing about them."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)
        self.key_name = hashlib.sha256(b"doorwatch key name" + key).hexdigest()[:8]

    def seal(self, text: str, place: str) -> str:
        """The text, readable with this key at this place only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        inside = nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())
        return f"{_MARK}{self.key_name}.{base64.urlsafe_b64encode(inside).decode()}"

    def open(self, text: str, place: str) -> str:
        """The text that was sealed; one that never was comes back as it is. Raises StoreError."""
        if not is_sealed(text):
            return text
        _, _, rest = text.partition(_MARK)
        _, _, inside = rest.partition(".")
        try:
            raw = base64.b64decode(inside, altchars=b"-_", validate=True)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                f"a secret ({place.partition('/')[0]}) in the database can't be opened: it was sealed with another key or was "
                "changed; put the right key back, or enter the secret anew"
            ) from error


def is_sealed(text: str) -> bool:
    """Whether a stored text is sealed."""
    return text.startswith(_MARK)


def use(engine: Engine, seal: Seal | None) -> None:
    """Let all connections of an engine seal with this."""
    engine.update_execution_options(**{_OPTION: seal})


def sealed(conn: Connection, text: str, place: str) -> str:
    """A text as it is stored."""
    seal = _seal_of(conn)
    return text if seal is None else seal.seal(text, place)


def opened(conn: Connection, text: str, place: str) -> str:
    """What was stored. Raises StoreError when it is sealed with another key, or no key was given."""
    seal = _seal_of(conn)
    if seal is not None:
        return seal.open(text, place)
    if is_sealed(text):
        raise StoreError("the secrets of this database are sealed: open it with the server's key")
    return text


def sealed_settings(conn: Connection, values: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Settings of an alert rule as they are stored: those that are secret are sealed."""
    return {
        name: sealed(conn, value, f"{place}/{name}") if is_secret(name, value) else value
        for name, value in values.items()
    }


def opened_settings(conn: Connection, values: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The way back. Raises StoreError."""
    return {
        name: opened(conn, value, f"{place}/{name}") if is_secret(name, value) else value
        for name, value in values.items()
    }


def camera_place(account: str, camera_id: str) -> str:
    """Where a camera's address is sealed to."""
    return f"camera/{account}/{camera_id}"


def main_place(account: str, camera_id: str) -> str:
    """Where the address of a camera's main stream is sealed to."""
    return f"camera/{account}/{camera_id}/main"


def rule_place(account: str, rule_id: str) -> str:
    """Where an alert rule's secrets are sealed to."""
    return f"alert rule/{account}/{rule_id}"


def factor_place(user_id: str) -> str:
    """Where the secret of a person's authenticator app is sealed to."""
    return f"authenticator/{user_id}"


def id_token_place(user_id: str) -> str:
    """Where the ID token of a person's session is sealed to."""
    return f"id token/{user_id}"


def subscription_place(account: str, subscription_id: str) -> str:
    """Where the address of a person's browser is sealed to."""
    return f"browser/{account}/{subscription_id}"


def secret_place(name: str) -> str:
    """Where a secret of the installation is sealed to."""
    return f"installation/{name}"


def prepare(engine: Engine, seal: Seal, key_is: str, now: Micros) -> int:
    """Prove that this is the key of the database, and seal what older versions kept plain: how many texts.

    `key_is` says where the key comes from. Raises StoreError when the database was sealed with another one.
    """
    with engine.begin() as connection:
        _prove(connection, seal, key_is, now)
        if not (plain := _seal_plain(connection)):
            return 0
    if engine.dialect.name == "sqlite":
        # What was plain is not to lie on in the log of changes.
        with contextlib.closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return plain


def forget(conn: Connection) -> int:
    """Give up what is sealed, because its key is lost: how many cameras must be told their address anew.

    Cameras stay with their mapping and scenes, switched off; links and webhooks get new secrets; people add their
    authenticator apps anew, and ask anew to be notified in their browsers.
    """
    conn.execute(totp.delete().where(totp.c.secret.startswith(_MARK)))
    conn.execute(update(sessions).where(sessions.c.id_token.startswith(_MARK)).values(id_token=None))
    lost = conn.execute(
        update(cameras)
        .where(cameras.c.url.startswith(_MARK), cameras.c.deleted_at.is_(None))
        .values(url="", enabled=False, status_message="its address was lost with the key: enter it anew")
    ).rowcount
    conn.execute(update(cameras).where(cameras.c.url.startswith(_MARK)).values(url=""))
    conn.execute(update(cameras).where(cameras.c.main_url.startswith(_MARK)).values(main_url=None))
    conn.execute(subscriptions.delete())
    conn.execute(installation.delete().where(installation.c.value.startswith(_MARK)))
    for row in conn.execute(select(alert_rules)).all():
        if any(is_secret(name, value) and is_sealed(value) for name, value in row.settings.items()):
            conn.execute(alert_rules.delete().where(alert_rules.c.rule_id == row.rule_id))
    return lost


def _seal_of(conn: Connection) -> Seal | None:
    found: Seal | None = conn.get_execution_options().get(_OPTION)
    return found


def is_secret(name: str, value: object) -> bool:
    """Whether a setting of an alert rule is one that is sealed."""
    return name in SECRET_SETTINGS and isinstance(value, str)


def _prove(conn: Connection, seal: Seal, key_is: str, now: Micros) -> None:
    row = {"name": _PROOF, "value": seal.seal(_PROOF, secret_place(_PROOF)), "created_at": now}
    conn.execute(insert(conn, installation).on_conflict_do_nothing(), row)
    kept: str = conn.execute(select(installation.c.value).where(installation.c.name == _PROOF)).scalar_one()
    try:
        seal.open(kept, secret_place(_PROOF))
    except StoreError as error:
        raise StoreError(
            f"the key {key_is} is not the one with which this database was sealed ({kept.split('.')[1]}, not "
            f"{seal.key_name}): put the right key back, from a backup or another replica; if it is lost, "
            "`doorwatch rekey --lost` gives up the passwords of cameras"
        ) from error


def _seal_plain(conn: Connection) -> int:
    if conn.dialect.name == "sqlite":
        # The old texts are overwritten and not only let go of.
        conn.exec_driver_sql("PRAGMA secure_delete=ON")
    return _seal_cameras(conn) + _seal_installation(conn) + _seal_rules(conn)


def _seal_cameras(conn: Connection) -> int:
    plain = 0
    table = cameras.c
    for column, place_of in ((table.url, camera_place), (table.main_url, main_place)):
        for account, camera_id, url in conn.execute(select(table.account_id, table.camera_id, column)).all():
            if url and not is_sealed(url):
                mine = (table.account_id == account, table.camera_id == camera_id)
                text = sealed(conn, url, place_of(account, camera_id))
                plain += conn.execute(update(cameras).where(*mine).values({column.name: text})).rowcount
    return plain


def _seal_installation(conn: Connection) -> int:
    plain = 0
    for name, value in conn.execute(select(installation.c.name, installation.c.value)).all():
        if not is_sealed(value):
            text = sealed(conn, value, secret_place(name))
            plain += conn.execute(update(installation).where(installation.c.name == name).values(value=text)).rowcount
    return plain


def _seal_rules(conn: Connection) -> int:
    plain = 0
    table = alert_rules.c
    for account, rule_id, values in conn.execute(select(table.account_id, table.rule_id, table.settings)).all():
        if any(is_secret(name, value) and not is_sealed(value) for name, value in values.items()):
            place = rule_place(account, rule_id)
            kept = sealed_settings(conn, opened_settings(conn, values, place), place)
            mine = (table.account_id == account, table.rule_id == rule_id)
            plain += conn.execute(update(alert_rules).where(*mine).values(settings=kept)).rowcount
    return plain
