"""The database itself refuses to change or delete an entry of the audit trail."""

from alembic import op

revision = "0014"
down_revision = "0013"

_TEXT = "the audit trail is only ever added to"


def upgrade() -> None:
    """Go on to this revision."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_TEXT}'; END $$"
        )
        for name, act, each in (("audit_kept", "UPDATE OR DELETE", "ROW"), ("audit_whole", "TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {act} ON audit FOR EACH {each} EXECUTE FUNCTION audit_is_only_added_to()"
            )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_kept_from_{act.lower()} BEFORE {act} ON audit "
            f"BEGIN SELECT RAISE(ABORT, '{_TEXT}'); END"
        )


def downgrade() -> None:
    """Go back from this revision."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_kept ON audit")
        op.execute("DROP TRIGGER audit_whole ON audit")
        op.execute("DROP FUNCTION audit_is_only_added_to()")
        return
    for act in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_kept_from_{act}")
