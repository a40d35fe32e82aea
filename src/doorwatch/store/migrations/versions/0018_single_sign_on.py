"""Who people are at a provider of single sign-on."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "identities",
        sa.Column("issuer", sa.Text(), nullable=False, comment="The provider that says who it is"),
        sa.Column("subject", sa.Text(), nullable=False, comment="The person's lasting id there"),
        sa.Column("user_id", sa.Text(), nullable=False, comment="Who that is here"),
        sa.Column(
            "email", sa.Text(), nullable=False, comment="The verified e-mail by which they were found to be the same"
        ),
        sa.Column("linked_at", sa.BigInteger(), nullable=False, comment="When that was; microseconds since 1970 UTC"),
        sa.Column(
            "used_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the person last signed in so; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_identities_users")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
        comment="Who people are at a provider of single sign-on",
    )
    op.create_index(op.f("ix_identities_user_id"), "identities", ["user_id"])
    with op.batch_alter_table("sessions") as batch:
        batch.add_column(
            sa.Column(
                "id_token",
                sa.Text(),
                nullable=True,
                comment="What a provider of single sign-on gave; it is asked for when signing out there; sealed",
            )
        )


def downgrade() -> None:
    """Go back from this revision."""
    with op.batch_alter_table("sessions") as batch:
        batch.drop_column("id_token")
    op.drop_index(op.f("ix_identities_user_id"), table_name="identities")
    op.drop_table("identities")
