"""Segments have their hash and what is wrong with their files; those in which something happened are kept longer."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Go on to this revision."""
    op.add_column("segments", _text("sha256", "Its hash, in hexadecimal; null of one recorded by an older version"))
    op.add_column(
        "segments",
        _text("fault", "missing, truncated or altered, where the file is not what was recorded; null when all is well"),
    )
    op.add_column(
        "segments",
        sa.Column(
            "eventful",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="Whether it is old enough to go, and is kept because something happened then",
        ),
    )
    op.create_index("ix_segments_age", "segments", ["account_id", "camera_id", "eventful", "start", "bytes"])


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_index("ix_segments_age", "segments")
    op.drop_column("segments", "eventful")
    op.drop_column("segments", "fault")
    op.drop_column("segments", "sha256")


def _text(name: str, comment: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=True, comment=comment)
