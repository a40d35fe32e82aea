"""Walks to propose scenes from, commissioning runs, and doors' certificates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

STRUCTURE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "walks",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("camera_id", sa.Text(), nullable=False, comment="The camera that saw the person"),
        sa.Column("track", sa.Text(), nullable=False, comment="The person's track"),
        sa.Column(
            "seen_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the person was last seen; microseconds since 1970 UTC",
        ),
        sa.Column(
            "width", sa.BigInteger(), nullable=False, comment="Width in pixels of the picture that the boxes are in"
        ),
        sa.Column("height", sa.BigInteger(), nullable=False, comment="Its height"),
        sa.Column(
            "steps",
            STRUCTURE,
            nullable=False,
            comment="The person's boxes: [microseconds, left, top, right, bottom] each",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "camera_id"], ["cameras.account_id", "cameras.camera_id"], name=op.f("fk_walks_cameras")
        ),
        sa.PrimaryKeyConstraint("account_id", "camera_id", "track", name=op.f("pk_walks")),
        comment="The newest people followed through each camera's picture, from which scenes are proposed: boxes alone",
    )
    op.create_index(op.f("ix_walks_account_id_camera_id_seen_at"), "walks", ["account_id", "camera_id", "seen_at"])
    op.create_table(
        "commissioning_runs",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="The run's id"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door that is walked"),
        sa.Column("source", sa.Text(), nullable=False, comment="walk: noted live; recording: noted on recorded video"),
        sa.Column(
            "since",
            sa.BigInteger(),
            nullable=False,
            comment="Capture time from which crossings are compared; microseconds since 1970 UTC",
        ),
        sa.Column(
            "until",
            sa.BigInteger(),
            nullable=True,
            comment="Capture time up to which they are; null while people still walk; microseconds since 1970 UTC",
        ),
        sa.Column(
            "tolerance_us",
            sa.BigInteger(),
            nullable=False,
            comment="Microseconds that a mark and its crossing may lie apart",
        ),
        sa.Column(
            "started_at", sa.BigInteger(), nullable=False, comment="When it was started; microseconds since 1970 UTC"
        ),
        sa.Column("started_by", sa.Text(), nullable=False, comment="Who started it"),
        sa.Column("state", sa.Text(), nullable=False, comment="open, finished or dropped"),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_commissioning_runs_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "run_id", name=op.f("pk_commissioning_runs")),
        comment="Commissioning runs: people walk through a door and somebody counts them",
    )
    op.create_index(
        op.f("ix_commissioning_runs_account_id_door_id_started_at"),
        "commissioning_runs",
        ["account_id", "door_id", "started_at"],
    )
    op.create_table(
        "commissioning_marks",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="The run"),
        sa.Column("mark_id", sa.Text(), nullable=False, comment="The mark's id, made by whoever noted it"),
        sa.Column(
            "at",
            sa.BigInteger(),
            nullable=False,
            comment="When the person went through the door; microseconds since 1970 UTC",
        ),
        sa.Column("direction", sa.Text(), nullable=False, comment="in or out"),
        sa.Column(
            "noted_at", sa.BigInteger(), nullable=False, comment="When the mark arrived; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "run_id"],
            ["commissioning_runs.account_id", "commissioning_runs.run_id"],
            name=op.f("fk_commissioning_marks_commissioning_runs"),
        ),
        sa.PrimaryKeyConstraint("account_id", "run_id", "mark_id", name=op.f("pk_commissioning_marks")),
        comment="What somebody noted in a commissioning run: one person each",
    )
    op.create_table(
        "certificates",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("certificate_id", sa.Text(), nullable=False, comment="The certificate's id"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door that was walked"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="The run that it comes from"),
        sa.Column(
            "issued_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the run was finished; microseconds since 1970 UTC",
        ),
        sa.Column("body", STRUCTURE, nullable=False, comment="All that the certificate says; never changed"),
        sa.Column(
            "digest",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the body in its canonical form: whether it was changed can be told",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_certificates_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "certificate_id", name=op.f("pk_certificates")),
        comment="Results of commissioning runs; rows are only ever added",
    )
    op.create_index(
        op.f("ix_certificates_account_id_door_id_issued_at"), "certificates", ["account_id", "door_id", "issued_at"]
    )


def downgrade() -> None:
    """Go back to the revision before."""
    for table in ("certificates", "commissioning_marks", "commissioning_runs", "walks"):
        op.drop_table(table)
