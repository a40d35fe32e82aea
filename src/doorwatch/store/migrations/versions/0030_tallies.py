"""Moments are counted at each door by the half hour, as they are written."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

_HALVES = 12
_PIECE = 30 * 60 * 1_000_000
_GRANT = 1


def upgrade() -> None:
    """Go on to this revision."""
    counts = [
        sa.Column(
            f"{sort}{half}",
            sa.BigInteger(),
            nullable=False,
            comment=f"How many {what} in half hour {half} of the row",
            server_default="0",
        )
        for sort, what in (("moments", "moments there were"), ("grants", "of them were grants"))
        for half in range(_HALVES)
    ]
    op.create_table(
        "tallies",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("part", sa.BigInteger(), nullable=False, comment="The quarter of a day, counted from 1970 UTC"),
        sa.Column(
            "door",
            sa.BigInteger(),
            nullable=False,
            comment="The door, by the number of its id; 0 for what happened at none",
        ),
        *counts,
        sa.PrimaryKeyConstraint("account_id", "part", "door", name=op.f("pk_tallies")),
        comment="How many moments there are at each door in each half hour: counted as they are written",
        sqlite_with_rowid=False,
    )
    op.execute(_counted())


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_table("tallies")


def _counted() -> str:
    """What there is, counted in one pass. Division goes towards zero, and there may be times before 1970."""
    piece = f"((at - ((at % {_PIECE}) + {_PIECE}) % {_PIECE}) / {_PIECE})"
    half = f"(({piece} % {_HALVES} + {_HALVES}) % {_HALVES})"
    sums = [
        f"SUM(CASE WHEN half = {number}{also} THEN 1 ELSE 0 END)"
        for also in ("", f" AND kind = {_GRANT}")
        for number in range(_HALVES)
    ]
    names = [f"{sort}{number}" for sort in ("moments", "grants") for number in range(_HALVES)]
    return f"""
        INSERT INTO tallies (account_id, part, door, {", ".join(names)})
        SELECT accounts.account_id, part, door, {", ".join(sums)}
        FROM (
            SELECT account, ({piece} - {half}) / {_HALVES} AS part, COALESCE(door_id, 0) AS door, {half} AS half, kind
            FROM moments
        ) AS told
        JOIN accounts ON accounts.number = told.account
        GROUP BY accounts.account_id, part, door
    """  # noqa: S608  (numbers and names of this module alone)
