"""Opening databases: which driver reads which address, and how each of them is told to be safe."""

import os
import re
import sqlite3 as standard_sqlite
from pathlib import Path
from typing import Any

import msgspec
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from doorwatch.store.engine.errors import StoreError

LEAST_SQLITE = (3, 51, 3)
"""Older SQLite can corrupt a write-ahead log that two connections reset at once."""

WAIT_FOR_LOCK_MS = 10_000
CONNECT_SECONDS = 10
MEMORY_KIB = 64_000

# The driver asks every value that is no number and no text how it wants to be stored, which for one that is null takes
# longer than to store it: it raises and drops two errors. Told that null stays null, it does not ask.
sqlite.register_adapter(type(None), {}.get)

_encode = msgspec.json.Encoder().encode


def parse_address(address: str) -> URL:
    """A database address: sqlite:///file, a plain path, or postgresql://user@host/name.

    Raises StoreError with what is wrong with it; a password in it is not repeated.
    """
    if "://" not in address:
        return URL.create("sqlite", database=str(Path(address).expanduser()))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the database address cannot be read; write sqlite:///path/to/doorwatch.db or postgresql://user:password@host/name"
        ) from None
    name = url.drivername.partition("+")[0]
    if name in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if name == "sqlite":
        if not url.database or url.database == ":memory:":
            raise StoreError("the database address names no file; write sqlite:///path/to/doorwatch.db")
        return URL.create("sqlite", database=url.database)
    raise StoreError(f"the database address begins with {name}://, which is not known; use sqlite:/// or postgresql://")


def writing_engine(url: URL) -> Engine:
    """An engine of one connection for the writer."""
    if url.get_backend_name() == "sqlite":
        _prepare_file(url)
        return _sqlite(url, size=1, begin="BEGIN IMMEDIATE", read_only=False)
    return _postgres(url, size=1)


def reading_engine(url: URL, size: int, *, memory_kib: int = MEMORY_KIB) -> Engine:
    """An engine of `size` connections that cannot write, each transaction one snapshot.

    `memory_kib` is the most that each keeps of a SQLite file in memory.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, size=size, begin="BEGIN", read_only=True, memory_kib=memory_kib)
    return _postgres(url, size=size).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def explain(error: DBAPIError | OSError, url: URL) -> StoreError:
    """A driver's error as a sentence for the person who must mend it."""
    said = " ".join(str(getattr(error, "orig", error)).split())
    where = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    for pattern, sentence in _SENTENCES:
        if re.search(pattern, said, re.IGNORECASE):
            return StoreError(sentence.format(where=where, said=said))
    return StoreError(f"the database {where} does not work: {said}; mend that and start again")


_SENTENCES = (
    ("disk is full|no space left|disk full", "the disk of the database {where} is full: free some space"),
    (
        "readonly|read-only",
        "the database {where} cannot be written: give this user the right to write it and its folder",
    ),
    (
        "unable to open",
        "the database {where} cannot be opened: see whether its folder exists and this user may write there",
    ),
    ("not a database|malformed|file is encrypted", "{where} is not a sound database: restore it from a backup"),
    ("database is locked", "another process keeps the database {where} locked: stop it, or wait until it is done"),
    (
        "password authentication failed|no password supplied",
        "the database {where} refuses this user or password: correct the address",
    ),
    ('database "[^"]*" does not exist', "the database {where} does not exist: create it, then start again"),
    ('role "[^"]*" does not exist', "the database {where} does not know this user: create it, or correct the address"),
    (
        "permission denied",
        "the database {where} does not let this user do that: {said}; the user must own the database",
    ),
    (
        "connection refused|could not connect|connection failed|timeout expired|could not translate|failed to resolve|no such file",
        "the database {where} cannot be reached ({said}): see whether it runs and whether the address is right",
    ),
)


def _prepare_file(url: URL) -> None:
    if sqlite.sqlite_version_info < LEAST_SQLITE:
        wanted = ".".join(str(part) for part in LEAST_SQLITE)
        raise StoreError(
            f"this SQLite is {sqlite.sqlite_version}, which can lose data; install pysqlite3 with SQLite {wanted} or newer"
        )
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # People's names and cameras' passwords are inside: nobody else on this machine is to read it.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"the database {path} cannot be opened ({error.strerror}): see whether its folder exists and this user may write there"
        ) from None


def _sqlite(url: URL, *, size: int, begin: str, read_only: bool, memory_kib: int = MEMORY_KIB) -> Engine:
    engine = create_engine(
        url,
        module=sqlite,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": WAIT_FOR_LOCK_MS / 1000, "cached_statements": 512},
        json_serializer=_to_json,
        json_deserializer=msgspec.json.decode,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: standard_sqlite.Connection, _record: object) -> None:
        # Transactions begin where SQLAlchemy says so; the driver's own idea of them breaks savepoints.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={WAIT_FOR_LOCK_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            f"cache_size=-{memory_kib}",
            # Events touch the same pages of the indexes again and again: copied home every 32 MB, not with every batch.
            "wal_autocheckpoint=8000",
            # Readers read page by page: where a mapped page is missing the system reads megabytes around it, for nothing.
            f"mmap_size={0 if read_only else 268_435_456}",
            *(["query_only=ON"] if read_only else []),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres(url: URL, *, size: int) -> Engine:
    return create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "doorwatch"},
        json_serializer=_to_json,
        json_deserializer=msgspec.json.decode,
    )


def _to_json(value: Any) -> str:
    return _encode(value).decode()
