"""Passkeys and security keys of people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"

STRUCTURE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "passkeys",
        sa.Column("user_id", sa.Text(), nullable=False, comment="The person"),
        sa.Column("passkey_id", sa.Text(), nullable=False, comment="The passkey's id here"),
        sa.Column("credential_id", sa.Text(), nullable=False, comment="Its id in the authenticator; base64url"),
        sa.Column(
            "public_key", sa.Text(), nullable=False, comment="With what its signatures are checked (COSE); base64url"
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="What the person calls it"),
        sa.Column(
            "sign_count",
            sa.BigInteger(),
            nullable=False,
            comment="How often it has signed, by its own count; 0 for one that does not count",
        ),
        sa.Column("transports", STRUCTURE, nullable=False, comment="How browsers reach it, as they said"),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was added; microseconds since 1970 UTC"
        ),
        sa.Column(
            "used_at", sa.BigInteger(), nullable=True, comment="When it was last used; microseconds since 1970 UTC"
        ),
        sa.Column(
            "last_challenge",
            sa.BigInteger(),
            nullable=False,
            comment="When the newest challenge was made that it has signed; each is good once; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_passkeys_users")),
        sa.PrimaryKeyConstraint("user_id", "passkey_id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
        comment="Passkeys and security keys of people",
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("passkeys")
