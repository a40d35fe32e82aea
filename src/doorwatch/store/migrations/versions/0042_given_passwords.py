"""Passwords that the server made, which their persons replace."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Go on to this revision."""
    op.add_column(
        "users",
        sa.Column(
            "password_given_at",
            sa.BigInteger(),
            nullable=True,
            comment="When the server made the password; null for one that the person has chosen; microseconds since 1970 UTC",
        ),
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_column("users", "password_given_at")
