"""Words of texts lead to moments in the order of time, and without an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_TIMED = """
    INSERT INTO moment_words (account, word, at, number)
    SELECT moments.account, former.word, moments.at, moments.number
    FROM former_words AS former JOIN moments ON moments.number = former.number
    ORDER BY 1, 2, 3, 4
"""
_UNTIMED = """
    INSERT INTO moment_words (account_id, word, number)
    SELECT accounts.account_id, former.word, former.number
    FROM former_words AS former JOIN accounts ON accounts.number = former.account
"""


def upgrade() -> None:
    """Go on to this revision."""
    op.drop_index(op.f("ix_moment_words_number"), "moment_words")
    _create(
        _TIMED,
        sa.Column("account", sa.BigInteger(), nullable=False, comment="The tenant, by its number"),
        sa.Column("word", _WORD, nullable=False, comment="A word, folded"),
        sa.Column(
            "at", sa.BigInteger(), nullable=False, comment="When the moment happened; microseconds since 1970 UTC"
        ),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="A moment whose text has it"),
        sa.PrimaryKeyConstraint("account", "word", "at", "number", name=op.f("pk_moment_words")),
        comment="By which words incidents and messages about the system are found, in the order of time",
    )


def downgrade() -> None:
    """Go back from this revision."""
    _create(
        _UNTIMED,
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("word", _WORD, nullable=False, comment="A word, folded"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="A moment whose text has it"),
        sa.PrimaryKeyConstraint("account_id", "word", "number", name=op.f("pk_moment_words")),
        comment="By which words incidents and messages about the system are found",
    )
    op.create_index(op.f("ix_moment_words_number"), "moment_words", ["number"])


def _create(filled: str, *columns: sa.schema.SchemaItem, comment: str) -> None:
    """The table anew, filled from the former one."""
    op.rename_table("moment_words", "former_words")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE former_words RENAME CONSTRAINT pk_moment_words TO pk_former_words")
    op.create_table("moment_words", *columns, comment=comment, sqlite_with_rowid=False)
    op.execute(filled)
    op.drop_table("former_words")
