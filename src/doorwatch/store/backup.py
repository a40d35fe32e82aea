"""A copy of the database as it is at one moment, made while others go on writing."""

import contextlib
import os
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite

from doorwatch.store import engines
from doorwatch.store.errors import StoreError


def copy_database(address: str, to: Path) -> int:
    """Write a whole, compact copy of a SQLite database to `to`; how many bytes it has. An existing file is replaced.

    Raises StoreError when it can't be read or written, and for PostgreSQL, which has tools of its own.
    """
    url = engines.parse_address(address)
    if url.get_backend_name() != "sqlite":
        raise StoreError("a PostgreSQL database is backed up with pg_dump: that copy and the folder blobs are a backup")
    path = Path(str(url.database))
    if not path.is_file():
        raise StoreError(f"there is no database {path}: name the data folder of the server with --data-dir")
    part = to.with_name(f".{to.name}.part")
    try:
        part.unlink(missing_ok=True)
        with contextlib.closing(sqlite.connect(path, timeout=engines.WAIT_FOR_LOCK_MS / 1000)) as connection:
            _refuse_others(connection, path)
            connection.execute("VACUUM INTO ?", (str(part),))
        part.chmod(0o600)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(to)
    except sqlite.Error as error:
        raise StoreError(
            f"the database {path} can't be copied to {to} ({error}): see whether it is sound and whether there is room"
        ) from error
    except OSError as error:
        raise StoreError(f"the backup {to} can't be written ({error.strerror}): choose another folder") from error
    finally:
        part.unlink(missing_ok=True)
    return to.stat().st_size


def _refuse_others(connection: sqlite.Connection, path: Path) -> None:
    """Raise StoreError for a database that is none of Doorwatch's."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        raise StoreError(f"{path} is no database of Doorwatch: name another --data-dir")
