"""Evidence is made into files that are handed on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"

STRUCTURE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_SINCE_1970 = "; microseconds since 1970 UTC"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "exports",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("export_id", "The export's id"),
        _text("incident_id", "The incident whose evidence is handed on"),
        sa.Column(
            "wish",
            STRUCTURE,
            nullable=False,
            comment="What was asked for: times, and what is to be done to the video",
        ),
        _text("asked_by", "Who asked"),
        _number("asked_at", f"When it was asked for{_SINCE_1970}"),
        _text("state", "waiting, working, ready, failed or gone"),
        _number("progress", "How far it is, 0 to 100"),
        _number("touched_at", f"When the server that makes it last said so{_SINCE_1970}"),
        _text("message", "Why it failed, or what is missing", null=True),
        _text("blob", "Its name in the blob store while it is ready", null=True),
        _number("bytes", "Its size", null=True),
        _text("sha256", "Its hash, in hexadecimal", null=True),
        sa.PrimaryKeyConstraint("account_id", "export_id", name="pk_exports"),
        sa.ForeignKeyConstraint(
            ["account_id", "incident_id"],
            ["incidents.account_id", "incidents.incident_id"],
            name="fk_exports_incidents",
        ),
        comment="Evidence that is, or was, made into one signed file to be handed on",
    )
    op.create_index("ix_exports_account_id_incident_id", "exports", ["account_id", "incident_id"])
    op.create_index("ix_exports_state_asked_at", "exports", ["state", "asked_at"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("exports")


def _text(name: str, comment: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null, comment=comment)


def _number(name: str, comment: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null, comment=comment)
