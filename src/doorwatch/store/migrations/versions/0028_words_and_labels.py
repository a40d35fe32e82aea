"""Moments are found by label in the order of time, by the words of their texts, and at a camera by way of the door."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_PIECE = 5000
_BESIDE = """
    INSERT INTO set_members (account_id, kind, member, set_id)
    SELECT DISTINCT accounts.account_id, '{kind}', CAST(moments.{member} AS TEXT), {one}
    FROM moments JOIN accounts ON accounts.number = moments.account
    WHERE moments.{member} IS NOT NULL
"""


def upgrade() -> None:
    """Go on to this revision."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "moment_words",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("word", word, nullable=False, comment="A word, folded"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="A moment whose text has it"),
        sa.PrimaryKeyConstraint("account_id", "word", "number", name=op.f("pk_moment_words")),
        comment="By which words incidents and messages about the system are found",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_moment_words_number"), "moment_words", ["number"])
    op.create_table(
        "actor_words",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("word", word, nullable=False, comment="A word, folded"),
        sa.Column("actor_key", sa.BigInteger(), nullable=False, comment="Whose name or id has it"),
        sa.PrimaryKeyConstraint("account_id", "word", "actor_key", name=op.f("pk_actor_words")),
        comment="By which words people are found",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_actor_words_account_id_actor_key"), "actor_words", ["account_id", "actor_key"])
    conn = op.get_bind()
    _tell_words(conn)
    _name_people(conn)
    for kind, member, one in (
        ("doors", "door_id", "COALESCE(moments.camera_set, 0)"),
        ("kinds", "kind", "moments.label_set"),
    ):
        conn.execute(sa.text(_BESIDE.format(kind=kind, member=member, one=one)))
    op.create_index(op.f("ix_set_members_account_id_set_id"), "set_members", ["account_id", "set_id"])
    for name in ("at", "camera"):
        op.drop_index(f"ix_moments_{name}", table_name="moments")
    op.create_index("ix_moments_at", "moments", ["account", "at"])
    op.create_index("ix_moments_label", "moments", ["account", "label_set", "at"])
    _index_cameras("camera_set IS NOT NULL AND door_id IS NULL", ["camera_set", "at"])
    _comment(
        conn,
        "labels or cameras; or doors or kinds, of which moments have the set",
        "A label, folded, a camera's id, or the number of a door or a kind",
        "Which sets have a label or a camera, and of which doors and kinds the moments are that have a set",
    )


def downgrade() -> None:
    """Go back from this revision."""
    conn = op.get_bind()
    for name in ("at", "label", "camera"):
        op.drop_index(f"ix_moments_{name}", table_name="moments")
    op.create_index("ix_moments_at", "moments", ["account", "at", "label_set"])
    _index_cameras("camera_set IS NOT NULL", ["account", "camera_set", "at"])
    op.drop_index(op.f("ix_set_members_account_id_set_id"), "set_members")
    conn.execute(sa.text("DELETE FROM set_members WHERE kind IN ('doors', 'kinds')"))
    op.drop_index(op.f("ix_actor_words_account_id_actor_key"), "actor_words")
    op.drop_table("actor_words")
    op.drop_index(op.f("ix_moment_words_number"), "moment_words")
    op.drop_table("moment_words")
    _comment(conn, "labels or cameras", "A label, folded, or a camera's id", "Which sets have a label or a camera")


def _index_cameras(condition: str, columns: list[str]) -> None:
    only = sa.text(condition)
    op.create_index("ix_moments_camera", "moments", columns, sqlite_where=only, postgresql_where=only)


def _tell_words(conn: sa.Connection) -> None:
    """The words of what there is, a piece at a time."""
    piece = sa.text(
        "SELECT moments.number, moments.folded, accounts.account_id FROM moments "
        "JOIN accounts ON accounts.number = moments.account "
        "WHERE moments.number > :last AND moments.folded IS NOT NULL AND moments.kind >= 16 "
        "ORDER BY moments.number LIMIT :most"
    )
    tell = sa.text("INSERT INTO moment_words (account_id, word, number) VALUES (:account, :word, :number)")
    last = -1
    while rows := conn.execute(piece, {"last": last, "most": _PIECE}).all():
        told = [
            {"account": row.account_id, "word": word, "number": row.number}
            for row in rows
            for word in sorted(set(row.folded.split()))
        ]
        if told:
            conn.execute(tell, told)
        last = rows[-1].number


def _name_people(conn: sa.Connection) -> None:
    named = conn.execute(sa.text("SELECT account_id, actor_key, folded FROM actors")).all()
    tell = sa.text("INSERT INTO actor_words (account_id, word, actor_key) VALUES (:account, :word, :key)")
    told = [
        {"account": row.account_id, "word": word, "key": row.actor_key}
        for row in named
        for word in sorted(set(row.folded.split()))
    ]
    if told:
        conn.execute(tell, told)


def _comment(conn: sa.Connection, kind: str, member: str, table: str) -> None:
    """SQLite keeps no comments."""
    if conn.dialect.name != "postgresql":
        return
    op.alter_column("set_members", "kind", existing_type=sa.Text(), comment=kind)
    op.alter_column("set_members", "member", existing_type=sa.Text(), comment=member)
    op.create_table_comment("set_members", table)
