"""An invitation says which cameras are shared with whoever accepts it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Go on to this revision."""
    kind = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    comment = "The only cameras that the person will see; null for all of them"
    op.add_column("invitations", sa.Column("cameras", kind, nullable=True, comment=comment))


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_column("invitations", "cameras")
