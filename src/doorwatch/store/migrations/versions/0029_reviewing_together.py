"""Reviewers tell what they saw first, assign and comment; links that people make are rows that end and have passwords."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_SINCE_1970 = "; microseconds since 1970 UTC"


def upgrade() -> None:
    """Go on to this revision."""
    # One by one and not in a batch: that makes tables anew, which others refer to.
    op.add_column(
        "incidents",
        sa.Column(
            "said",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="Counts up whenever somebody reviews or assigns it, so that nobody overwrites what they have not seen",
        ),
    )
    op.add_column("incidents", _text("assigned_to", "Who is to look at it", null=True))
    op.add_column("incidents", _text("dismissal", "Why it was dismissed, as one of a few words", null=True))
    op.add_column("mail_links", _text("made_by", "Who made it for somebody; null for one in a mail", null=True))
    op.add_column("mail_links", _text("password_hash", "The hash of the password that it asks for", null=True))
    op.create_table(
        "incident_comments",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("comment_id", "The comment's id"),
        _text("incident_id", "The incident that it is about"),
        _text("said_by", "Who said it"),
        sa.Column("said_at", sa.BigInteger(), nullable=False, comment=f"When it was said{_SINCE_1970}"),
        _text("text", "What was said"),
        sa.PrimaryKeyConstraint("account_id", "comment_id", name="pk_incident_comments"),
        sa.ForeignKeyConstraint(
            ["account_id", "incident_id"],
            ["incidents.account_id", "incidents.incident_id"],
            name="fk_incident_comments_incidents",
        ),
        comment="What reviewers say to each other about incidents",
    )
    op.create_index("ix_incident_comments_account_id_incident_id", "incident_comments", ["account_id", "incident_id"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("incident_comments")
    op.drop_column("mail_links", "password_hash")
    op.drop_column("mail_links", "made_by")
    op.drop_column("incidents", "dismissal")
    op.drop_column("incidents", "assigned_to")
    op.drop_column("incidents", "said")


def _text(name: str, comment: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null, comment=comment)
