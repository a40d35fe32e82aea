"""The tables. Every column says what it is for; every key begins with the account."""

from doorwatch.store.schema import (
    alerting,
    commissioning,
    happenings,
    inviting,
    keeping,
    media,
    notifying,
    people,
    places,
    reporting,
    searching,
    signing_in,
)
from doorwatch.store.schema.base import metadata

__all__ = [
    "alerting",
    "commissioning",
    "happenings",
    "inviting",
    "keeping",
    "media",
    "metadata",
    "notifying",
    "people",
    "places",
    "reporting",
    "searching",
    "signing_in",
]
