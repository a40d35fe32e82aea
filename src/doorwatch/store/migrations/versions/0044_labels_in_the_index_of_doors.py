"""On PostgreSQL the index of doors has the labels of moments, too: what is searched at a door is told without a look at its rows."""

from alembic import op

revision = "0044"
down_revision = "0043"

_COLUMNS = ["door_id", "kind", "at"]


def upgrade() -> None:
    """Go on to this revision."""
    _build("number", "label_set")


def downgrade() -> None:
    """Go back from this revision."""
    _build("number")


def _build(*beside: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        op.drop_index("ix_moments_door", table_name="moments")
        op.create_index("ix_moments_door", "moments", _COLUMNS, postgresql_include=list(beside))
