"""Who was invited into an account and has not come yet."""

from sqlalchemy import Index, Table, UniqueConstraint

from doorwatch.store.schema.base import account, json, key, metadata, of_account, text, time

invitations = Table(
    "invitations",
    metadata,
    account(),
    key("invitation_id", "The invitation's id"),
    text("email", "Who was invited, in lower case"),
    text("role", "What the person will be: owner, manage or view"),
    json("cameras", "The only cameras that the person will see; null for all of them", null=True),
    text("link_hash", "SHA-256 of the link's secret; the secret itself is kept nowhere"),
    text("invited_by", "Who invited the person"),
    time("created_at", "When the person was invited"),
    time("expires_at", "Until when the newest link is good"),
    time("mailed_at", "When a mail server took the newest link; null when it was only shown", null=True),
    UniqueConstraint("link_hash"),
    UniqueConstraint("account_id", "email"),
    of_account(table="accounts"),
    Index(None, "expires_at"),
    comment="Invitations that nobody accepted yet; one that was accepted or taken back is gone",
)
