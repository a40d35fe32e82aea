"""Alerts: rules, the outbox that delivers their messages at least once and, by their keys, once, and links in mails."""

from sqlalchemy import Boolean, Column, Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from doorwatch.store.schema.base import account, json, key, metadata, number, number_key, of_account, text, time

_WAITING = sql("state = 'waiting'")

alert_rules = Table(
    "alert_rules",
    metadata,
    account(),
    key("rule_id", "The rule's id"),
    text("name", "What people call it"),
    Column("enabled", Boolean, nullable=False, server_default=sql("true"), comment="Whether it sends anything"),
    json("settings", "What it watches, whom it tells and in which words"),
    time("changed_at", "When it was saved"),
    of_account(table="accounts"),
    comment="Who is told of what",
)

outbox = Table(
    "outbox",
    metadata,
    account(),
    key("message_id", "The message's id"),
    text("dedupe", "Two messages with the same words here are one"),
    text("channel", "email, webhook, ..."),
    text("recipient", "To whom"),
    text("subject", "What it is about"),
    text("thread", "Messages of one thread belong together for the recipient", null=True),
    text("incident_id", "The incident that it tells of", null=True),
    text("rule_id", "The rule that sent it", null=True),
    json("payload", "What the channel needs to deliver it"),
    text("state", "waiting, sent or failed"),
    number("attempts", "How often delivery was tried", default=0),
    text("error", "Why the last try failed", null=True),
    time("created_at", "When it was written"),
    time("due_at", "When it is to be tried next"),
    time("leased_until", "Until when a worker holds it; 0 when none does"),
    time("sent_at", "When it was handed over", null=True),
    UniqueConstraint("account_id", "dedupe"),
    of_account(table="accounts"),
    Index(None, "state", "due_at"),
    Index(None, "account_id", "created_at"),
    Index(None, "account_id", "incident_id"),
    Index(None, "account_id", "rule_id", "created_at"),
    Index(
        "ix_outbox_waiting_thread",
        "account_id",
        "thread",
        "created_at",
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    ),
    comment="Messages to deliver and those that were",
)

attempts = Table(
    "attempts",
    metadata,
    account(),
    key("message_id", "The message"),
    number_key("number", "The how manieth try it was, over all"),
    time("began_at", "When the channel was handed the message"),
    time("ended_at", "When it was taken or refused"),
    text("error", "Why it was not taken; null when it was", null=True),
    of_account("message_id", table="outbox"),
    comment="Every try to deliver a message",
)

mail_links = Table(
    "mail_links",
    metadata,
    account(),
    key("link_id", "The link's id, which its address carries signed"),
    text("incident_id", "The one incident that it shows"),
    text("recipient", "To whom it was mailed"),
    time("created_at", "When it was made"),
    time("until", "Until when it works"),
    number("opened", "How often its page was opened", default=0),
    time("opened_at", "When it was opened last", null=True),
    text("revoked_by", "Who ended it before its time", null=True),
    time("revoked_at", "When somebody ended it", null=True),
    text("made_by", "Who made it for somebody; null for one in a mail", null=True),
    text("password_hash", "The hash of the password that it asks for", null=True),
    of_account("incident_id", table="incidents"),
    Index(None, "account_id", "incident_id", "recipient"),
    comment="Links in mails that show an incident without signing in",
)

silences = Table(
    "silences",
    metadata,
    account(),
    key("silence_id", "The silence's id"),
    text("reason", "Why, in the words of whoever began it"),
    json("doors", "At which doors; none for all"),
    json("kinds", "Of which kinds of incidents; none for all"),
    text("created_by", "Who began it"),
    time("created_at", "When it was begun"),
    time("until", "When it ends by itself"),
    text("ended_by", "Who ended it before its time", null=True),
    time("ended_at", "When somebody ended it", null=True),
    of_account(table="accounts"),
    comment="Times in which people are not told of incidents",
)

conditions = Table(
    "conditions",
    metadata,
    account(),
    key("condition_id", "What it is and of what"),
    text("kind", "camera_offline, gateway_silent, ..."),
    text("subject", "The camera, gateway or door, by name"),
    text("detail", "What is wrong, and what to do about it"),
    time("began_at", "Since when"),
    time("told_at", "When it was told; null while it has not lasted long enough", null=True),
    of_account(table="accounts"),
    comment="What is wrong at the moment; a row goes when it is over",
)

rule_matches = Table(
    "rule_matches",
    metadata,
    account(),
    key("rule_id", "The alert rule"),
    key("place", "The door or camera by which is counted"),
    key("moment_id", "The moment that matched"),
    time("at", "When it happened"),
    of_account("rule_id", table="alert_rules"),
    comment="Matches of rules that want several in a time before they tell",
)
