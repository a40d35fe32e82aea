"""Who uses the product: users, sessions, tokens, failed sign-ins, audit, and an account's settings."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Table, Text, UniqueConstraint
from sqlalchemy import text as sql

from doorwatch.store.schema.base import account, json, key, metadata, number, number_key, of_account, text, time

users = Table(
    "users",
    metadata,
    key("user_id", "The person's id"),
    text("email", "What the person signs in with, in lower case; one person has it in the whole installation"),
    text("name", "What to call the person"),
    text("password_hash", "Argon2 hash; null when the person signs in elsewhere", null=True),
    time("password_given_at", "When the server made the password; null for one that the person has chosen", null=True),
    time("created_at", "When the person was added"),
    time("last_seen_at", "When the person last signed in", null=True),
    Column("disabled", Boolean, nullable=False, server_default=sql("false"), comment="Whether sign-in is refused"),
    UniqueConstraint("email"),
    comment="People who sign in; one person may belong to several accounts",
)

memberships = Table(
    "memberships",
    metadata,
    account(),
    key("user_id", "The person"),
    text("role", "owner, manage or view"),
    json("cameras", "The only cameras that the person may see; null for all of them", null=True),
    time("added_at", "When the person was added to the account"),
    time("used_at", "When a session of the person last began to act in the account", null=True),
    number("accepted_notice", "The version of the account's usage notice that the person has accepted", null=True),
    of_account(table="accounts"),
    ForeignKeyConstraint(["user_id"], ["users.user_id"]),
    Index(None, "user_id"),
    comment="Who belongs to which account, and as what",
)

sessions = Table(
    "sessions",
    metadata,
    account(),
    key("session_hash", "SHA-256 of the cookie's secret; the secret itself is kept nowhere"),
    text("user_id", "Who signed in"),
    time("created_at", "When"),
    time("expires_at", "Until when it is good"),
    time("used_at", "When it was last used, to the minute"),
    text("address", "From where", null=True),
    text("agent", "With which browser", null=True),
    time("proved_at", "When the person last proved who they are", null=True),
    text("method", "By what: password, or more", null=True),
    text(
        "id_token", "What a provider of single sign-on gave; it is asked for when signing out there; sealed", null=True
    ),
    UniqueConstraint("session_hash"),
    of_account("user_id", table="memberships"),
    Index(None, "expires_at"),
    Index(None, "user_id"),
    comment="Signed-in browsers; the account is the one in which the session acts now",
)

tokens = Table(
    "tokens",
    metadata,
    account(),
    key("token_id", "The token's id"),
    text("name", "What it is for, in the owner's words"),
    text("kind", "gateway, analyzer, read or api"),
    json("scopes", "What it may do"),
    text("pacs_id", "The access control system for which a gateway's token writes", null=True),
    text("prefix", "Its first characters, to tell tokens apart"),
    text("token_hash", "SHA-256 of the token; the token itself is kept nowhere"),
    text("created_by", "The user who made it", null=True),
    time("created_at", "When it was made"),
    time("used_at", "When it was last used, to the minute", null=True),
    time("expires_at", "Until when it is good; null for no end", null=True),
    time("revoked_at", "When it was revoked", null=True),
    text("used_from", "The address from which it was last used", null=True),
    time("rotated_at", "When it last got another secret", null=True),
    text("former_hash", "SHA-256 of the secret before that", null=True),
    time("former_until", "Until when the former secret is good, too", null=True),
    time("former_used_at", "When the former secret was last used, to the minute", null=True),
    UniqueConstraint("token_hash"),
    Index(None, "former_hash", unique=True),
    of_account(table="accounts"),
    comment="Keys of gateways, analyzers and programs",
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", Text, primary_key=True, comment="Hash of the address or of the e-mail that was tried"),
    number("failures", "How often in a row"),
    time("last_at", "The last of them"),
    time("blocked_until", "Until when further tries are refused; 0 for now"),
    Index(None, "last_at"),
    comment="Failed sign-ins, to slow down guessing; belongs to no account since none is proved yet",
)

audit = Table(
    "audit",
    metadata,
    account(),
    number_key("number", "Counts up from 1"),
    time("at", "When"),
    text("actor", "Who: a user's e-mail, a token's name, or the system"),
    text("action", "What was done, such as incident.review"),
    text("subject", "To what", null=True),
    json("detail", "What changed; never a secret"),
    text("address", "From where", null=True),
    of_account(table="accounts"),
    Index(None, "account_id", "at"),
    comment="Who did what; rows are only ever added",
)

audit_openings = Table(
    "audit_openings",
    metadata,
    account(),
    text("act", "The act that may change the trail: person.erase cleans entries, audit.retain deletes old ones"),
    time("before", "Only entries from before then; null where the act looks at all", null=True),
    of_account(table="accounts"),
    comment="Acts that the database allows to change the trail, each inside of one transaction: empty outside of one",
)

settings = Table(
    "settings",
    metadata,
    account(),
    key("name", "The setting"),
    json("value", "Its value", null=True),
    time("changed_at", "When it was set"),
    of_account(table="accounts"),
    comment="An account's settings",
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True, comment="What the secret is for"),
    text("value", "The secret, as text"),
    time("created_at", "When it was made"),
    comment="Secrets of the installation that must be read back, such as the key that signs links",
)
