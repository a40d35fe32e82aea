"""Groups and labels of cameras."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

STRUCTURE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Go on to this revision."""
    with op.batch_alter_table("cameras") as batch:
        for column in _columns():
            batch.add_column(column)


def downgrade() -> None:
    """Go back from this revision."""
    with op.batch_alter_table("cameras") as batch:
        for column in _columns():
            batch.drop_column(column.name)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("groups", STRUCTURE, nullable=True, comment="Names of the groups it is in; searched for as one"),
        sa.Column("labels", STRUCTURE, nullable=True, comment="Words that say what it shows; searched for, too"),
    ]
