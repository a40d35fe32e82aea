"""Bringing a database's tables up to date when the server starts."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from doorwatch.store.engine.errors import StoreError

# Any number will do, as long as nothing else in the same PostgreSQL database uses it.
_MIGRATION_LOCK = 4_711_001


def configuration() -> Config:
    """Alembic's configuration; the migrations are part of the package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def known() -> tuple[str, ...]:
    """The revisions that this version of the product knows, the newest first."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    revisions = tuple(script.revision for script in scripts)
    if not revisions:
        raise StoreError("this installation lacks its database migrations: install the package again")
    return revisions


def upgrade(engine: Engine) -> None:
    """Bring the tables up to date, in one transaction, while other replicas that start wait.

    Raises StoreError when a newer version of the product has written the database.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        current = revision(connection)
        if current is not None and current not in known():
            raise StoreError(
                f"a newer Doorwatch has written this database (revision {current}): install that version, or restore a backup"
            )
        if current != known()[0]:
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def revision(connection: Connection) -> str | None:
    """The revision that the database's tables have; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()
