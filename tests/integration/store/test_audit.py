"""The audit trail is only ever added to, whoever tries, on both databases."""

import pytest
from sqlalchemy import text

from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import StoreError


@pytest.mark.parametrize("act", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_no_entry_is_changed_or_deleted(building, act):
    building.write(audit.record, at=building.now, actor="olga@x", action="door.map", subject="d")
    with pytest.raises(StoreError, match="only ever added to"):
        building.db.write_sync(lambda conn: conn.execute(text(act)))
    assert [entry.actor for entry in building.read(audit.list_entries)] == ["olga@x"]
    building.write(audit.record, at=building.now, actor="ines@x", action="door.map", subject="d")
    assert [entry.number for entry in building.read(audit.list_entries)] == [2, 1]
