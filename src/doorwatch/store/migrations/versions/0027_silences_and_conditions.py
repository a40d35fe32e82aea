"""Alerts can be silenced, what lasts is told when it begins and when it is over, and matches of searches are counted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"

STRUCTURE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_SINCE_1970 = "; microseconds since 1970 UTC"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "silences",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("silence_id", "The silence's id"),
        _text("reason", "Why, in the words of whoever began it"),
        sa.Column("doors", STRUCTURE, nullable=False, comment="At which doors; none for all"),
        sa.Column("kinds", STRUCTURE, nullable=False, comment="Of which kinds of incidents; none for all"),
        _text("created_by", "Who began it"),
        _time("created_at", "When it was begun"),
        _time("until", "When it ends by itself"),
        _text("ended_by", "Who ended it before its time", null=True),
        _time("ended_at", "When somebody ended it", null=True),
        sa.PrimaryKeyConstraint("account_id", "silence_id", name="pk_silences"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_silences_accounts"),
        comment="Times in which people are not told of incidents",
    )
    op.create_table(
        "conditions",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("condition_id", "What it is and of what"),
        _text("kind", "camera_offline, gateway_silent, ..."),
        _text("subject", "The camera, gateway or door, by name"),
        _text("detail", "What is wrong, and what to do about it"),
        _time("began_at", "Since when"),
        _time("told_at", "When it was told; null while it has not lasted long enough", null=True),
        sa.PrimaryKeyConstraint("account_id", "condition_id", name="pk_conditions"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_conditions_accounts"),
        comment="What is wrong at the moment; a row goes when it is over",
    )
    op.create_table(
        "rule_matches",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("rule_id", "The alert rule"),
        _text("place", "The door or camera by which is counted"),
        _text("moment_id", "The moment that matched"),
        _time("at", "When it happened"),
        sa.PrimaryKeyConstraint("account_id", "rule_id", "place", "moment_id", name="pk_rule_matches"),
        sa.ForeignKeyConstraint(
            ["account_id", "rule_id"],
            ["alert_rules.account_id", "alert_rules.rule_id"],
            name="fk_rule_matches_alert_rules",
        ),
        comment="Matches of rules that want several in a time before they tell",
    )


def downgrade() -> None:
    """Go back from this revision."""
    for name in ("rule_matches", "conditions", "silences"):
        op.drop_table(name)


def _text(name: str, comment: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null, comment=comment)


def _time(name: str, comment: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=null, comment=comment + _SINCE_1970)
