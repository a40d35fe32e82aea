"""What people look for: searches that are kept by name, those that were asked lately, and what can be searched by looks."""

from sqlalchemy import Boolean, Column, Index, LargeBinary, Table
from sqlalchemy import text as sql

from doorwatch.store.schema.base import account, key, metadata, number, of_account, own_number, text, time

saved_searches = Table(
    "saved_searches",
    metadata,
    account(),
    key("saved_search_id", "The saved search's id"),
    text("user_id", "Whose it is; null when it belongs to the account alone", null=True),
    text("name", "What it is called"),
    text("text", "What is searched, as it was typed"),
    text("colour", "In which of the page's colours its results are marked"),
    Column("shared", Boolean, nullable=False, server_default=sql("false"), comment="Whether all of the account see it"),
    time("created_at", "When it was saved"),
    time("updated_at", "When it last changed"),
    of_account("user_id", table="memberships"),
    Index(None, "account_id", "user_id"),
    comment="Searches that people keep, for themselves or for all of the account",
)

past_searches = Table(
    "past_searches",
    metadata,
    account(),
    key("user_id", "Who searched"),
    key("text", "What was searched, as it was typed"),
    time("asked_at", "When it was searched last"),
    of_account("user_id", table="memberships"),
    comment="The searches that each person asked last, for that person alone",
)

likenesses = Table(
    "likenesses",
    metadata,
    own_number("number", "The moment that looks so: a crossing, or the incident that begins with it"),
    number("account", "The tenant, by its number"),
    number("model", "The identity of the pair of encoders that made it"),
    time("at", "When the moment was"),
    Column(
        "direction", LargeBinary, nullable=False, comment="Where its picture points: a factor, then a byte a number"
    ),
    Index("ix_likenesses_at", "account", "model", "at"),
    comment="How moments look, where the operator has encoders of their own",
)
