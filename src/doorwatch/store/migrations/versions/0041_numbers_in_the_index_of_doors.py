"""On PostgreSQL the index of doors has the numbers of moments, as every index of SQLite has: no row is fetched for them."""

from alembic import op

revision = "0041"
down_revision = "0040"

_COLUMNS = ["door_id", "kind", "at"]


def upgrade() -> None:
    """Go on to this revision."""
    if op.get_context().dialect.name == "postgresql":
        op.drop_index("ix_moments_door", table_name="moments")
        op.create_index("ix_moments_door", "moments", _COLUMNS, postgresql_include=["number"])


def downgrade() -> None:
    """Go back from this revision."""
    if op.get_context().dialect.name == "postgresql":
        op.drop_index("ix_moments_door", table_name="moments")
        op.create_index("ix_moments_door", "moments", _COLUMNS)
