"""A copy of the database as it is at one moment, made while others go on writing; and the way back.

The copy is a SQLite file, whichever kind the database is: it can be looked into, and fills a database of either kind.
"""

import contextlib
import os
import shutil
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy.exc import DBAPIError

from doorwatch.store.engine import engines, migrate, transfer
from doorwatch.store.engine.errors import StoreError


def copy_database(address: str, to: Path) -> int:
    """Write a whole, compact copy of a database to the file `to`; how many bytes it has. An existing file is replaced.

    Raises StoreError when it can't be read or written.
    """
    url = engines.parse_address(address)
    part, rows = to.with_name(f".{to.name}.part"), to.with_name(f".{to.name}.rows")
    sqlite_file = url.get_backend_name() == "sqlite"
    path = Path(str(url.database)) if sqlite_file else rows
    if sqlite_file and not path.is_file():
        raise StoreError(f"there is no database {path}: name the data folder of the server with --data-dir")
    try:
        _remove(part, rows)
        if not sqlite_file:
            transfer.copy_into_file(url, rows)
        with contextlib.closing(sqlite.connect(path, timeout=engines.WAIT_FOR_LOCK_MS / 1000)) as connection:
            _refuse_others(connection, path)
            connection.execute("VACUUM INTO ?", (str(part),))
        part.chmod(0o600)
        _sync(part)
        part.replace(to)
    except sqlite.Error as error:
        raise StoreError(
            f"the database {path} can't be copied to {to} ({error}): see whether it is sound and whether there is room"
        ) from error
    except OSError as error:
        raise StoreError(f"the backup {to} can't be written ({error.strerror}): choose another folder") from error
    finally:
        _remove(part, rows)
    return to.stat().st_size


def revision_of(copy: Path) -> str:
    """The version of the tables in a copy. Raises StoreError for a file that is none."""
    try:
        with contextlib.closing(sqlite.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as connection:
            _refuse_others(connection, copy)
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite.Error as error:
        raise StoreError(f"{copy} is not a sound database ({error}): use another backup") from error
    return str(found[0]) if found else ""


def refuse_newer(revision: str, made_by: str) -> None:
    """Raise StoreError for tables that this version of the product does not know."""
    if revision not in migrate.known():
        raise StoreError(
            f"the backup was made by a newer Doorwatch ({made_by}, tables {revision}): install that version or a later one, "
            "then restore"
        )


def refuse_used(address: str) -> None:
    """Raise StoreError when the database at an address can't be reached or holds something."""
    url = engines.parse_address(address)
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        if path.exists():
            raise StoreError(
                f"there is a database {path} already and nothing is overwritten: name an empty data folder"
            )
        return
    engine = engines.writing_engine(url)
    try:
        with engine.connect() as connection:
            transfer.refuse_full(connection, url)
    except DBAPIError as error:
        raise engines.explain(error, url) from error
    finally:
        engine.dispose()


def restore_database(copy: Path, address: str, folder: Path) -> None:
    """Make the database at an address, which holds nothing yet, from a copy; all or nothing.

    Work on the way is done in `folder`. Raises StoreError, OSError.
    """
    url = engines.parse_address(address)
    sqlite_file = url.get_backend_name() == "sqlite"
    to = Path(str(url.database)) if sqlite_file else folder / "restored.db"
    part = to.with_name(f".{to.name}.part")
    try:
        _remove(part)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, part)
        part.chmod(0o600)
        _sync(part)
        if sqlite_file:
            part.replace(to)
        else:
            transfer.copy_from_file(part, url)
    finally:
        _remove(part)


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _remove(*files: Path) -> None:
    for file in files:
        for end in ("", "-wal", "-shm", "-journal"):
            file.with_name(file.name + end).unlink(missing_ok=True)


def _refuse_others(connection: sqlite.Connection, path: Path) -> None:
    """Raise StoreError for a database that is none of Doorwatch's."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        raise StoreError(f"{path} is no database of Doorwatch: name another --data-dir")
