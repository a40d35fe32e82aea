"""The index of what happened at doors does without the labels, for which the row is looked at."""

from alembic import op

revision = "0039"
down_revision = "0038"

_COLUMNS = ["door_id", "kind", "at"]


def upgrade() -> None:
    """Go on to this revision."""
    op.drop_index("ix_moments_door", table_name="moments")
    op.create_index("ix_moments_door", "moments", _COLUMNS)


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_index("ix_moments_door", table_name="moments")
    op.create_index("ix_moments_door", "moments", [*_COLUMNS, "label_set"])
