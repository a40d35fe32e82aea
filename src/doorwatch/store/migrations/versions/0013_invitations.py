"""People are invited by a link that is good once."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_SINCE_1970 = "; microseconds since 1970 UTC"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "invitations",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("invitation_id", "The invitation's id"),
        _text("email", "Who was invited, in lower case"),
        _text("role", "What the person will be: owner, manage or view"),
        _text("link_hash", "SHA-256 of the link's secret; the secret itself is kept nowhere"),
        _text("invited_by", "Who invited the person"),
        _time("created_at", "When the person was invited"),
        _time("expires_at", "Until when the newest link is good"),
        _time("mailed_at", "When a mail server took the newest link; null when it was only shown", null=True),
        sa.PrimaryKeyConstraint("account_id", "invitation_id", name="pk_invitations"),
        sa.UniqueConstraint("link_hash", name="uq_invitations_link_hash"),
        sa.UniqueConstraint("account_id", "email", name="uq_invitations_account_id_email"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_invitations_accounts"),
        comment="Invitations that nobody accepted yet; one that was accepted or taken back is gone",
    )
    op.create_index("ix_invitations_expires_at", "invitations", ["expires_at"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("invitations")


def _text(name: str, comment: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, comment=comment)


def _time(name: str, comment: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=null, comment=comment + _SINCE_1970)
