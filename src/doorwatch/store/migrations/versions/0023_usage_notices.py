"""Who has accepted which usage notice."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Go on to this revision."""
    op.add_column(
        "memberships",
        sa.Column(
            "accepted_notice",
            sa.BigInteger(),
            nullable=True,
            comment="The version of the account's usage notice that the person has accepted",
        ),
    )


def downgrade() -> None:
    """Go back from this revision."""
    # Not in a batch: that makes the table anew, which sessions refer to.
    op.drop_column("memberships", "accepted_notice")
