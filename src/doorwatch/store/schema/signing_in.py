"""How people prove who they are, beside the passwords and sessions of `people`."""

from sqlalchemy import Table

from doorwatch.store.schema.base import account, key, metadata, of_account, time

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
