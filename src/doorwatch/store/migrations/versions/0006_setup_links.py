"""Links with which the first owner is made."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "setup_links",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column(
            "link_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the link's secret; the secret itself is kept nowhere",
        ),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was made; microseconds since 1970 UTC"
        ),
        sa.Column(
            "expires_at",
            sa.BigInteger(),
            nullable=False,
            comment="Until when it is good; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_setup_links_accounts")),
        sa.PrimaryKeyConstraint("account_id", "link_hash", name=op.f("pk_setup_links")),
        comment="Links with which the first owner of a new installation is made",
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("setup_links")
