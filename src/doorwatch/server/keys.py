"""The key that seals the secrets in the database: from the environment, from a file, or made beside the data."""

import base64
import binascii
import os
import secrets
from pathlib import Path

from doorwatch.blobs.disk import sync_folder
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.server.secrets import write_secret
from doorwatch.server.settings import PREFIX, Settings
from doorwatch.store.engine.database import Database, Key
from doorwatch.store.engine.sealing import KEY_BYTES, Seal

KEY_FILE = "secrets.key"
"""In the data folder, readable by its owner alone; backups take it along."""

_HOW = "it must be 32 bytes in base64, such as `openssl rand -base64 32` gives"


class SecretKeyError(DoorwatchError):
    """A key that can't be used; the text is one sentence with the cure."""


def open_database(settings: Settings, now: Micros) -> Database:
    """The installation's database with its secrets opened. Raises DoorwatchError."""
    return Database.open(settings.database, key=installation_key(settings, now))


def installation_key(settings: Settings, now: Micros) -> Key:
    """The key of this installation; one is made where none was ever named or made. Raises DoorwatchError."""
    if settings.secret_key is not None:
        return _key(settings.secret_key.get_secret_value(), f"in {PREFIX}SECRET_KEY", now)
    if settings.secret_key_file is not None:
        return key_in(settings.secret_key_file, now)
    file = settings.data_dir / KEY_FILE
    return key_in(file, now) if file.exists() else make_key(file, now)


def key_in(file: Path, now: Micros) -> Key:
    """The key that a file holds. Raises SecretKeyError."""
    return _key(_read(file), f"in {file}", now)


def make_key(file: Path, now: Micros) -> Key:
    """A new key in a file, or the one that somebody else just put there. Raises SecretKeyError."""
    return _key(_made(file), f"in {file}", now)


def _key(text: str, origin: str, now: Micros) -> Key:
    try:
        raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise SecretKeyError(f"the key of the secrets {origin} can't be used: {_HOW}")
    return Key(Seal(raw), origin, now)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretKeyError(f"the key of the secrets can't be read from {file} ({error}); {_HOW}") from error


def _made(file: Path) -> str:
    """A new key; of several that start at once, all take the one that was there first. Raises SecretKeyError."""
    draft = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        write_secret(draft, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        sync_folder(file.parent)  # what is sealed with it soon survives a power cut, and so must the key
    except OSError as error:
        raise SecretKeyError(
            f"the key of the secrets {file} can't be made ({error.strerror}): make its folder writable"
        ) from error
    return _read(file)
