"""What happens: access events, crossings, coverage, verdicts, and the moments that search reads."""

from sqlalchemy import Boolean, Column, Float, Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from doorwatch.store.schema.base import (
    account,
    json,
    key,
    metadata,
    number,
    number_key,
    of_account,
    text,
    time,
    time_key,
)

access_events = Table(
    "access_events",
    metadata,
    account(),
    key("pacs_id", "The access control system that told it"),
    key("event_id", "The event's identity there"),
    text("door_id", "The door"),
    time("at", "When it happened by the access control system's clock, never corrected"),
    time("arrived_at", "When the server had it"),
    text("event_type", "The type in the access control system's words"),
    text("meaning", "What the type says to the rule; null when the rule does not read it", null=True),
    text("side", "in or out, where the reader's side is known", null=True),
    text("actor_id", "Whose credential it was, as an id", null=True),
    text("actor_name", "Whose credential it was, as a name", null=True),
    text("actor_email", "Where the person gets mail", null=True),
    json("labels", "Further labels that came with it"),
    text("access_point_id", "The reader or sensor", null=True),
    text("source", "stream or report", null=True),
    text("outcome", "What the rule made of a grant; null while it did not look", null=True),
    of_account("door_id", table="doors"),
    Index(None, "account_id", "door_id", "meaning", "at"),
    comment="What access control systems said about doors",
)

crossings = Table(
    "crossings",
    metadata,
    account(),
    key("crossing_id", "The producer's id, kept through retries"),
    text("door_id", "The door"),
    text("camera_id", "The camera that saw it"),
    text("track", "The person's track on that camera"),
    time("at", "Capture time of the first frame on the new side"),
    time("arrived_at", "When the server had it"),
    text("direction", "in or out"),
    Column("confidence", Float, nullable=False, comment="0 to 1"),
    Column("continuous", Boolean, nullable=False, comment="Whether the track was never lost since its last crossing"),
    number("possible", "How many further people may be hidden behind this one"),
    json("trail", "Tiles on which the person stood: [microseconds, column, row] each"),
    text("outcome", "What the rule made of it; null while it did not look", null=True),
    text("grant_id", "The event id of the grant that admitted it", null=True),
    of_account("door_id", table="doors"),
    of_account("camera_id", table="cameras"),
    Index(None, "account_id", "door_id", "at"),
    comment="People passing thresholds",
)

camera_coverage = Table(
    "camera_coverage",
    metadata,
    account(),
    key("camera_id", "The camera"),
    time_key("start", "From when it saw"),
    time("end", "Until when it saw"),
    of_account("camera_id", table="cameras"),
    comment="Time for which cameras really saw, in intervals that never touch",
)

pacs_coverage = Table(
    "pacs_coverage",
    metadata,
    account(),
    key("pacs_id", "The access control system"),
    time_key("start", "From when"),
    time("end", "Until when"),
    of_account("pacs_id", table="pacs"),
    comment="Time for which gateways really held all events, in intervals that never touch",
)

dirty_doors = Table(
    "dirty_doors",
    metadata,
    account(),
    key("door_id", "The door"),
    time("changed_from", "The earliest input that changed"),
    time("changed_to", "The latest input that changed"),
    time("due_at", "When the verdict is to be looked at again"),
    time("marked_at", "When the oldest unserved change was committed"),
    number("generation", "Grows with every mark, so that a mark made during the work is not lost"),
    time("leased_until", "Until when a worker holds it; 0 when none does"),
    text("leased_by", "The worker that holds it", null=True),
    of_account("door_id", table="doors"),
    Index(None, "due_at"),
    comment="Doors whose verdict must be recomputed",
)

incidents = Table(
    "incidents",
    metadata,
    account(),
    key("incident_id", "Made from account, door and the first excess crossing"),
    text("door_id", "The door"),
    text("kind", "tailgating, unauthorized_entry, ..."),
    text("state", "provisional, final, unconfirmed, explained or withdrawn"),
    text("review", "new, confirmed or dismissed: people's word, never changed by recomputation alone"),
    time("start", "First excess entry"),
    time("end", "Last excess entry"),
    number("people", "People who passed"),
    number("grants", "Grants they used"),
    number("excess", "Entries without an admission"),
    number("possible", "People who may have passed besides"),
    text("coverage", "full or partial"),
    text("reason", "The verdict in one sentence"),
    number("revision", "Counts up from 1 with every change of the verdict"),
    number("evidence_revision", "The revision since which its pictures and clips must show the same people"),
    json("crossing_ids", "All crossings that were counted, in time order"),
    json("excess_crossing_ids", "Those without an admission"),
    json("grant_ids", "Event ids of the grants that were used"),
    json("camera_ids", "The cameras that were mapped to the door then"),
    json("labels", "The labels under which it is found"),
    text("superseded_by", "The incident that now holds its first crossing", null=True),
    text("note", "What the reviewer wrote", null=True),
    text("reviewed_by", "Who reviewed it", null=True),
    time("reviewed_at", "When it was reviewed", null=True),
    time("created_at", "When it was first committed"),
    time("updated_at", "When its verdict last changed"),
    number("delay_us", "From capture of the last excess crossing to the commit, in microseconds", null=True),
    of_account("door_id", table="doors"),
    Index(None, "account_id", "start"),
    Index(None, "account_id", "door_id", "start"),
    Index(None, "account_id", "review", "start"),
    Index(None, "state", "updated_at"),
    comment="Verdicts that somebody should look at",
)

incident_revisions = Table(
    "incident_revisions",
    metadata,
    account(),
    key("incident_id", "The incident"),
    number_key("revision", "Counts up from 1"),
    time("at", "When the verdict was so"),
    text("state", "As in incidents"),
    text("kind", "As in incidents"),
    number("people", "As in incidents"),
    number("grants", "As in incidents"),
    number("excess", "As in incidents"),
    text("reason", "As in incidents"),
    of_account("incident_id", table="incidents"),
    comment="What incidents were, revision by revision",
)

member_sets = Table(
    "member_sets",
    metadata,
    account(),
    number_key("set_id", "Hash of kind and members"),
    text("kind", "labels or cameras"),
    json("members", "The members in order"),
    comment="Sets of labels and of cameras that moments share: there are few of them and many moments",
)

set_members = Table(
    "set_members",
    metadata,
    account(),
    key("kind", "labels or cameras"),
    key("member", "A label, folded, or a camera's id"),
    number_key("set_id", "A set that has it"),
    comment="Which sets have a label or a camera",
)

actors = Table(
    "actors",
    metadata,
    account(),
    number_key("actor_key", "Hash of the credential's holder"),
    text("pacs_id", "The access control system that knows the person"),
    text("actor_id", "The person's id there", null=True),
    text("name", "The person's name", null=True),
    text("email", "Where the person gets mail", null=True),
    text("folded", "Id and name in lower case without accents and signs, each word after one space"),
    comment="People whose credentials were used: named once here, so that a person's data can be removed in one place",
)


def _where_known(name: str, column: str) -> Index:
    """An index of the moments that have the column at all: the others cost it nothing."""
    known = sql(f"{column} IS NOT NULL")
    return Index(name, "account_id", column, "at", sqlite_where=known, postgresql_where=known)


moments = Table(
    "moments",
    metadata,
    account(),
    key("moment_id", "The moment's id, made from what it shows"),
    number("sequence", "Grows per account in the order of commits; a changed moment gets a new one"),
    text("kind", "access_event, crossing, incident or health"),
    time("at", "When it happened"),
    time("arrived_at", "When the server had it"),
    text("door_id", "The door", null=True),
    number("label_set", "Its labels, as a set"),
    number("camera_set", "The cameras that were mapped to the door then, as a set", null=True),
    number("actor_key", "The person whose credential was used", null=True),
    text("title", "What happened, in a few words"),
    text("detail", "More about it", null=True),
    text("folded", "Title and detail to be searched, where they say more than labels and names", null=True),
    text("event_type", "Of an access event: its type", null=True),
    text("pacs_id", "Of an access event: the access control system", null=True),
    text("event_id", "Of an access event: its id there", null=True),
    text("crossing_id", "Of a crossing: its id", null=True),
    text("incident_id", "Of an incident: its id", null=True),
    text("direction", "in or out, where it has one", null=True),
    text("outcome", "What the rule made of a crossing or a grant", null=True),
    text("track", "Of a crossing: the person's track", null=True),
    text("review", "Of an incident: new, confirmed or dismissed", null=True),
    text("state", "Of an incident: how sure the rule is", null=True),
    number("people", "Of an incident: people who passed", null=True),
    number("grants", "Of an incident: grants they used", null=True),
    number("excess", "Of an incident: entries without an admission", null=True),
    Column("picture", Boolean, nullable=False, server_default=sql("false"), comment="Whether there is a picture of it"),
    UniqueConstraint("account_id", "sequence"),
    Index("ix_moments_at", "account_id", "at"),
    Index("ix_moments_label", "account_id", "label_set", "at"),
    Index("ix_moments_door", "account_id", "door_id", "label_set", "at"),
    _where_known("ix_moments_camera", "camera_set"),
    _where_known("ix_moments_actor", "actor_key"),
    Index("ix_moments_kind", "account_id", "kind", "at"),
    comment="Everything that search finds, one row each",
)

counters = Table(
    "counters",
    metadata,
    account(),
    key("name", "What is counted"),
    number("value", "The last number given out"),
    comment="Numbers given out in the order of commits: whoever holds the row is the next to commit",
)
