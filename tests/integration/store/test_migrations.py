"""Migrations make exactly the tables that the code describes, and every column says what it is for."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from doorwatch.store import Database
from doorwatch.store.engine import engines, migrate
from doorwatch.store.people import users
from doorwatch.store.schema import metadata


def test_migrations_make_the_tables_that_the_code_describes(database):
    def differences(conn):
        return compare_metadata(MigrationContext.configure(conn), metadata)

    assert database.write_sync(differences) == []


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_column_of_a_table_says_what_it_is_for(table):
    assert metadata.tables[table].comment
    for column in metadata.tables[table].columns:
        assert column.comment, f"{table}.{column.name}"


# Who has no account yet cannot be told apart by it; a person may belong to several. The number of a moment has that of its
# account in its upper bits.
@pytest.mark.parametrize(
    "table",
    sorted(
        set(metadata.tables)
        - {
            "sign_in_failures",
            "secrets",
            "totp",
            "recovery_codes",
            "identities",
            "passkeys",
            "users",
            "moments",
            "likenesses",
        }
    ),
)
def test_every_key_of_a_table_begins_with_the_account(table):
    assert next(iter(metadata.tables[table].primary_key.columns)).name in {"account_id", "account"}


def test_comments_reach_postgresql(postgres_server):
    engine = create_engine(engines.parse_address(postgres_server.address("pattern")))
    columns = inspect(engine).get_columns("moments")
    engine.dispose()
    assert all(column["comment"] for column in columns)


def test_opening_twice_migrates_once(database, database_address):
    with Database.open(database_address) as again:
        assert again.read_sync(migrate.revision) == migrate.known()[0]


def test_an_upgrade_can_be_taken_back(tmp_path):
    with Database.open(str(tmp_path / "x.db")) as db:

        def down(conn):
            config = migrate.configuration()
            config.attributes["connection"] = conn
            command.downgrade(config, "base")

        db.write_sync(down)
        assert db.read_sync(lambda conn: inspect(conn).get_table_names()) == ["alembic_version"]


def _step(conn, revision, up):
    config = migrate.configuration()
    config.attributes["connection"] = conn
    (command.upgrade if up else command.downgrade)(config, revision)


def test_who_signed_in_before_there_were_memberships_belongs_to_the_account_and_stays_signed_in(own_address):
    user = "INSERT INTO users (account_id, user_id, email, name, role, created_at, disabled) VALUES ('a', 'u', 'x@x', 'X', 'owner', 1, false)"
    session = "INSERT INTO sessions (account_id, session_hash, user_id, created_at, expires_at, used_at) VALUES ('a', 'h', 'u', 1, 9, 1)"
    with Database.open(own_address) as db:
        db.write_sync(lambda conn: _step(conn, "0007", up=False))

        def furnish(conn):
            conn.execute(text("INSERT INTO accounts (account_id, name, created_at) VALUES ('a', 'A', 1)"))
            conn.execute(text(user))
            conn.execute(text(session))

        db.write_sync(furnish)
        db.write_sync(lambda conn: _step(conn, "head", up=True))
        assert db.read_sync(lambda conn: users.get_user(conn, "a", "u")).role == "owner"
        assert db.read_sync(lambda conn: users.find_session(conn, "h")).user_id == "u"
        db.write_sync(lambda conn: _step(conn, "0007", up=False))
        kept = db.read_sync(lambda conn: conn.execute(text("SELECT account_id, role FROM users")).all())
        assert kept == [("a", "owner")]
        assert db.read_sync(lambda conn: conn.execute(text("SELECT count(*) FROM sessions")).scalar()) == 1
