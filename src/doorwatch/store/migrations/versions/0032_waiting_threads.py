"""What waits in a thread of messages is found by an index, so that a claim costs the same however many wait."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Go on to this revision."""
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_outbox_waiting_thread",
        "outbox",
        ["account_id", "thread", "created_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_index("ix_outbox_waiting_thread", table_name="outbox")
