"""Moments can be searched by looks: where their pictures point, by the encoder that made it."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "likenesses",
        sa.Column(
            "number",
            _NUMBER,
            autoincrement=False,
            nullable=False,
            comment="The moment that looks so: a crossing, or the incident that begins with it",
        ),
        sa.Column("account", sa.BigInteger(), nullable=False, comment="The tenant, by its number"),
        sa.Column(
            "model",
            sa.BigInteger(),
            nullable=False,
            comment="The identity of the pair of encoders that made it",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="When the moment was; microseconds since 1970 UTC"),
        sa.Column(
            "direction",
            sa.LargeBinary(),
            nullable=False,
            comment="Where its picture points: a factor, then a byte a number",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_likenesses"),
        comment="How moments look, where the operator has encoders of their own",
    )
    op.create_index("ix_likenesses_at", "likenesses", ["account", "model", "at"])


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("likenesses")
