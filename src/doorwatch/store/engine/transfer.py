"""All rows of one database in another of either kind: how PostgreSQL is backed up into a file and filled from one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, select
from sqlalchemy.exc import DBAPIError

from doorwatch.store.engine import engines, migrate
from doorwatch.store.engine.errors import StoreError
from doorwatch.store.schema import metadata
from doorwatch.store.schema.places import accounts

_ROWS = 2000


def copy_into_file(url: URL, file: Path) -> None:
    """Every row of the database at `url`, as it is at one moment, in a new SQLite file.

    Raises StoreError, also for a database whose tables are those of another version.
    """
    with _engine(url, reading=True) as source, source.connect() as rows:
        if migrate.revision(rows) != migrate.known()[0]:
            raise StoreError(
                "the database's tables are those of another version of Doorwatch: make the backup with the version that runs"
            )
        _fill(rows, file)


def copy_from_file(file: Path, url: URL) -> None:
    """Every row of a SQLite file in the empty database at `url`, whose tables are made. The file is brought up to date.

    All or nothing. Raises StoreError, also for a database that is not empty.
    """
    with _engine(engines.parse_address(f"sqlite:///{file}")) as source, _engine(url) as target:
        migrate.upgrade(source)
        with target.connect() as looking:
            refuse_full(looking, url)
        migrate.upgrade(target)
        with source.connect() as rows, target.begin() as into:
            _copy(rows, into)


def refuse_full(conn: Connection, url: URL) -> None:
    """Raise StoreError for a database that holds anything; tables that were made and never filled are nothing."""
    names = inspect(conn).get_table_names()
    made = accounts.name in names and migrate.revision(conn) is not None
    if names and not (made and conn.execute(select(accounts.c.account_id).limit(1)).first() is None):
        where = url.render_as_string(hide_password=True)
        raise StoreError(
            f"the database {where} holds tables already and nothing is overwritten: name an empty database"
        )


def _fill(rows: Connection, file: Path) -> None:
    with _engine(engines.parse_address(f"sqlite:///{file}")) as target:
        migrate.upgrade(target)
        with target.begin() as into:
            _copy(rows, into)


def _copy(rows: Connection, into: Connection) -> None:
    """Tables in the order in which they refer to each other; a migration's own rows make way for those copied."""
    for table in reversed(metadata.sorted_tables):
        into.execute(table.delete())
    for table in metadata.sorted_tables:
        found = rows.execution_options(stream_results=True, yield_per=_ROWS).execute(select(table))
        for part in found.mappings().partitions(_ROWS):
            into.execute(table.insert(), [dict(row) for row in part])


@contextmanager
def _engine(url: URL, *, reading: bool = False) -> Iterator[Engine]:
    try:
        engine = engines.reading_engine(url, 1) if reading else engines.writing_engine(url)
        try:
            yield engine
        finally:
            engine.dispose()
    except DBAPIError as error:
        raise engines.explain(error, url) from error
