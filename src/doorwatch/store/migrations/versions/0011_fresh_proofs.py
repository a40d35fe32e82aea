"""Sessions remember when and by what their person last proved who they are."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Go on to this revision."""
    with op.batch_alter_table("sessions") as batch:
        batch.add_column(
            sa.Column(
                "proved_at",
                sa.BigInteger(),
                nullable=True,
                comment="When the person last proved who they are; microseconds since 1970 UTC",
            )
        )
        batch.add_column(sa.Column("method", sa.Text(), nullable=True, comment="By what: password, or more"))


def downgrade() -> None:
    """Go back from this revision."""
    with op.batch_alter_table("sessions") as batch:
        batch.drop_column("method")
        batch.drop_column("proved_at")
