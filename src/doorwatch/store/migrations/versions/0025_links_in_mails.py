"""Links in mails can be ended, and every try to deliver a message is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_SINCE_1970 = "; microseconds since 1970 UTC"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "attempts",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("message_id", "The message"),
        sa.Column(
            "number",
            sa.BigInteger(),
            nullable=False,
            autoincrement=False,
            comment="The how manieth try it was, over all",
        ),
        _time("began_at", "When the channel was handed the message"),
        _time("ended_at", "When it was taken or refused"),
        _text("error", "Why it was not taken; null when it was", null=True),
        sa.PrimaryKeyConstraint("account_id", "message_id", "number", name="pk_attempts"),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"], ["outbox.account_id", "outbox.message_id"], name="fk_attempts_outbox"
        ),
        comment="Every try to deliver a message",
    )
    op.create_table(
        "mail_links",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("link_id", "The link's id, which its address carries signed"),
        _text("incident_id", "The one incident that it shows"),
        _text("recipient", "To whom it was mailed"),
        _time("created_at", "When it was made"),
        _time("until", "Until when it works"),
        sa.Column(
            "opened", sa.BigInteger(), nullable=False, server_default="0", comment="How often its page was opened"
        ),
        _time("opened_at", "When it was opened last", null=True),
        _text("revoked_by", "Who ended it before its time", null=True),
        _time("revoked_at", "When somebody ended it", null=True),
        sa.PrimaryKeyConstraint("account_id", "link_id", name="pk_mail_links"),
        sa.ForeignKeyConstraint(
            ["account_id", "incident_id"],
            ["incidents.account_id", "incidents.incident_id"],
            name="fk_mail_links_incidents",
        ),
        comment="Links in mails that show an incident without signing in",
    )
    op.create_index(
        "ix_mail_links_account_id_incident_id_recipient", "mail_links", ["account_id", "incident_id", "recipient"]
    )
    op.create_index("ix_outbox_account_id_incident_id", "outbox", ["account_id", "incident_id"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_index("ix_outbox_account_id_incident_id", "outbox")
    op.drop_table("mail_links")
    op.drop_table("attempts")


def _text(name: str, comment: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null, comment=comment)


def _time(name: str, comment: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=null, comment=comment + _SINCE_1970)
