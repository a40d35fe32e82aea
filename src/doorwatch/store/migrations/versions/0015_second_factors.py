"""Authenticator apps and recovery codes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "totp",
        sa.Column("user_id", sa.Text(), nullable=False, comment="The person"),
        sa.Column("secret", sa.Text(), nullable=False, comment="What codes are made of; sealed"),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was made; microseconds since 1970 UTC"
        ),
        sa.Column(
            "confirmed_at",
            sa.BigInteger(),
            nullable=True,
            comment="When the person showed a first code; null while that is awaited; microseconds since 1970 UTC",
        ),
        sa.Column(
            "last_step",
            sa.BigInteger(),
            nullable=False,
            comment="The newest step of thirty seconds whose code was used; each is used once",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_totp_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_totp")),
        comment="Authenticator apps of people",
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Text(), nullable=False, comment="The person"),
        sa.Column(
            "code_hash", sa.Text(), nullable=False, comment="SHA-256 of the code; the code itself is kept nowhere"
        ),
        sa.Column(
            "used_at",
            sa.BigInteger(),
            nullable=True,
            comment="When it was used, once; null for one that is good; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_recovery_codes_users")),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
        comment="Codes that stand in for a lost authenticator app",
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("recovery_codes")
    op.drop_table("totp")
