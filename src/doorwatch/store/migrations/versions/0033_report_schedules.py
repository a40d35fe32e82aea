"""Reports are mailed by the day, the week or the month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"

STRUCTURE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_SINCE_1970 = "; microseconds since 1970 UTC"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "report_schedules",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("schedule_id", "The schedule's id"),
        _text("name", "What people call it"),
        _text("every", "day, week or month"),
        sa.Column("hour", sa.BigInteger(), nullable=False, comment="At which hour of the zone it is mailed, 0 to 23"),
        _text("site_id", "The site whose doors it is about; null for all", null=True),
        sa.Column("recipients", STRUCTURE, nullable=False, comment="To whom"),
        sa.Column(
            "enabled", sa.Boolean(), nullable=False, server_default=sa.text("true"), comment="Whether it is mailed"
        ),
        _time("told_until", "Up to which due time it was mailed, or needs not be"),
        _time("created_at", "When it was made"),
        _time("changed_at", "When it was saved"),
        sa.PrimaryKeyConstraint("account_id", "schedule_id", name="pk_report_schedules"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_report_schedules_accounts"),
        comment="Reports that are mailed by the day, the week or the month",
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("report_schedules")


def _text(name: str, comment: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null, comment=comment)


def _time(name: str, comment: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, comment=f"{comment}{_SINCE_1970}")
