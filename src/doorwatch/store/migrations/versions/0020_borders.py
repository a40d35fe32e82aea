"""From when on doors that are never quiet are judged."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "borders",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door"),
        sa.Column(
            "at",
            sa.BigInteger(),
            nullable=False,
            comment="The instant from which on it is judged; microseconds since 1970 UTC",
        ),
        sa.Column(
            "used",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="Admissions valid then that were taken before: [grant, ordinal, crossing] each",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_borders_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "door_id", name=op.f("pk_borders")),
        comment="From when on doors that are never quiet are judged, and what of before then matters",
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("borders")
