"""What was changed about a door, by whom and when: told by the audit trail, which is written with each new version."""

from sqlalchemy import Connection, and_, or_, select

from doorwatch.store.audit_trail.audit import AuditEntry
from doorwatch.store.schema.people import audit
from doorwatch.store.schema.places import scenes

_ABOUT_DOORS = (
    *("door.map", "door.follow", "door.policy", "door.clock"),
    *("door.pool", "door.certificate", "door.restore"),
)
_SCENE = "scene.set"
_LOOKED_AT = 1000
"""Scenes are noted under their camera, which may see many doors: so many of its entries are looked through."""


def of_door(conn: Connection, account: str, door_id: str, limit: int = 50) -> list[AuditEntry]:
    """The newest changes of a door's mapping, scenes, policy and pool, the newest first."""
    drawn = select(scenes.c.camera_id).where(scenes.c.account_id == account, scenes.c.door_id == door_id).distinct()
    mine = or_(
        and_(audit.c.action.in_(_ABOUT_DOORS), audit.c.subject == door_id),
        and_(audit.c.action == _SCENE, audit.c.subject.in_(drawn)),
        audit.c.action == "door.follow",
    )
    query = select(audit).where(audit.c.account_id == account, mine).order_by(audit.c.number.desc()).limit(_LOOKED_AT)
    found = [
        AuditEntry(row.number, row.at, row.actor, row.action, row.subject, row.detail)
        for row in conn.execute(query)
        if row.subject == door_id or row.detail.get("door_id") == door_id
    ]
    return found[:limit]
