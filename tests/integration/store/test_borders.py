"""Borders are kept one for each door, replaced and dropped, and are read as they were written."""

from doorwatch.domain.verdict import Border, Used
from doorwatch.store import borders, doors, tenants

NOW = 1_800_000_000_000_000


def test_a_border_is_kept_replaced_and_dropped_for_its_door_alone(database):
    account, _, pacs = database.write_sync(lambda conn: tenants.ensure_default(conn, NOW))
    key = account.account_id
    ids = database.write_sync(lambda conn: doors.ensure_known(conn, key, pacs.pacs_id, ["north", "south"], NOW))
    north, south = ids["north"], ids["south"]

    def kept():
        return database.read_sync(lambda conn: borders.of_doors(conn, key, [north, south]))

    first, other = Border(NOW, (Used("g'1", 0, "c1"), Used("g2", 1, "ü"))), Border(NOW + 1)
    database.write_sync(lambda conn: borders.keep(conn, key, {north: first, south: other}))
    assert kept() == {north: first, south: other}
    database.write_sync(lambda conn: borders.keep(conn, key, {north: Border(NOW + 9), south: None}))
    assert kept() == {north: Border(NOW + 9)}
    database.write_sync(lambda conn: borders.keep(conn, key, {}))
    assert kept() == {north: Border(NOW + 9)}
    assert database.read_sync(lambda conn: borders.of_doors(conn, "another", [north])) == {}
