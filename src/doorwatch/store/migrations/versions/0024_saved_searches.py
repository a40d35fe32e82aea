"""Searches that people keep, and those that they asked lately."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "saved_searches",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("saved_search_id", sa.Text(), nullable=False, comment="The saved search's id"),
        sa.Column(
            "user_id", sa.Text(), nullable=True, comment="Whose it is; null when it belongs to the account alone"
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="What it is called"),
        sa.Column("text", sa.Text(), nullable=False, comment="What is searched, as it was typed"),
        sa.Column("colour", sa.Text(), nullable=False, comment="In which of the page's colours its results are marked"),
        sa.Column(
            "shared",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Whether all of the account see it",
        ),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was saved; microseconds since 1970 UTC"
        ),
        sa.Column(
            "updated_at", sa.BigInteger(), nullable=False, comment="When it last changed; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["memberships.account_id", "memberships.user_id"],
            name=op.f("fk_saved_searches_memberships"),
        ),
        sa.PrimaryKeyConstraint("account_id", "saved_search_id", name=op.f("pk_saved_searches")),
        comment="Searches that people keep, for themselves or for all of the account",
    )
    op.create_index(op.f("ix_saved_searches_account_id_user_id"), "saved_searches", ["account_id", "user_id"])
    op.create_table(
        "past_searches",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("user_id", sa.Text(), nullable=False, comment="Who searched"),
        sa.Column("text", sa.Text(), nullable=False, comment="What was searched, as it was typed"),
        sa.Column(
            "asked_at",
            sa.BigInteger(),
            nullable=False,
            comment="When it was searched last; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["memberships.account_id", "memberships.user_id"],
            name=op.f("fk_past_searches_memberships"),
        ),
        sa.PrimaryKeyConstraint("account_id", "user_id", "text", name=op.f("pk_past_searches")),
        comment="The searches that each person asked last, for that person alone",
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("past_searches")
    op.drop_index(op.f("ix_saved_searches_account_id_user_id"), "saved_searches")
    op.drop_table("saved_searches")
