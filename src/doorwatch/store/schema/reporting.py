"""Reports that are mailed by themselves."""

from sqlalchemy import Boolean, Column, Table
from sqlalchemy import text as sql

from doorwatch.store.schema.base import account, json, key, metadata, number, of_account, text, time

report_schedules = Table(
    "report_schedules",
    metadata,
    account(),
    key("schedule_id", "The schedule's id"),
    text("name", "What people call it"),
    text("every", "day, week or month"),
    number("hour", "At which hour of the zone it is mailed, 0 to 23"),
    text("site_id", "The site whose doors it is about; null for all", null=True),
    json("recipients", "To whom"),
    Column("enabled", Boolean, nullable=False, server_default=sql("true"), comment="Whether it is mailed"),
    time("told_until", "Up to which due time it was mailed, or needs not be"),
    time("created_at", "When it was made"),
    time("changed_at", "When it was saved"),
    of_account(table="accounts"),
    comment="Reports that are mailed by the day, the week or the month",
)
