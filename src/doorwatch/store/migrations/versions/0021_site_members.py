"""Doors and cameras belong to sites of their own choice."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "site_members",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("kind", "door or camera"),
        _text("member", "Its id"),
        _text("site_id", "The site to which it belongs"),
        sa.PrimaryKeyConstraint("account_id", "kind", "member", name="pk_site_members"),
        sa.ForeignKeyConstraint(
            ["account_id", "site_id"], ["sites.account_id", "sites.site_id"], name="fk_site_members_sites"
        ),
        comment="Doors and cameras whose site somebody chose: others belong where their system, or their doors, do",
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("site_members")


def _text(name: str, comment: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, comment=comment)
