"""One person may belong to several accounts: what somebody may do is told by a membership an account."""

import sqlalchemy as sa
from alembic import op

from doorwatch.store.schema.base import Json

revision = "0008"
down_revision = "0007"

_TENANT = "The tenant to whom the row belongs"
_SINCE_1970 = "; microseconds since 1970 UTC"


def upgrade() -> None:
    """Go on to this revision."""
    _set_aside()
    _make_users(with_account=False)
    _make_memberships()
    _make_sessions(of="memberships")
    op.execute(
        "INSERT INTO users (user_id, email, name, password_hash, created_at, last_seen_at, disabled)"
        " SELECT user_id, email, name, password_hash, created_at, last_seen_at, disabled FROM former_users"
    )
    op.execute(
        "INSERT INTO memberships (account_id, user_id, role, added_at, used_at)"
        " SELECT account_id, user_id, role, created_at, last_seen_at FROM former_users"
    )
    _bring_sessions_back()


def downgrade() -> None:
    """Go back from this revision: of each person's memberships the first one is kept."""
    op.execute(
        "CREATE TABLE former_memberships AS SELECT m.account_id, m.user_id, m.role FROM memberships m"
        " WHERE NOT EXISTS (SELECT 1 FROM memberships o WHERE o.user_id = m.user_id AND"
        " (o.added_at < m.added_at OR (o.added_at = m.added_at AND o.account_id < m.account_id)))"
    )
    op.execute(
        "DELETE FROM sessions WHERE NOT EXISTS (SELECT 1 FROM former_memberships m"
        " WHERE m.account_id = sessions.account_id AND m.user_id = sessions.user_id)"
    )
    _set_aside(but_first="memberships")
    _make_users(with_account=True)
    _make_sessions(of="users")
    op.execute(
        "INSERT INTO users (account_id, user_id, email, name, role, password_hash, created_at, last_seen_at, disabled)"
        " SELECT m.account_id, u.user_id, email, name, role, password_hash, created_at, last_seen_at, disabled"
        " FROM former_users u JOIN former_memberships m ON m.user_id = u.user_id"
    )
    _bring_sessions_back()
    op.drop_table("former_memberships")


def _set_aside(*, but_first: str | None = None) -> None:
    for table in ("sessions", "users"):
        op.execute(f"CREATE TABLE former_{table} AS SELECT * FROM {table}")  # noqa: S608 - names of ours
    for table in filter(None, ("sessions", but_first, "users")):
        op.drop_table(table)


def _bring_sessions_back() -> None:
    columns = "account_id, session_hash, user_id, created_at, expires_at, used_at, address, agent"
    op.execute(f"INSERT INTO sessions ({columns}) SELECT {columns} FROM former_sessions")  # noqa: S608 - names of ours
    op.drop_table("former_sessions")
    op.drop_table("former_users")


def _text(name: str, comment: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null, comment=comment)


def _time(name: str, comment: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=null, comment=comment + _SINCE_1970)


def _make_users(*, with_account: bool) -> None:
    account = [_text("account_id", _TENANT), _text("role", "owner, manage or view")] if with_account else []
    keys = ["account_id", "user_id"] if with_account else ["user_id"]
    belongs = (
        [sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_users_accounts")]
        if with_account
        else []
    )
    op.create_table(
        "users",
        _text("user_id", "The person's id"),
        _text("email", "What the person signs in with, in lower case; one person has it in the whole installation"),
        _text("name", "What to call the person"),
        _text("password_hash", "Argon2 hash; null when the person signs in elsewhere", null=True),
        _time("created_at", "When the person was added"),
        _time("last_seen_at", "When the person last signed in", null=True),
        sa.Column(
            "disabled",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="Whether sign-in is refused",
        ),
        *account,
        sa.PrimaryKeyConstraint(*keys, name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        *belongs,
        comment="People who sign in; one person may belong to several accounts",
    )


def _make_memberships() -> None:
    op.create_table(
        "memberships",
        _text("account_id", _TENANT),
        _text("user_id", "The person"),
        _text("role", "owner, manage or view"),
        sa.Column(
            "cameras", Json, nullable=True, comment="The only cameras that the person may see; null for all of them"
        ),
        _time("added_at", "When the person was added to the account"),
        _time("used_at", "When a session of the person last began to act in the account", null=True),
        sa.PrimaryKeyConstraint("account_id", "user_id", name="pk_memberships"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_memberships_accounts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name="fk_memberships_users"),
        comment="Who belongs to which account, and as what",
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])


def _make_sessions(*, of: str) -> None:
    op.create_table(
        "sessions",
        _text("account_id", _TENANT),
        _text("session_hash", "SHA-256 of the cookie's secret; the secret itself is kept nowhere"),
        _text("user_id", "Who signed in"),
        _time("created_at", "When"),
        _time("expires_at", "Until when it is good"),
        _time("used_at", "When it was last used, to the minute"),
        _text("address", "From where", null=True),
        _text("agent", "With which browser", null=True),
        sa.PrimaryKeyConstraint("account_id", "session_hash", name="pk_sessions"),
        sa.UniqueConstraint("session_hash", name="uq_sessions_session_hash"),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"], [f"{of}.account_id", f"{of}.user_id"], name=f"fk_sessions_{of}"
        ),
        comment="Signed-in browsers; the account is the one in which the session acts now",
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    if of == "memberships":
        op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
