"""One index by time that knows the labels, too, instead of one by time and one by labels."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Go on to this revision."""
    op.drop_index("ix_moments_label", table_name="moments")
    op.drop_index("ix_moments_at", table_name="moments")
    op.create_index("ix_moments_at", "moments", ["account", "at", "label_set"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_index("ix_moments_at", table_name="moments")
    op.create_index("ix_moments_at", "moments", ["account", "at"])
    op.create_index("ix_moments_label", "moments", ["account", "label_set", "at"])
