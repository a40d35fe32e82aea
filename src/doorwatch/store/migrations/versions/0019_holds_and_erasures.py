"""Evidence is held on purpose, and cardholders are erased on purpose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

STRUCTURE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_SINCE_1970 = "; microseconds since 1970 UTC"


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "holds",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("hold_id", "The hold's id"),
        _text("incident_id", "The incident whose evidence is kept"),
        _text("reason", "Why, in the words of whoever placed it"),
        _text("placed_by", "Who placed it"),
        _time("placed_at", "When it was placed"),
        _time("until", "When it ends by itself; null when somebody has to end it", null=True),
        _text("released_by", "Who ended it", null=True),
        _time("released_at", "When somebody ended it", null=True),
        sa.PrimaryKeyConstraint("account_id", "hold_id", name="pk_holds"),
        sa.ForeignKeyConstraint(
            ["account_id", "incident_id"],
            ["incidents.account_id", "incidents.incident_id"],
            name="fk_holds_incidents",
        ),
        comment="Evidence that nothing deletes, replaces or cleans of names while a hold is on it",
    )
    op.create_index("ix_holds_account_id_incident_id", "holds", ["account_id", "incident_id"])
    op.create_table(
        "erasures",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("erasure_id", "The erasure's id"),
        _time("erased_at", "When the person was erased"),
        _text("erased_by", "Who had it done"),
        sa.Column(
            "actor_key",
            sa.BigInteger(),
            nullable=True,
            comment="The person, while holds keep a part; null when nothing is left",
        ),
        sa.Column(
            "report",
            STRUCTURE,
            nullable=False,
            comment="How much was cleaned, and what holds still keep; names nobody",
        ),
        _time("finished_at", "When the last part was erased", null=True),
        sa.PrimaryKeyConstraint("account_id", "erasure_id", name="pk_erasures"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_erasures_accounts"),
        comment="Cardholders who were erased: that it was done and what is left, not who it was",
    )
    op.create_table(
        "tombstones",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("mark", "Keyed hash of an id, a name or an address that must not be stored again"),
        _text("erasure_id", "The erasure that it belongs to"),
        sa.PrimaryKeyConstraint("account_id", "mark", name="pk_tombstones"),
        sa.ForeignKeyConstraint(
            ["account_id", "erasure_id"],
            ["erasures.account_id", "erasures.erasure_id"],
            name="fk_tombstones_erasures",
        ),
        comment="By these an erased person is known when a gateway tells of them again; without the key they say nothing",
    )

    op.create_table(
        "audit_openings",
        _text("account_id", "The tenant to whom the row belongs"),
        _text("act", "The act that may change the trail: person.erase cleans entries, audit.retain deletes old ones"),
        _time("before", "Only entries from before then; null where the act looks at all", null=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_audit_openings"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_audit_openings_accounts"),
        comment="Acts that the database allows to change the trail, each inside of one transaction: empty outside of one",
    )
    _guard(_ALLOWED)


_TEXT = "the audit trail is only ever added to"
_SAME = " AND ".join(f"NEW.{name} = OLD.{name}" for name in ("account_id", "number", "at", "action"))
_OPENED = "SELECT 1 FROM audit_openings WHERE audit_openings.account_id = OLD.account_id AND audit_openings.act"
_ALLOWED = {
    "UPDATE": f"{_SAME} AND EXISTS ({_OPENED} = 'person.erase')",
    "DELETE": f"EXISTS ({_OPENED} = 'audit.retain' AND OLD.at < audit_openings.before)",
}
"""What may be done to an entry, in the words of both databases: clean its texts, and delete it when it is old."""

_NEVER = {"UPDATE": "1 = 0", "DELETE": "1 = 0"}


def _guard(allowed: dict[str, str]) -> None:
    """Have the database refuse what is not allowed."""
    if op.get_bind().dialect.name == "postgresql":
        told = f"RAISE EXCEPTION '{_TEXT}'"
        op.execute(
            "CREATE OR REPLACE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP = 'UPDATE' THEN IF {allowed['UPDATE']} THEN RETURN NEW; END IF; END IF; "
            f"IF TG_OP = 'DELETE' THEN IF {allowed['DELETE']} THEN RETURN OLD; END IF; END IF; {told}; END $$"
        )
        return
    for act, condition in allowed.items():
        op.execute(f"DROP TRIGGER audit_kept_from_{act.lower()}")
        op.execute(
            f"CREATE TRIGGER audit_kept_from_{act.lower()} BEFORE {act} ON audit WHEN NOT ({condition}) "
            f"BEGIN SELECT RAISE(ABORT, '{_TEXT}'); END"
        )


def downgrade() -> None:
    """Go back from this revision."""
    _guard(_NEVER)
    for name in ("audit_openings", "tombstones", "erasures", "holds"):
        op.drop_table(name)


def _text(name: str, comment: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null, comment=comment)


def _time(name: str, comment: str, *, null: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=null, comment=comment + _SINCE_1970)
