"""Indexes that cost every event more than they gave any query.

A door's events are found by their meaning. Few moments have a person or cameras, and only those are indexed by them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BY_TIME = "ix_access_events_account_id_door_id_at"
_SPARSE = {"ix_moments_camera": "camera_set", "ix_moments_actor": "actor_key"}


def upgrade() -> None:
    """Go on to this revision."""
    op.drop_index(_BY_TIME, table_name="access_events")
    for name, column in _SPARSE.items():
        known = sa.text(f"{column} IS NOT NULL")
        op.drop_index(name, table_name="moments")
        op.create_index(name, "moments", ["account_id", column, "at"], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    """Go back from this revision."""
    for name, column in _SPARSE.items():
        op.drop_index(name, table_name="moments")
        op.create_index(name, "moments", ["account_id", column, "at"])
    op.create_index(_BY_TIME, "access_events", ["account_id", "door_id", "at"])
