"""Crossings know what was seen to be carried; moments are found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

_COMMENTS = {
    "crossings": "What was seen to be carried, a bit for each thing; null for nothing",
    "moments": "Likewise: what was seen to be carried, a bit for each thing; null for nothing",
}
_SOME = sa.text("carried IS NOT NULL")


def upgrade() -> None:
    """Go on to this revision."""
    for table, comment in _COMMENTS.items():
        op.add_column(table, sa.Column("carried", sa.BigInteger(), nullable=True, comment=comment))
    op.create_index(
        "ix_moments_carried", "moments", ["account", "carried", "at"], sqlite_where=_SOME, postgresql_where=_SOME
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_index("ix_moments_carried", table_name="moments")
    for table in _COMMENTS:
        op.drop_column(table, "carried")
