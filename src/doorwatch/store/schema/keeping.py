"""What is kept on purpose, and what was erased on purpose: holds of evidence, erasures of cardholders."""

from sqlalchemy import Index, Table

from doorwatch.store.schema.base import account, json, key, metadata, number, of_account, text, time

holds = Table(
    "holds",
    metadata,
    account(),
    key("hold_id", "The hold's id"),
    text("incident_id", "The incident whose evidence is kept"),
    text("reason", "Why, in the words of whoever placed it"),
    text("placed_by", "Who placed it"),
    time("placed_at", "When it was placed"),
    time("until", "When it ends by itself; null when somebody has to end it", null=True),
    text("released_by", "Who ended it", null=True),
    time("released_at", "When somebody ended it", null=True),
    of_account("incident_id", table="incidents"),
    Index(None, "account_id", "incident_id"),
    comment="Evidence that nothing deletes, replaces or cleans of names while a hold is on it",
)

erasures = Table(
    "erasures",
    metadata,
    account(),
    key("erasure_id", "The erasure's id"),
    time("erased_at", "When the person was erased"),
    text("erased_by", "Who had it done"),
    number("actor_key", "The person, while holds keep a part; null when nothing is left", null=True),
    json("report", "How much was cleaned, and what holds still keep; names nobody"),
    time("finished_at", "When the last part was erased", null=True),
    of_account(table="accounts"),
    comment="Cardholders who were erased: that it was done and what is left, not who it was",
)

tombstones = Table(
    "tombstones",
    metadata,
    account(),
    key("mark", "Keyed hash of an id, a name or an address that must not be stored again"),
    text("erasure_id", "The erasure that it belongs to"),
    of_account("erasure_id", table="erasures"),
    comment="By these an erased person is known when a gateway tells of them again; without the key they say nothing",
)
