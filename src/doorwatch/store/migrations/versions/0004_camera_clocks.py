"""How far a camera's clock is behind ours."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Go on to this revision."""
    with op.batch_alter_table("cameras") as batch:
        batch.add_column(
            sa.Column(
                "skew_ms",
                sa.Float(),
                nullable=True,
                comment="Milliseconds that its clock is behind ours; negative when ahead",
            )
        )


def downgrade() -> None:
    """Go back from this revision."""
    with op.batch_alter_table("cameras") as batch:
        batch.drop_column("skew_ms")
