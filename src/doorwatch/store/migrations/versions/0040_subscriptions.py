"""Browsers in which people want to be notified."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "subscriptions",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("subscription_id", sa.Text(), nullable=False, comment="The subscription's id here"),
        sa.Column("user_id", sa.Text(), nullable=False, comment="Who is notified"),
        sa.Column(
            "name", sa.Text(), nullable=False, comment="What the person's browser is called; one person has a name once"
        ),
        sa.Column(
            "fingerprint",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the address at the push service, by which a browser knows its own",
        ),
        sa.Column(
            "secrets",
            sa.Text(),
            nullable=False,
            comment="The address at the push service and the browser's keys; sealed",
        ),
        sa.Column(
            "created_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the person asked for it; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["memberships.account_id", "memberships.user_id"],
            name=op.f("fk_subscriptions_memberships"),
        ),
        sa.PrimaryKeyConstraint("account_id", "subscription_id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("account_id", "fingerprint", name=op.f("uq_subscriptions_account_id_fingerprint")),
        comment="Browsers in which people want to be notified",
    )
    op.create_index(op.f("ix_subscriptions_account_id_user_id"), "subscriptions", ["account_id", "user_id"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("subscriptions")
