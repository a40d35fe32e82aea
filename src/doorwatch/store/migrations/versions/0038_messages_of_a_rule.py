"""The newest message of a webhook, callback or alert is found at once."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_index("ix_outbox_account_id_rule_id_created_at", "outbox", ["account_id", "rule_id", "created_at"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_index("ix_outbox_account_id_rule_id_created_at", "outbox")
