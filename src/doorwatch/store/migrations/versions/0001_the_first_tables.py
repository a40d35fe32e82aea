"""The first tables."""
# ruff: noqa: PLR0915  (a migration is a list)

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

STRUCTURE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Go on to this revision."""
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("name", sa.Text(), nullable=False, comment="What people call the tenant"),
        sa.Column(
            "created_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the account was made; microseconds since 1970 UTC",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        comment="Tenants",
    )
    op.create_table(
        "actors",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column(
            "actor_key", sa.BigInteger(), autoincrement=False, nullable=False, comment="Hash of the credential's holder"
        ),
        sa.Column("pacs_id", sa.Text(), nullable=False, comment="The access control system that knows the person"),
        sa.Column("actor_id", sa.Text(), nullable=True, comment="The person's id there"),
        sa.Column("name", sa.Text(), nullable=True, comment="The person's name"),
        sa.Column("email", sa.Text(), nullable=True, comment="Where the person gets mail"),
        sa.Column(
            "folded",
            sa.Text(),
            nullable=False,
            comment="Id and name in lower case without accents and signs, each word after one space",
        ),
        sa.PrimaryKeyConstraint("account_id", "actor_key", name=op.f("pk_actors")),
        comment="People whose credentials were used: named once here, so that a person's data can be removed in one place",
    )
    op.create_table(
        "counters",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("name", sa.Text(), nullable=False, comment="What is counted"),
        sa.Column("value", sa.BigInteger(), nullable=False, comment="The last number given out"),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_counters")),
        comment="Numbers given out in the order of commits: whoever holds the row is the next to commit",
    )
    op.create_table(
        "member_sets",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("set_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Hash of kind and members"),
        sa.Column("kind", sa.Text(), nullable=False, comment="labels or cameras"),
        sa.Column("members", STRUCTURE, nullable=False, comment="The members in order"),
        sa.PrimaryKeyConstraint("account_id", "set_id", name=op.f("pk_member_sets")),
        comment="Sets of labels and of cameras that moments share: there are few of them and many moments",
    )
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
    with op.batch_alter_table("moments", schema=None) as batch_op:
        batch_op.create_index("ix_moments_actor", ["account_id", "actor_key", "at"], unique=False)
        batch_op.create_index("ix_moments_at", ["account_id", "at"], unique=False)
        batch_op.create_index("ix_moments_camera", ["account_id", "camera_set", "at"], unique=False)
        batch_op.create_index("ix_moments_door", ["account_id", "door_id", "label_set", "at"], unique=False)
        batch_op.create_index("ix_moments_kind", ["account_id", "kind", "at"], unique=False)
        batch_op.create_index("ix_moments_label", ["account_id", "label_set", "at"], unique=False)

    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False, comment="What the secret is for"),
        sa.Column("value", sa.Text(), nullable=False, comment="The secret, as text"),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was made; microseconds since 1970 UTC"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
        comment="Secrets of the installation that must be read back, such as the key that signs links",
    )
    op.create_table(
        "set_members",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("kind", sa.Text(), nullable=False, comment="labels or cameras"),
        sa.Column("member", sa.Text(), nullable=False, comment="A label, folded, or a camera's id"),
        sa.Column("set_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="A set that has it"),
        sa.PrimaryKeyConstraint("account_id", "kind", "member", "set_id", name=op.f("pk_set_members")),
        comment="Which sets have a label or a camera",
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("subject", sa.Text(), nullable=False, comment="Hash of the address or of the e-mail that was tried"),
        sa.Column("failures", sa.BigInteger(), nullable=False, comment="How often in a row"),
        sa.Column("last_at", sa.BigInteger(), nullable=False, comment="The last of them; microseconds since 1970 UTC"),
        sa.Column(
            "blocked_until",
            sa.BigInteger(),
            nullable=False,
            comment="Until when further tries are refused; 0 for now; microseconds since 1970 UTC",
        ),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_failures")),
        comment="Failed sign-ins, to slow down guessing; belongs to no account since none is proved yet",
    )
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_failures_last_at"), ["last_at"], unique=False)

    op.create_table(
        "alert_rules",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("rule_id", sa.Text(), nullable=False, comment="The rule's id"),
        sa.Column("name", sa.Text(), nullable=False, comment="What people call it"),
        sa.Column(
            "enabled",
            sa.Boolean(),
            server_default=sa.text("(true)"),
            nullable=False,
            comment="Whether it sends anything",
        ),
        sa.Column("settings", STRUCTURE, nullable=False, comment="What it watches, whom it tells and in which words"),
        sa.Column(
            "changed_at", sa.BigInteger(), nullable=False, comment="When it was saved; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_alert_rules_accounts")),
        sa.PrimaryKeyConstraint("account_id", "rule_id", name=op.f("pk_alert_rules")),
        comment="Who is told of what",
    )
    op.create_table(
        "audit",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False, comment="Counts up from 1"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="When; microseconds since 1970 UTC"),
        sa.Column("actor", sa.Text(), nullable=False, comment="Who: a user's e-mail, a token's name, or the system"),
        sa.Column("action", sa.Text(), nullable=False, comment="What was done, such as incident.review"),
        sa.Column("subject", sa.Text(), nullable=True, comment="To what"),
        sa.Column("detail", STRUCTURE, nullable=False, comment="What changed; never a secret"),
        sa.Column("address", sa.Text(), nullable=True, comment="From where"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_audit_accounts")),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_audit")),
        comment="Who did what; rows are only ever added",
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_account_id_at"), ["account_id", "at"], unique=False)

    op.create_table(
        "cameras",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("camera_id", sa.Text(), nullable=False, comment="The camera's id"),
        sa.Column("name", sa.Text(), nullable=False, comment="What people call it"),
        sa.Column(
            "url", sa.Text(), nullable=False, comment="Where its stream is read, with its password: never shown whole"
        ),
        sa.Column(
            "enabled",
            sa.Boolean(),
            server_default=sa.text("(true)"),
            nullable=False,
            comment="Whether it is read at all",
        ),
        sa.Column(
            "settings", STRUCTURE, nullable=False, comment="Detector, recording and the like, as given to the analyzer"
        ),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was added; microseconds since 1970 UTC"
        ),
        sa.Column(
            "deleted_at",
            sa.BigInteger(),
            nullable=True,
            comment="When it was removed; what it saw keeps naming it; microseconds since 1970 UTC",
        ),
        sa.Column(
            "status_code",
            sa.BigInteger(),
            server_default="100",
            nullable=False,
            comment="100 starting, 200 online, 4xx and 500 as in the contract",
        ),
        sa.Column("status_message", sa.Text(), nullable=True, comment="What the analyzer says about it"),
        sa.Column(
            "status_at",
            sa.BigInteger(),
            nullable=True,
            comment="When the analyzer last said so; microseconds since 1970 UTC",
        ),
        sa.Column("width", sa.BigInteger(), nullable=True, comment="Width of its picture in pixels"),
        sa.Column("height", sa.BigInteger(), nullable=True, comment="Height of its picture in pixels"),
        sa.Column("fps", sa.Float(), nullable=True, comment="Frames a second"),
        sa.Column("codec", sa.Text(), nullable=True, comment="Codec of its stream"),
        sa.Column(
            "last_frame_at",
            sa.BigInteger(),
            nullable=True,
            comment="Capture time of its newest frame; microseconds since 1970 UTC",
        ),
        sa.Column(
            "latency_ms", sa.Float(), nullable=True, comment="Milliseconds from capture to verdict of the newest frame"
        ),
        sa.Column("detector", sa.Text(), nullable=True, comment="The detector that looks at it"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_cameras_accounts")),
        sa.PrimaryKeyConstraint("account_id", "camera_id", name=op.f("pk_cameras")),
        comment="Video sources",
    )
    op.create_table(
        "outbox",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("message_id", sa.Text(), nullable=False, comment="The message's id"),
        sa.Column("dedupe", sa.Text(), nullable=False, comment="Two messages with the same words here are one"),
        sa.Column("channel", sa.Text(), nullable=False, comment="email, webhook, ..."),
        sa.Column("recipient", sa.Text(), nullable=False, comment="To whom"),
        sa.Column("subject", sa.Text(), nullable=False, comment="What it is about"),
        sa.Column(
            "thread", sa.Text(), nullable=True, comment="Messages of one thread belong together for the recipient"
        ),
        sa.Column("incident_id", sa.Text(), nullable=True, comment="The incident that it tells of"),
        sa.Column("rule_id", sa.Text(), nullable=True, comment="The rule that sent it"),
        sa.Column("payload", STRUCTURE, nullable=False, comment="What the channel needs to deliver it"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, sent or failed"),
        sa.Column(
            "attempts", sa.BigInteger(), server_default="0", nullable=False, comment="How often delivery was tried"
        ),
        sa.Column("error", sa.Text(), nullable=True, comment="Why the last try failed"),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was written; microseconds since 1970 UTC"
        ),
        sa.Column(
            "due_at",
            sa.BigInteger(),
            nullable=False,
            comment="When it is to be tried next; microseconds since 1970 UTC",
        ),
        sa.Column(
            "leased_until",
            sa.BigInteger(),
            nullable=False,
            comment="Until when a worker holds it; 0 when none does; microseconds since 1970 UTC",
        ),
        sa.Column(
            "sent_at", sa.BigInteger(), nullable=True, comment="When it was handed over; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_outbox_accounts")),
        sa.PrimaryKeyConstraint("account_id", "message_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("account_id", "dedupe", name=op.f("uq_outbox_account_id_dedupe")),
        comment="Messages to deliver and those that were",
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_account_id_created_at"), ["account_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_state_due_at"), ["state", "due_at"], unique=False)

    op.create_table(
        "settings",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("name", sa.Text(), nullable=False, comment="The setting"),
        sa.Column("value", STRUCTURE, nullable=True, comment="Its value"),
        sa.Column(
            "changed_at", sa.BigInteger(), nullable=False, comment="When it was set; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_settings_accounts")),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_settings")),
        comment="An account's settings",
    )
    op.create_table(
        "sites",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("site_id", sa.Text(), nullable=False, comment="The site's id"),
        sa.Column("name", sa.Text(), nullable=False, comment="What people call the place"),
        sa.Column(
            "time_zone",
            sa.Text(),
            nullable=False,
            comment="IANA name of the zone in which the site's times are shown and searched",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_sites_accounts")),
        sa.PrimaryKeyConstraint("account_id", "site_id", name=op.f("pk_sites")),
        comment="Places of an account, each with its own time zone",
    )
    op.create_table(
        "tokens",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("token_id", sa.Text(), nullable=False, comment="The token's id"),
        sa.Column("name", sa.Text(), nullable=False, comment="What it is for, in the owner's words"),
        sa.Column("kind", sa.Text(), nullable=False, comment="gateway, analyzer or api"),
        sa.Column("scopes", STRUCTURE, nullable=False, comment="What it may do"),
        sa.Column(
            "pacs_id", sa.Text(), nullable=True, comment="The access control system for which a gateway's token writes"
        ),
        sa.Column("prefix", sa.Text(), nullable=False, comment="Its first characters, to tell tokens apart"),
        sa.Column(
            "token_hash", sa.Text(), nullable=False, comment="SHA-256 of the token; the token itself is kept nowhere"
        ),
        sa.Column("created_by", sa.Text(), nullable=True, comment="The user who made it"),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was made; microseconds since 1970 UTC"
        ),
        sa.Column(
            "used_at",
            sa.BigInteger(),
            nullable=True,
            comment="When it was last used, to the minute; microseconds since 1970 UTC",
        ),
        sa.Column(
            "expires_at",
            sa.BigInteger(),
            nullable=True,
            comment="Until when it is good; null for no end; microseconds since 1970 UTC",
        ),
        sa.Column(
            "revoked_at", sa.BigInteger(), nullable=True, comment="When it was revoked; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_tokens_accounts")),
        sa.PrimaryKeyConstraint("account_id", "token_id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tokens_token_hash")),
        comment="Keys of gateways, analyzers and programs",
    )
    op.create_table(
        "users",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("user_id", sa.Text(), nullable=False, comment="The user's id"),
        sa.Column(
            "email",
            sa.Text(),
            nullable=False,
            comment="What the user signs in with, in lower case; one user has it in the whole installation",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="What to call the user"),
        sa.Column("role", sa.Text(), nullable=False, comment="owner, manage or view"),
        sa.Column(
            "password_hash", sa.Text(), nullable=True, comment="Argon2 hash; null when the user signs in elsewhere"
        ),
        sa.Column(
            "created_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the user was added; microseconds since 1970 UTC",
        ),
        sa.Column(
            "last_seen_at",
            sa.BigInteger(),
            nullable=True,
            comment="When the user last signed in; microseconds since 1970 UTC",
        ),
        sa.Column(
            "disabled",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="Whether sign-in is refused",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_users_accounts")),
        sa.PrimaryKeyConstraint("account_id", "user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        comment="People who sign in",
    )
    op.create_table(
        "camera_coverage",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("camera_id", sa.Text(), nullable=False, comment="The camera"),
        sa.Column(
            "start",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="From when it saw; microseconds since 1970 UTC",
        ),
        sa.Column("end", sa.BigInteger(), nullable=False, comment="Until when it saw; microseconds since 1970 UTC"),
        sa.ForeignKeyConstraint(
            ["account_id", "camera_id"],
            ["cameras.account_id", "cameras.camera_id"],
            name=op.f("fk_camera_coverage_cameras"),
        ),
        sa.PrimaryKeyConstraint("account_id", "camera_id", "start", name=op.f("pk_camera_coverage")),
        comment="Time for which cameras really saw, in intervals that never touch",
    )
    op.create_table(
        "garbage",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("segment_id", sa.Text(), nullable=False, comment="The segment that was removed from the list"),
        sa.Column("camera_id", sa.Text(), nullable=False, comment="The camera that recorded it"),
        sa.Column("name", sa.Text(), nullable=False, comment="The file that the analyzer is still to delete"),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="Size of the file"),
        sa.Column(
            "removed_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the row left the list of segments; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "camera_id"], ["cameras.account_id", "cameras.camera_id"], name=op.f("fk_garbage_cameras")
        ),
        sa.PrimaryKeyConstraint("account_id", "segment_id", name=op.f("pk_garbage")),
        comment="Files whose rows are gone and that are still on the analyzer's disk",
    )
    with op.batch_alter_table("garbage", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_garbage_account_id_removed_at"), ["account_id", "removed_at"], unique=False
        )

    op.create_table(
        "pacs",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("pacs_id", sa.Text(), nullable=False, comment="The access control system's id"),
        sa.Column("site_id", sa.Text(), nullable=False, comment="The site it guards"),
        sa.Column("name", sa.Text(), nullable=False, comment="What people call it"),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="When it was made known; microseconds since 1970 UTC"
        ),
        sa.Column(
            "covered_until",
            sa.BigInteger(),
            nullable=True,
            comment="Until when its gateway held all events; null when it never sent coverage; microseconds since 1970 UTC",
        ),
        sa.Column(
            "heard_at",
            sa.BigInteger(),
            nullable=True,
            comment="When its gateway last said anything; microseconds since 1970 UTC",
        ),
        sa.Column(
            "subscribed",
            STRUCTURE,
            nullable=True,
            comment="Event types its gateway is subscribed to; null when it never said",
        ),
        sa.Column("refused", STRUCTURE, nullable=True, comment="Event types the system refused to deliver"),
        sa.ForeignKeyConstraint(
            ["account_id", "site_id"], ["sites.account_id", "sites.site_id"], name=op.f("fk_pacs_sites")
        ),
        sa.PrimaryKeyConstraint("account_id", "pacs_id", name=op.f("pk_pacs")),
        comment="Access control systems",
    )
    op.create_table(
        "segments",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("segment_id", sa.Text(), nullable=False, comment="The analyzer's id of the file"),
        sa.Column("camera_id", sa.Text(), nullable=False, comment="The camera that recorded it"),
        sa.Column(
            "start",
            sa.BigInteger(),
            nullable=False,
            comment="Capture time of its first frame; microseconds since 1970 UTC",
        ),
        sa.Column(
            "end",
            sa.BigInteger(),
            nullable=False,
            comment="Capture time after its last frame; microseconds since 1970 UTC",
        ),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="Size of the file"),
        sa.Column("name", sa.Text(), nullable=False, comment="The file's name under the analyzer's recordings"),
        sa.ForeignKeyConstraint(
            ["account_id", "camera_id"], ["cameras.account_id", "cameras.camera_id"], name=op.f("fk_segments_cameras")
        ),
        sa.PrimaryKeyConstraint("account_id", "segment_id", name=op.f("pk_segments")),
        comment="Recorded video on the analyzer's disk: only files that are safely written",
    )
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_segments_account_id_camera_id_start"), ["account_id", "camera_id", "start"], unique=False
        )

    op.create_table(
        "sessions",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column(
            "session_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the cookie's secret; the secret itself is kept nowhere",
        ),
        sa.Column("user_id", sa.Text(), nullable=False, comment="Who signed in"),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="When; microseconds since 1970 UTC"),
        sa.Column(
            "expires_at", sa.BigInteger(), nullable=False, comment="Until when it is good; microseconds since 1970 UTC"
        ),
        sa.Column(
            "used_at",
            sa.BigInteger(),
            nullable=False,
            comment="When it was last used, to the minute; microseconds since 1970 UTC",
        ),
        sa.Column("address", sa.Text(), nullable=True, comment="From where"),
        sa.Column("agent", sa.Text(), nullable=True, comment="With which browser"),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"], ["users.account_id", "users.user_id"], name=op.f("fk_sessions_users")
        ),
        sa.PrimaryKeyConstraint("account_id", "session_hash", name=op.f("pk_sessions")),
        sa.UniqueConstraint("session_hash", name=op.f("uq_sessions_session_hash")),
        comment="Signed-in browsers",
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "doors",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column(
            "door_id",
            sa.Text(),
            nullable=False,
            comment="The server's id of the door, made from account, access control system and device",
        ),
        sa.Column("pacs_id", sa.Text(), nullable=False, comment="The access control system that governs the door"),
        sa.Column("device_id", sa.Text(), nullable=False, comment="The door's id there"),
        sa.Column(
            "name", sa.Text(), nullable=False, comment="The door's name there, or its device id while no list named it"
        ),
        sa.Column(
            "listed",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="Whether a device list ever named it",
        ),
        sa.Column(
            "stale",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="Whether the newest list left it out",
        ),
        sa.Column("gateway_id", sa.Text(), nullable=True, comment="The gateway whose list named it"),
        sa.Column("access_points", STRUCTURE, nullable=False, comment="Its readers and sensors, each with id and side"),
        sa.Column(
            "suggested_cameras",
            STRUCTURE,
            nullable=False,
            comment="Cameras that the access control system itself associates with it",
        ),
        sa.Column(
            "first_seen_at",
            sa.BigInteger(),
            nullable=False,
            comment="When it was first heard of; microseconds since 1970 UTC",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "pacs_id"], ["pacs.account_id", "pacs.pacs_id"], name=op.f("fk_doors_pacs")
        ),
        sa.PrimaryKeyConstraint("account_id", "door_id", name=op.f("pk_doors")),
        sa.UniqueConstraint("account_id", "pacs_id", "device_id", name=op.f("uq_doors_account_id_pacs_id_device_id")),
        comment="Doors, as the access control systems list them",
    )
    op.create_table(
        "gateway_reports",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("pacs_id", sa.Text(), nullable=False, comment="The access control system whose gateway reports"),
        sa.Column("kind", sa.Text(), nullable=False, comment="stats, logs or errors"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False, comment="Counts up from 1 per kind"),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False, comment="When it came; microseconds since 1970 UTC"),
        sa.Column("body", STRUCTURE, nullable=False, comment="What the gateway sent"),
        sa.ForeignKeyConstraint(
            ["account_id", "pacs_id"], ["pacs.account_id", "pacs.pacs_id"], name=op.f("fk_gateway_reports_pacs")
        ),
        sa.PrimaryKeyConstraint("account_id", "pacs_id", "kind", "number", name=op.f("pk_gateway_reports")),
        comment="The newest statistics, log lines and errors of gateways",
    )
    op.create_table(
        "held_device_lists",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("pacs_id", sa.Text(), nullable=False, comment="The access control system whose list it is"),
        sa.Column(
            "gateway_id", sa.Text(), nullable=False, comment="The gateway that sent it; empty when it gave no id"
        ),
        sa.Column("dropped", STRUCTURE, nullable=False, comment="Ids of the doors that the list no longer names"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why it waits for a person, in one sentence"),
        sa.Column(
            "arrived_at", sa.BigInteger(), nullable=False, comment="When the list came; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "pacs_id"], ["pacs.account_id", "pacs.pacs_id"], name=op.f("fk_held_device_lists_pacs")
        ),
        sa.PrimaryKeyConstraint("account_id", "pacs_id", "gateway_id", name=op.f("pk_held_device_lists")),
        comment="Device lists that would drop suspiciously many doors and wait for somebody to accept that",
    )
    op.create_table(
        "pacs_coverage",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("pacs_id", sa.Text(), nullable=False, comment="The access control system"),
        sa.Column(
            "start",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="From when; microseconds since 1970 UTC",
        ),
        sa.Column("end", sa.BigInteger(), nullable=False, comment="Until when; microseconds since 1970 UTC"),
        sa.ForeignKeyConstraint(
            ["account_id", "pacs_id"], ["pacs.account_id", "pacs.pacs_id"], name=op.f("fk_pacs_coverage_pacs")
        ),
        sa.PrimaryKeyConstraint("account_id", "pacs_id", "start", name=op.f("pk_pacs_coverage")),
        comment="Time for which gateways really held all events, in intervals that never touch",
    )
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
        sa.Column("labels", STRUCTURE, nullable=False, comment="Further labels that came with it"),
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
    with op.batch_alter_table("access_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_access_events_account_id_door_id_at"), ["account_id", "door_id", "at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_access_events_account_id_door_id_meaning_at"),
            ["account_id", "door_id", "meaning", "at"],
            unique=False,
        )

    op.create_table(
        "crossings",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("crossing_id", sa.Text(), nullable=False, comment="The producer's id, kept through retries"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door"),
        sa.Column("camera_id", sa.Text(), nullable=False, comment="The camera that saw it"),
        sa.Column("track", sa.Text(), nullable=False, comment="The person's track on that camera"),
        sa.Column(
            "at",
            sa.BigInteger(),
            nullable=False,
            comment="Capture time of the first frame on the new side; microseconds since 1970 UTC",
        ),
        sa.Column(
            "arrived_at", sa.BigInteger(), nullable=False, comment="When the server had it; microseconds since 1970 UTC"
        ),
        sa.Column("direction", sa.Text(), nullable=False, comment="in or out"),
        sa.Column("confidence", sa.Float(), nullable=False, comment="0 to 1"),
        sa.Column(
            "continuous",
            sa.Boolean(),
            nullable=False,
            comment="Whether the track was never lost since its last crossing",
        ),
        sa.Column(
            "possible", sa.BigInteger(), nullable=False, comment="How many further people may be hidden behind this one"
        ),
        sa.Column(
            "trail",
            STRUCTURE,
            nullable=False,
            comment="Tiles on which the person stood: [microseconds, column, row] each",
        ),
        sa.Column("outcome", sa.Text(), nullable=True, comment="What the rule made of it; null while it did not look"),
        sa.Column("grant_id", sa.Text(), nullable=True, comment="The event id of the grant that admitted it"),
        sa.ForeignKeyConstraint(
            ["account_id", "camera_id"], ["cameras.account_id", "cameras.camera_id"], name=op.f("fk_crossings_cameras")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_crossings_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "crossing_id", name=op.f("pk_crossings")),
        comment="People passing thresholds",
    )
    with op.batch_alter_table("crossings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_crossings_account_id_door_id_at"), ["account_id", "door_id", "at"], unique=False
        )

    op.create_table(
        "dirty_doors",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door"),
        sa.Column(
            "changed_from",
            sa.BigInteger(),
            nullable=False,
            comment="The earliest input that changed; microseconds since 1970 UTC",
        ),
        sa.Column(
            "changed_to",
            sa.BigInteger(),
            nullable=False,
            comment="The latest input that changed; microseconds since 1970 UTC",
        ),
        sa.Column(
            "due_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the verdict is to be looked at again; microseconds since 1970 UTC",
        ),
        sa.Column(
            "marked_at",
            sa.BigInteger(),
            nullable=False,
            comment="When the oldest unserved change was committed; microseconds since 1970 UTC",
        ),
        sa.Column(
            "generation",
            sa.BigInteger(),
            nullable=False,
            comment="Grows with every mark, so that a mark made during the work is not lost",
        ),
        sa.Column(
            "leased_until",
            sa.BigInteger(),
            nullable=False,
            comment="Until when a worker holds it; 0 when none does; microseconds since 1970 UTC",
        ),
        sa.Column("leased_by", sa.Text(), nullable=True, comment="The worker that holds it"),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_dirty_doors_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "door_id", name=op.f("pk_dirty_doors")),
        comment="Doors whose verdict must be recomputed",
    )
    with op.batch_alter_table("dirty_doors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dirty_doors_due_at"), ["due_at"], unique=False)

    op.create_table(
        "incidents",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column(
            "incident_id", sa.Text(), nullable=False, comment="Made from account, door and the first excess crossing"
        ),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door"),
        sa.Column("kind", sa.Text(), nullable=False, comment="tailgating, unauthorized_entry, ..."),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="provisional, final, unconfirmed, explained or withdrawn"
        ),
        sa.Column(
            "review",
            sa.Text(),
            nullable=False,
            comment="new, confirmed or dismissed: people's word, never changed by recomputation alone",
        ),
        sa.Column("start", sa.BigInteger(), nullable=False, comment="First excess entry; microseconds since 1970 UTC"),
        sa.Column("end", sa.BigInteger(), nullable=False, comment="Last excess entry; microseconds since 1970 UTC"),
        sa.Column("people", sa.BigInteger(), nullable=False, comment="People who passed"),
        sa.Column("grants", sa.BigInteger(), nullable=False, comment="Grants they used"),
        sa.Column("excess", sa.BigInteger(), nullable=False, comment="Entries without an admission"),
        sa.Column("possible", sa.BigInteger(), nullable=False, comment="People who may have passed besides"),
        sa.Column("coverage", sa.Text(), nullable=False, comment="full or partial"),
        sa.Column("reason", sa.Text(), nullable=False, comment="The verdict in one sentence"),
        sa.Column(
            "revision", sa.BigInteger(), nullable=False, comment="Counts up from 1 with every change of the verdict"
        ),
        sa.Column(
            "evidence_revision",
            sa.BigInteger(),
            nullable=False,
            comment="The revision since which its pictures and clips must show the same people",
        ),
        sa.Column("crossing_ids", STRUCTURE, nullable=False, comment="All crossings that were counted, in time order"),
        sa.Column("excess_crossing_ids", STRUCTURE, nullable=False, comment="Those without an admission"),
        sa.Column("grant_ids", STRUCTURE, nullable=False, comment="Event ids of the grants that were used"),
        sa.Column("camera_ids", STRUCTURE, nullable=False, comment="The cameras that were mapped to the door then"),
        sa.Column("labels", STRUCTURE, nullable=False, comment="The labels under which it is found"),
        sa.Column("superseded_by", sa.Text(), nullable=True, comment="The incident that now holds its first crossing"),
        sa.Column("note", sa.Text(), nullable=True, comment="What the reviewer wrote"),
        sa.Column("reviewed_by", sa.Text(), nullable=True, comment="Who reviewed it"),
        sa.Column(
            "reviewed_at", sa.BigInteger(), nullable=True, comment="When it was reviewed; microseconds since 1970 UTC"
        ),
        sa.Column(
            "created_at",
            sa.BigInteger(),
            nullable=False,
            comment="When it was first committed; microseconds since 1970 UTC",
        ),
        sa.Column(
            "updated_at",
            sa.BigInteger(),
            nullable=False,
            comment="When its verdict last changed; microseconds since 1970 UTC",
        ),
        sa.Column(
            "delay_us",
            sa.BigInteger(),
            nullable=True,
            comment="From capture of the last excess crossing to the commit, in microseconds",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_incidents_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "incident_id", name=op.f("pk_incidents")),
        comment="Verdicts that somebody should look at",
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_incidents_account_id_door_id_start"), ["account_id", "door_id", "start"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_incidents_account_id_review_start"), ["account_id", "review", "start"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_incidents_account_id_start"), ["account_id", "start"], unique=False)
        batch_op.create_index(batch_op.f("ix_incidents_state_updated_at"), ["state", "updated_at"], unique=False)

    op.create_table(
        "mappings",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door"),
        sa.Column(
            "valid_from",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="From when; microseconds since 1970 UTC",
        ),
        sa.Column("camera_ids", STRUCTURE, nullable=False, comment="The cameras that see it, the primary one first"),
        sa.Column(
            "changed_at", sa.BigInteger(), nullable=False, comment="When somebody saved it; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_mappings_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "door_id", "valid_from", name=op.f("pk_mappings")),
        comment="Which cameras see which door, by version",
    )
    op.create_table(
        "policies",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door"),
        sa.Column(
            "valid_from",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="From when; microseconds since 1970 UTC",
        ),
        sa.Column("policy", STRUCTURE, nullable=False, comment="The policy in the shape of policy.yaml"),
        sa.Column(
            "changed_at", sa.BigInteger(), nullable=False, comment="When somebody saved it; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_policies_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "door_id", "valid_from", name=op.f("pk_policies")),
        comment="How the rule judges doors, by version",
    )
    op.create_table(
        "scenes",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("camera_id", sa.Text(), nullable=False, comment="The camera"),
        sa.Column("door_id", sa.Text(), nullable=False, comment="The door that it sees"),
        sa.Column(
            "valid_from",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="From when; microseconds since 1970 UTC",
        ),
        sa.Column(
            "scene",
            STRUCTURE,
            nullable=True,
            comment="The scene without its door, in the shape of scene.yaml; null when it was removed",
        ),
        sa.Column(
            "changed_at", sa.BigInteger(), nullable=False, comment="When somebody saved it; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "camera_id"], ["cameras.account_id", "cameras.camera_id"], name=op.f("fk_scenes_cameras")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "door_id"], ["doors.account_id", "doors.door_id"], name=op.f("fk_scenes_doors")
        ),
        sa.PrimaryKeyConstraint("account_id", "camera_id", "door_id", "valid_from", name=op.f("pk_scenes")),
        comment="How cameras see doors, by version",
    )
    op.create_table(
        "evidence",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("incident_id", sa.Text(), nullable=False, comment="The incident that it proves"),
        sa.Column("kind", sa.Text(), nullable=False, comment="picture.jpg or clip.mp4"),
        sa.Column("camera_id", sa.Text(), nullable=False, comment="The camera that saw it"),
        sa.Column("blob", sa.Text(), nullable=False, comment="Its name in the blob store"),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="Its size"),
        sa.Column(
            "start",
            sa.BigInteger(),
            nullable=False,
            comment="Capture time of its first frame; microseconds since 1970 UTC",
        ),
        sa.Column(
            "duration_us", sa.BigInteger(), nullable=False, comment="Its length in microseconds; 0 for a picture"
        ),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="The revision of the incident that it shows"),
        sa.Column(
            "stored_at", sa.BigInteger(), nullable=False, comment="When it was stored; microseconds since 1970 UTC"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "incident_id"],
            ["incidents.account_id", "incidents.incident_id"],
            name=op.f("fk_evidence_incidents"),
        ),
        sa.PrimaryKeyConstraint("account_id", "incident_id", "kind", name=op.f("pk_evidence")),
        comment="Pictures and clips of incidents",
    )
    op.create_table(
        "incident_revisions",
        sa.Column("account_id", sa.Text(), nullable=False, comment="The tenant to whom the row belongs"),
        sa.Column("incident_id", sa.Text(), nullable=False, comment="The incident"),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False, comment="Counts up from 1"),
        sa.Column(
            "at", sa.BigInteger(), nullable=False, comment="When the verdict was so; microseconds since 1970 UTC"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="As in incidents"),
        sa.Column("kind", sa.Text(), nullable=False, comment="As in incidents"),
        sa.Column("people", sa.BigInteger(), nullable=False, comment="As in incidents"),
        sa.Column("grants", sa.BigInteger(), nullable=False, comment="As in incidents"),
        sa.Column("excess", sa.BigInteger(), nullable=False, comment="As in incidents"),
        sa.Column("reason", sa.Text(), nullable=False, comment="As in incidents"),
        sa.ForeignKeyConstraint(
            ["account_id", "incident_id"],
            ["incidents.account_id", "incidents.incident_id"],
            name=op.f("fk_incident_revisions_incidents"),
        ),
        sa.PrimaryKeyConstraint("account_id", "incident_id", "revision", name=op.f("pk_incident_revisions")),
        comment="What incidents were, revision by revision",
    )


def downgrade() -> None:
    """Go back from it."""
    op.drop_table("incident_revisions")
    op.drop_table("evidence")
    op.drop_table("scenes")
    op.drop_table("policies")
    op.drop_table("mappings")
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incidents_state_updated_at"))
        batch_op.drop_index(batch_op.f("ix_incidents_account_id_start"))
        batch_op.drop_index(batch_op.f("ix_incidents_account_id_review_start"))
        batch_op.drop_index(batch_op.f("ix_incidents_account_id_door_id_start"))

    op.drop_table("incidents")
    with op.batch_alter_table("dirty_doors", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dirty_doors_due_at"))

    op.drop_table("dirty_doors")
    with op.batch_alter_table("crossings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crossings_account_id_door_id_at"))

    op.drop_table("crossings")
    with op.batch_alter_table("access_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_events_account_id_door_id_meaning_at"))
        batch_op.drop_index(batch_op.f("ix_access_events_account_id_door_id_at"))

    op.drop_table("access_events")
    op.drop_table("pacs_coverage")
    op.drop_table("held_device_lists")
    op.drop_table("gateway_reports")
    op.drop_table("doors")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_expires_at"))

    op.drop_table("sessions")
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_segments_account_id_camera_id_start"))

    op.drop_table("segments")
    op.drop_table("pacs")
    with op.batch_alter_table("garbage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_garbage_account_id_removed_at"))

    op.drop_table("garbage")
    op.drop_table("camera_coverage")
    op.drop_table("users")
    op.drop_table("tokens")
    op.drop_table("sites")
    op.drop_table("settings")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_state_due_at"))
        batch_op.drop_index(batch_op.f("ix_outbox_account_id_created_at"))

    op.drop_table("outbox")
    op.drop_table("cameras")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_account_id_at"))

    op.drop_table("audit")
    op.drop_table("alert_rules")
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_failures_last_at"))

    op.drop_table("sign_in_failures")
    op.drop_table("set_members")
    op.drop_table("secrets")
    with op.batch_alter_table("moments", schema=None) as batch_op:
        batch_op.drop_index("ix_moments_label")
        batch_op.drop_index("ix_moments_kind")
        batch_op.drop_index("ix_moments_door")
        batch_op.drop_index("ix_moments_camera")
        batch_op.drop_index("ix_moments_at")
        batch_op.drop_index("ix_moments_actor")

    op.drop_table("moments")
    op.drop_table("member_sets")
    op.drop_table("counters")
    op.drop_table("actors")
    op.drop_table("accounts")
