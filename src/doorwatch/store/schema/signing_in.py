"""How people prove who they are, beside the passwords and sessions of `people`."""

from sqlalchemy import ForeignKeyConstraint, Index, Table, UniqueConstraint

from doorwatch.store.schema.base import account, json, key, metadata, number, of_account, text, time

setup_links = Table(
    "setup_links",
    metadata,
    account(),
    key("link_hash", "SHA-256 of the link's secret; the secret itself is kept nowhere"),
    time("created_at", "When it was made"),
    time("expires_at", "Until when it is good"),
    of_account(table="accounts"),
    comment="Links with which the first owner of a new installation is made",
)

totp = Table(
    "totp",
    metadata,
    key("user_id", "The person"),
    text("secret", "What codes are made of; sealed"),
    time("created_at", "When it was made"),
    time("confirmed_at", "When the person showed a first code; null while that is awaited", null=True),
    number("last_step", "The newest step of thirty seconds whose code was used; each is used once"),
    ForeignKeyConstraint(["user_id"], ["users.user_id"]),
    comment="Authenticator apps of people",
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    key("user_id", "The person"),
    key("code_hash", "SHA-256 of the code; the code itself is kept nowhere"),
    time("used_at", "When it was used, once; null for one that is good", null=True),
    ForeignKeyConstraint(["user_id"], ["users.user_id"]),
    comment="Codes that stand in for a lost authenticator app",
)

passkeys = Table(
    "passkeys",
    metadata,
    key("user_id", "The person"),
    key("passkey_id", "The passkey's id here"),
    text("credential_id", "Its id in the authenticator; base64url"),
    text("public_key", "With what its signatures are checked (COSE); base64url"),
    text("name", "What the person calls it"),
    number("sign_count", "How often it has signed, by its own count; 0 for one that does not count"),
    json("transports", "How browsers reach it, as they said"),
    time("created_at", "When it was added"),
    time("used_at", "When it was last used", null=True),
    time("last_challenge", "When the newest challenge was made that it has signed; each is good once"),
    UniqueConstraint("credential_id"),
    ForeignKeyConstraint(["user_id"], ["users.user_id"]),
    comment="Passkeys and security keys of people",
)

identities = Table(
    "identities",
    metadata,
    key("issuer", "The provider that says who it is"),
    key("subject", "The person's lasting id there"),
    text("user_id", "Who that is here"),
    text("email", "The verified e-mail by which they were found to be the same"),
    time("linked_at", "When that was"),
    time("used_at", "When the person last signed in so"),
    Index(None, "user_id"),
    ForeignKeyConstraint(["user_id"], ["users.user_id"]),
    comment="Who people are at a provider of single sign-on",
)
