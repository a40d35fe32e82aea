"""What the writing connection recalls of tables that hardly change is never older than what is written."""

import pytest

from doorwatch.store import Database, settings
from doorwatch.store.engine.recall import recalled
from doorwatch.store.schema.people import settings as table


class Asked:
    """Reads a setting as a recalled one, and counts how often the database was asked."""

    def __init__(self, account):
        self.account = account
        self.count = 0

    def __call__(self, conn):
        return recalled(conn, ("x", self.account), (table,), lambda: self._read(conn))

    def _read(self, conn):
        self.count += 1
        return settings.get_setting(conn, self.account, "x")


@pytest.fixture
def asked(building):
    return Asked(building.account)


def put(building, value):
    return lambda conn: settings.set_setting(conn, building.account, "x", value, 0)


def test_nothing_is_asked_twice_until_somebody_writes(building, asked):
    building.db.write_sync(put(building, 1))
    assert building.db.write_sync(lambda conn: [asked(conn), asked(conn)]) == [1, 1]
    assert asked.count == 1
    building.db.write_sync(put(building, 2))
    assert building.db.write_sync(asked) == 2


def test_a_write_counts_at_once_in_its_own_transaction_and_one_that_is_taken_back_does_not_stay(building, asked):
    building.db.write_sync(put(building, 1))

    def change_and_fail(conn):
        asked(conn)
        put(building, 2)(conn)
        assert asked(conn) == 2
        raise ValueError("taken back")

    with pytest.raises(ValueError, match="taken back"):
        building.db.write_sync(change_and_fail)
    assert building.db.write_sync(asked) == 1


def test_what_another_process_writes_is_seen(building, database_address, asked):
    building.db.write_sync(put(building, 1))
    assert building.db.write_sync(asked) == 1
    with Database.open(database_address, readers=1) as other:
        other.write_sync(put(building, 2))
    assert building.db.write_sync(asked) == 2


def test_sql_that_names_no_table_of_ours_makes_all_forgotten(building, asked):
    building.db.write_sync(put(building, 1))
    building.db.write_sync(asked)
    building.db.write_sync(lambda conn: conn.exec_driver_sql("DELETE FROM settings WHERE name = 'x'").rowcount)
    assert building.db.write_sync(asked) is None


def test_readers_recall_nothing(building, asked):
    building.db.write_sync(put(building, 1))
    assert building.db.read_sync(lambda conn: [asked(conn), asked(conn)]) == [1, 1]
    assert asked.count == 2
