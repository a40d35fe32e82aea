"""A camera may have a main stream that is recorded, beside the one that is counted with."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Go on to this revision."""
    with op.batch_alter_table("cameras") as batch:
        batch.add_column(
            sa.Column(
                "main_url",
                sa.Text(),
                nullable=True,
                comment="Where the stream that is recorded is read, with its password; null: the one at url is",
            )
        )


def downgrade() -> None:
    """Go back from this revision."""
    with op.batch_alter_table("cameras") as batch:
        batch.drop_column("main_url")
