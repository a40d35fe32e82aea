"""Browsers in which people want to be notified."""

from sqlalchemy import Index, Table, UniqueConstraint

from doorwatch.store.schema.base import account, key, metadata, of_account, text, time

subscriptions = Table(
    "subscriptions",
    metadata,
    account(),
    key("subscription_id", "The subscription's id here"),
    text("user_id", "Who is notified"),
    text("name", "What the person's browser is called; one person has a name once"),
    text("fingerprint", "SHA-256 of the address at the push service, by which a browser knows its own"),
    text("secrets", "The address at the push service and the browser's keys; sealed"),
    time("created_at", "When the person asked for it"),
    UniqueConstraint("account_id", "fingerprint"),
    of_account("user_id", table="memberships"),
    Index(None, "account_id", "user_id"),
    comment="Browsers in which people want to be notified",
)
