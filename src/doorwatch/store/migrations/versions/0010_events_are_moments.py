"""An access event is one row: a moment, which refers to its account, its door and what it says by number.

Events were written twice, as what the system told and as what search finds, with a dozen texts in a dozen indexes.
"""
# ruff: noqa: S608  (nothing that somebody typed is in these statements)

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from doorwatch.store.engine.identity import door_number, hash_of

revision = "0010"
down_revision = "0009"

_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_PIECE = 1000

_KINDS = {"access_event": 0, "crossing": 16, "incident": 17, "health": 18}
_MEANINGS = {
    "grant": 1,
    "refusal": 2,
    "opened": 3,
    "closed": 4,
    "unlocked by schedule": 5,
    "unlocked by operator": 6,
    "locked": 7,
    "entry sensed": 8,
}


def upgrade() -> None:
    """Go on to this revision."""
    conn = op.get_bind()
    _number_places(conn)
    stories = _create_stories()
    postgres = conn.dialect.name == "postgresql"
    if postgres:
        op.execute("ALTER TABLE moments RENAME CONSTRAINT pk_moments TO pk_moments_before")
    _create_moments("moments_next")
    _tell_stories(conn, stories)
    _know_by_address(conn)
    conn.execute(sa.text(_COPY_OTHERS))
    conn.execute(sa.text(_COPY_EVENTS.format(said=_said(conn))))
    op.drop_table("stories_before")
    op.drop_table("access_events")
    op.drop_table("moments")
    op.rename_table("moments_next", "moments")
    _create_indexes()


def downgrade() -> None:
    """Go back from this revision: only while nothing happened yet, since what was left out can't be made again."""
    conn = op.get_bind()
    if conn.execute(sa.text("SELECT count(*) FROM moments")).scalar():
        raise RuntimeError("the tables of this version can't be taken back once they hold moments: restore a backup")
    if conn.dialect.name == "postgresql":
        op.execute("ALTER TABLE moments RENAME CONSTRAINT pk_moments TO pk_moments_after")
    op.drop_table("moments")
    op.drop_table("stories")
    for table in ("doors", "pacs", "accounts"):
        op.drop_index(f"ix_{table}_number", table_name=table)
        op.drop_column(table, "number")
    _create_former()


def _number_places(conn: sa.Connection) -> None:
    comments = {
        "accounts": "Its number in this installation, from 1: rows that are many refer to the tenant by it",
        "pacs": "Its number in this installation, from 1: rows that are many refer to it by it",
        "doors": "Its id as a number: rows that are many refer to the door by it",
    }
    for table, comment in comments.items():
        op.add_column(table, sa.Column("number", sa.BigInteger(), server_default="0", nullable=False, comment=comment))
    for table, key in (("accounts", ("account_id",)), ("pacs", ("account_id", "pacs_id"))):
        rows = conn.execute(
            sa.text(f"SELECT {', '.join(key)} FROM {table} ORDER BY created_at, {', '.join(key)}")
        ).mappings()
        where = " AND ".join(f"{name} = :{name}" for name in key)
        numbered = [{**row, "number": number} for number, row in enumerate(rows.all(), 1)]
        if numbered:
            conn.execute(sa.text(f"UPDATE {table} SET number = :number WHERE {where}"), numbered)
    doors = conn.execute(sa.text("SELECT account_id, door_id FROM doors")).mappings().all()
    if doors:
        conn.execute(
            sa.text("UPDATE doors SET number = :number WHERE account_id = :account_id AND door_id = :door_id"),
            [{**row, "number": door_number(row["door_id"])} for row in doors],
        )
    for table in comments:
        op.create_index(f"ix_{table}_number", table, ["number"], unique=True)


def _said(conn: sa.Connection) -> str:
    """An expression that is the same for events that say the same, and only for those."""
    labels = "e.labels::text" if conn.dialect.name == "postgresql" else "e.labels"
    mark = "chr(1)" if conn.dialect.name == "postgresql" else "char(1)"
    return f"e.event_type || {mark} || coalesce(e.side, {mark}) || {mark} || {labels} || {mark} || coalesce(e.source, {mark})"


def _tell_stories(conn: sa.Connection, stories: sa.Table) -> None:
    """Write the story of every event, and which it is by what was said."""
    before = op.create_table(
        "stories_before",
        sa.Column("account_id", sa.Text(), primary_key=True),
        sa.Column("said", sa.Text(), primary_key=True),
        sa.Column("story", sa.BigInteger(), nullable=False),
    )
    labels = "e.labels::text" if conn.dialect.name == "postgresql" else "e.labels"
    query = (
        f"SELECT DISTINCT e.account_id, e.event_type, e.side, {labels} AS labels, e.source, {_said(conn)} AS said "
        "FROM access_events e"
    )
    made: dict[tuple[str, int], dict[str, object]] = {}
    known: list[dict[str, object]] = []
    for row in conn.execute(sa.text(query)).all():
        further = json.loads(row.labels)
        parts = [row.event_type, *(["side", row.side] if row.side else [])]
        parts += [] if row.source is None else ["source", row.source]
        story = hash_of("story", str(len(parts)), *parts, *further)
        known.append({"account_id": row.account_id, "said": row.said, "story": story})
        made[row.account_id, story] = {
            "account_id": row.account_id,
            "story": story,
            "event_type": row.event_type,
            "side": row.side,
            "labels": further,
            "source": row.source,
        }
    for start in range(0, len(known), _PIECE):
        conn.execute(before.insert(), known[start : start + _PIECE])
    told = list(made.values())
    for start in range(0, len(told), _PIECE):
        conn.execute(stories.insert(), told[start : start + _PIECE])


def _know_by_address(conn: sa.Connection) -> None:
    """Who was known by an address alone stood in the event only: write a row for each, and refer to it."""
    query = (
        "SELECT DISTINCT account_id, pacs_id, actor_email FROM access_events "
        "WHERE actor_email IS NOT NULL AND actor_id IS NULL AND actor_name IS NULL"
    )
    for row in conn.execute(sa.text(query)).mappings().all():
        values = {**row, "key": hash_of("actor", row["pacs_id"], f"mail:{row['actor_email']}")}
        conn.execute(
            sa.text(
                "INSERT INTO actors (account_id, actor_key, pacs_id, email, folded) "
                "VALUES (:account_id, :key, :pacs_id, :actor_email, '') ON CONFLICT DO NOTHING"
            ),
            values,
        )
        conn.execute(
            sa.text(
                "UPDATE moments SET actor_key = :key WHERE account_id = :account_id AND moment_id IN "
                "(SELECT 'event:' || pacs_id || ':' || event_id FROM access_events WHERE account_id = :account_id "
                "AND pacs_id = :pacs_id AND actor_email = :actor_email AND actor_id IS NULL AND actor_name IS NULL)"
            ),
            values,
        )


def _codes(column: str, codes: dict[str, int]) -> str:
    whens = " ".join(f"WHEN '{word}' THEN {code}" for word, code in codes.items())
    return f"CASE {column} {whens} ELSE 0 END"


_COPY_OTHERS = f"""
INSERT INTO moments_next (number, account, origin, name, kind, at, arrived_at, door_id, label_set, camera_set,
    actor_key, direction, outcome, title, detail, folded, crossing_id, incident_id, track, review, state, people,
    grants, excess, picture)
SELECT (a.number << 40) | m.sequence, a.number, -a.number, m.moment_id, {_codes("m.kind", _KINDS)}, m.at, m.arrived_at,
    d.number, m.label_set, m.camera_set, m.actor_key, m.direction, m.outcome, m.title, m.detail, m.folded,
    m.crossing_id, m.incident_id, m.track, m.review, m.state, m.people, m.grants, m.excess, m.picture
FROM moments m JOIN accounts a ON a.account_id = m.account_id
LEFT JOIN doors d ON d.account_id = m.account_id AND d.door_id = m.door_id
WHERE m.kind <> 'access_event' ORDER BY a.number, m.sequence
"""

_COPY_EVENTS = f"""
INSERT INTO moments_next (number, account, origin, name, kind, at, arrived_at, door_id, label_set, camera_set,
    actor_key, story, access_point_id, direction, outcome, picture)
SELECT (a.number << 40) | m.sequence, a.number, p.number, e.event_id, {_codes("e.meaning", _MEANINGS)}, e.at,
    e.arrived_at, d.number, m.label_set, m.camera_set, m.actor_key, s.story, e.access_point_id, e.side, e.outcome,
    m.picture
FROM moments m JOIN access_events e
    ON e.account_id = m.account_id AND e.pacs_id = m.pacs_id AND e.event_id = m.event_id
JOIN accounts a ON a.account_id = e.account_id
JOIN pacs p ON p.account_id = e.account_id AND p.pacs_id = e.pacs_id
JOIN doors d ON d.account_id = e.account_id AND d.door_id = e.door_id
JOIN stories_before s ON s.account_id = e.account_id AND s.said = {{said}}
WHERE m.kind = 'access_event' ORDER BY a.number, m.sequence
"""


def _create_stories() -> sa.Table:
    return op.create_table(
        "stories",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("story", sa.BigInteger(), autoincrement=False, nullable=False, comment="Hash of all that follows"),
        sa.Column("event_type", sa.Text(), nullable=False, comment="The type in the access control system's words"),
        sa.Column("side", sa.Text(), nullable=True, comment="in or out, where the reader's side is known"),
        sa.Column("labels", _JSON, nullable=False, comment="Further labels that came with it"),
        sa.Column("source", sa.Text(), nullable=True, comment="stream or report"),
        sa.PrimaryKeyConstraint("account_id", "story", name=op.f("pk_stories")),
        comment="What access events say apart from where, when and who: there are few of them and many events",
        sqlite_with_rowid=False,
    )


def _create_moments(name: str) -> None:
    op.create_table(
        name,
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="The number of its account in the upper bits (from 40 on), below them the account's own count of what was written: it grows in the order of commits",
        ),
        sa.Column("account", sa.BigInteger(), nullable=False, comment="The tenant, by its number"),
        sa.Column(
            "origin",
            sa.BigInteger(),
            nullable=False,
            comment="The number of the access control system that told it; of what Doorwatch says itself, -account",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="The access event's id there; of others, the moment's id"),
        sa.Column(
            "changed",
            sa.BigInteger(),
            nullable=True,
            comment="The number that it got when it last changed; null when it never did",
        ),
        sa.Column(
            "kind",
            sa.BigInteger(),
            nullable=False,
            comment="0 to 8 an access event, by what it says to the rule; 16 crossing, 17 incident, 18 health",
        ),
        sa.Column(
            "at",
            sa.BigInteger(),
            nullable=False,
            comment="When it happened; of an access event by the access control system's clock, never corrected; microseconds since 1970 UTC",
        ),
        sa.Column(
            "arrived_at", sa.BigInteger(), nullable=False, comment="When the server had it; microseconds since 1970 UTC"
        ),
        sa.Column("door_id", sa.BigInteger(), nullable=True, comment="The door, as a number"),
        sa.Column("label_set", sa.BigInteger(), nullable=False, comment="Its labels, as a set"),
        sa.Column(
            "camera_set",
            sa.BigInteger(),
            nullable=True,
            comment="The cameras that were mapped to the door then, as a set",
        ),
        sa.Column("actor_key", sa.BigInteger(), nullable=True, comment="The person whose credential was used"),
        sa.Column("story", sa.BigInteger(), nullable=True, comment="Of an access event: what it said"),
        sa.Column("access_point_id", sa.Text(), nullable=True, comment="Of an access event: the reader or sensor"),
        sa.Column("direction", sa.Text(), nullable=True, comment="in or out, where it has one"),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="What the rule made of a crossing or a grant; null while it did not look",
        ),
        sa.Column(
            "title", sa.Text(), nullable=True, comment="What happened, in a few words; null where its type says it"
        ),
        sa.Column("detail", sa.Text(), nullable=True, comment="More about it"),
        sa.Column(
            "folded",
            sa.Text(),
            nullable=True,
            comment="Title and detail to be searched, where they say more than labels and names",
        ),
        sa.Column("crossing_id", sa.Text(), nullable=True, comment="Of a crossing: its id"),
        sa.Column("incident_id", sa.Text(), nullable=True, comment="Of an incident: its id"),
        sa.Column("track", sa.Text(), nullable=True, comment="Of a crossing: the person's track"),
        sa.Column("review", sa.Text(), nullable=True, comment="Of an incident: new, confirmed or dismissed"),
        sa.Column("state", sa.Text(), nullable=True, comment="Of an incident: how sure the rule is"),
        sa.Column("people", sa.BigInteger(), nullable=True, comment="Of an incident: people who passed"),
        sa.Column("grants", sa.BigInteger(), nullable=True, comment="Of an incident: grants they used"),
        sa.Column("excess", sa.BigInteger(), nullable=True, comment="Of an incident: entries without an admission"),
        sa.Column(
            "picture",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="Whether there is a picture of it",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_moments")),
        comment="Everything that search finds, one row each; an access event is this row and no other",
    )


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _create_indexes() -> None:
    op.create_index("ix_moments_name", "moments", ["origin", "name"], unique=True)
    op.create_index("ix_moments_at", "moments", ["account", "at"])
    op.create_index("ix_moments_label", "moments", ["account", "label_set", "at"])
    op.create_index("ix_moments_door", "moments", ["door_id", "kind", "at", "label_set"])
    op.create_index("ix_moments_camera", "moments", ["account", "camera_set", "at"], **_where("camera_set IS NOT NULL"))
    op.create_index("ix_moments_actor", "moments", ["account", "actor_key", "at"], **_where("actor_key IS NOT NULL"))
    op.create_index("ix_moments_kind", "moments", ["account", "kind", "at"], **_where("kind >= 16"))
    op.create_index("ix_moments_changed", "moments", ["changed"], unique=True, **_where("changed IS NOT NULL"))


def _create_former() -> None:
    op.create_table(
        "moments",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("moment_id", sa.Text(), nullable=False, comment="The moment's id, made from what it shows"),
        sa.Column(
            "sequence",
            sa.BigInteger(),
            nullable=False,
            comment="Grows per account in the order of commits; a changed moment gets a new one",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="access_event, crossing, incident or health"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="When it happened; microseconds since 1970 UTC"),
        sa.Column(
            "arrived_at", sa.BigInteger(), nullable=False, comment="When the server had it; microseconds since 1970 UTC"
        ),
        sa.Column("door_id", sa.Text(), nullable=True, comment="The door"),
        sa.Column("label_set", sa.BigInteger(), nullable=False, comment="Its labels, as a set"),
        sa.Column(
            "camera_set",
            sa.BigInteger(),
            nullable=True,
            comment="The cameras that were mapped to the door then, as a set",
        ),
        sa.Column("actor_key", sa.BigInteger(), nullable=True, comment="The person whose credential was used"),
        sa.Column("title", sa.Text(), nullable=False, comment="What happened, in a few words"),
        sa.Column("detail", sa.Text(), nullable=True, comment="More about it"),
        sa.Column(
            "folded",
            sa.Text(),
            nullable=True,
            comment="Title and detail to be searched, where they say more than labels and names",
        ),
        sa.Column("event_type", sa.Text(), nullable=True, comment="Of an access event: its type"),
        sa.Column("pacs_id", sa.Text(), nullable=True, comment="Of an access event: the access control system"),
        sa.Column("event_id", sa.Text(), nullable=True, comment="Of an access event: its id there"),
        sa.Column("crossing_id", sa.Text(), nullable=True, comment="Of a crossing: its id"),
        sa.Column("incident_id", sa.Text(), nullable=True, comment="Of an incident: its id"),
        sa.Column("direction", sa.Text(), nullable=True, comment="in or out, where it has one"),
        sa.Column("outcome", sa.Text(), nullable=True, comment="What the rule made of a crossing or a grant"),
        sa.Column("track", sa.Text(), nullable=True, comment="Of a crossing: the person's track"),
        sa.Column("review", sa.Text(), nullable=True, comment="Of an incident: new, confirmed or dismissed"),
        sa.Column("state", sa.Text(), nullable=True, comment="Of an incident: how sure the rule is"),
        sa.Column("people", sa.BigInteger(), nullable=True, comment="Of an incident: people who passed"),
        sa.Column("grants", sa.BigInteger(), nullable=True, comment="Of an incident: grants they used"),
        sa.Column("excess", sa.BigInteger(), nullable=True, comment="Of an incident: entries without an admission"),
        sa.Column(
            "picture",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="Whether there is a picture of it",
        ),
        sa.PrimaryKeyConstraint("account_id", "moment_id", name=op.f("pk_moments")),
        sa.UniqueConstraint("account_id", "sequence", name=op.f("uq_moments_account_id_sequence")),
        comment="Everything that search finds, one row each",
    )
    op.create_index("ix_moments_at", "moments", ["account_id", "at"])
    op.create_index("ix_moments_label", "moments", ["account_id", "label_set", "at"])
    op.create_index("ix_moments_door", "moments", ["account_id", "door_id", "label_set", "at"])
    op.create_index("ix_moments_kind", "moments", ["account_id", "kind", "at"])
    for column in ("camera", "actor"):
        known = "camera_set" if column == "camera" else "actor_key"
        index = ["account_id", known, "at"]
        op.create_index(f"ix_moments_{column}", "moments", index, **_where(f"{known} IS NOT NULL"))
    op.create_table(
        "access_events",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("pacs_id", sa.Text(), nullable=False, comment="The access control system that told it"),
        sa.Column("event_id", sa.Text(), nullable=False, comment="The event's identity there"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door"),
        sa.Column(
            "at",
            sa.BigInteger(),
            nullable=False,
            comment="When it happened by the access control system's clock, never corrected; microseconds since 1970 UTC",
        ),
        sa.Column(
            "arrived_at", sa.BigInteger(), nullable=False, comment="When the server had it; microseconds since 1970 UTC"
        ),
        sa.Column("event_type", sa.Text(), nullable=False, comment="The type in the access control system's words"),
        sa.Column(
            "meaning",
            sa.Text(),
            nullable=True,
            comment="What the type says to the rule; null when the rule does not read it",
        ),
        sa.Column("side", sa.Text(), nullable=True, comment="in or out, where the reader's side is known"),
        sa.Column("actor_id", sa.Text(), nullable=True, comment="Whose credential it was, as an id"),
        sa.Column("actor_name", sa.Text(), nullable=True, comment="Whose credential it was, as a name"),
        sa.Column("actor_email", sa.Text(), nullable=True, comment="Where the person gets mail"),
        sa.Column("labels", _JSON, nullable=False, comment="Further labels that came with it"),
        sa.Column("access_point_id", sa.Text(), nullable=True, comment="The reader or sensor"),
        sa.Column("source", sa.Text(), nullable=True, comment="stream or report"),
        sa.Column(
            "outcome", sa.Text(), nullable=True, comment="What the rule made of a grant; null while it did not look"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_access_events_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "pacs_id", "event_id", name=op.f("pk_access_events")),
        comment="What access control systems said about doors",
    )
    op.create_index(
        "ix_access_events_account_id_door_id_meaning_at", "access_events", ["account_id", "door_id", "meaning", "at"]
    )
