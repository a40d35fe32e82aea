"""Crossings know the colours of clothes and how long people were there; moments are found by them."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_COLUMNS = {
    "crossings": (
        ("upper", "The colour of what is worn above the waist, as a number; null while nobody knows"),
        ("lower", "The same below the waist"),
        ("dwell_us", "For how long the camera saw the person, in microseconds; null while they are there"),
    ),
    "moments": (
        ("upper", "Of a crossing: the colour worn above the waist; of an incident, its first excess entry's"),
        ("lower", "The same below the waist"),
        ("dwell_us", "Likewise: for how long the camera saw the person, in microseconds"),
    ),
}


def upgrade() -> None:
    """Go on to this revision."""
    for table, columns in _COLUMNS.items():
        for name, comment in columns:
            op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=True, comment=comment))
    for name in ("upper", "lower"):
        some = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_moments_{name}", "moments", ["account", name, "at"], sqlite_where=some, postgresql_where=some
        )


def downgrade() -> None:
    """Go back to the revision before."""
    for name in ("upper", "lower"):
        op.drop_index(f"ix_moments_{name}", table_name="moments")
    for table, columns in _COLUMNS.items():
        for name, _ in columns:
            op.drop_column(table, name)
