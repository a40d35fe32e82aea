"""Events are counted some thousand at a time: up to now, all of them are."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Go on to this revision."""
    op.execute(
        "INSERT INTO counters (account_id, name, value) "
        "SELECT account_id, 'tallied', value FROM counters WHERE name = 'moments'"
    )


def downgrade() -> None:
    """Go back from this revision."""
    op.execute("DELETE FROM counters WHERE name = 'tallied'")
