"""Tokens get another secret while the former one is good for a while, and say from where they were used."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Go on to this revision."""
    with op.batch_alter_table("tokens") as batch:
        for column in _columns():
            batch.add_column(column)
        batch.alter_column("kind", comment="gateway, analyzer, read or api", existing_type=sa.Text())
    with op.batch_alter_table("tokens") as batch:
        batch.create_index(op.f("ix_tokens_former_hash"), ["former_hash"], unique=True)


def downgrade() -> None:
    """Go back from this revision."""
    with op.batch_alter_table("tokens") as batch:
        batch.drop_index(op.f("ix_tokens_former_hash"))
    with op.batch_alter_table("tokens") as batch:
        for column in _columns():
            batch.drop_column(column.name)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("used_from", sa.Text(), nullable=True, comment="The address from which it was last used"),
        sa.Column(
            "rotated_at",
            sa.BigInteger(),
            nullable=True,
            comment="When it last got another secret; microseconds since 1970 UTC",
        ),
        sa.Column("former_hash", sa.Text(), nullable=True, comment="SHA-256 of the secret before that"),
        sa.Column(
            "former_until",
            sa.BigInteger(),
            nullable=True,
            comment="Until when the former secret is good, too; microseconds since 1970 UTC",
        ),
        sa.Column(
            "former_used_at",
            sa.BigInteger(),
            nullable=True,
            comment="When the former secret was last used, to the minute; microseconds since 1970 UTC",
        ),
    ]
