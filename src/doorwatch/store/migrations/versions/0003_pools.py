"""Doors that share their grants."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "pools",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door that shares another one's grants"),
        sa.Column(
            "valid_from",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="From when; microseconds since 1970 UTC",
        ),
        sa.Column(
            "head_id", sa.Text(), nullable=True, comment="The door with which it is judged; null when it stands alone"
        ),
        sa.Column(
            "changed_at",
            sa.BigInteger(),
            nullable=False,
            comment="When somebody saved it; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_pools_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "door_id", "valid_from", name=op.f("pk_pools")),
        comment="Doors that share their grants, such as the leaves of one doorway or a bank of turnstiles, by version",
    )
    with op.batch_alter_table("pools") as batch:
        batch.create_index(op.f("ix_pools_account_id_head_id"), ["account_id", "head_id"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("pools")
