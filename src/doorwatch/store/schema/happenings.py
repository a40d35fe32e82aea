"""What happens: access events, crossings, coverage, verdicts, and the moments that search reads."""

from sqlalchemy import Boolean, Column, Float, Index, Table, Text
from sqlalchemy import text as sql

from doorwatch.store.schema.base import (
    account,
    door,
    json,
    key,
    metadata,
    number,
    number_key,
    of_account,
    own_number,
    text,
    time,
    time_key,
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
    number("upper", "The colour of what is worn above the waist, as a number; null while nobody knows", null=True),
    number("lower", "The same below the waist", null=True),
    number("dwell_us", "For how long the camera saw the person, in microseconds; null while they are there", null=True),
    number("carried", "What was seen to be carried, a bit for each thing; null for nothing", null=True),
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

borders = Table(
    "borders",
    metadata,
    account(),
    key("door_id", "The door"),
    time("at", "The instant from which on it is judged"),
    json("used", "Admissions valid then that were taken before: [grant, ordinal, crossing] each"),
    of_account("door_id", table="doors"),
    comment="From when on doors that are never quiet are judged, and what of before then matters",
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
    number(
        "said",
        "Counts up whenever somebody reviews or assigns it, so that nobody overwrites what they have not seen",
        default=0,
    ),
    text("assigned_to", "Who is to look at it", null=True),
    text("dismissal", "Why it was dismissed, as one of a few words", null=True),
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

incident_comments = Table(
    "incident_comments",
    metadata,
    account(),
    key("comment_id", "The comment's id"),
    text("incident_id", "The incident that it is about"),
    text("said_by", "Who said it"),
    time("said_at", "When it was said"),
    text("text", "What was said"),
    of_account("incident_id", table="incidents"),
    Index(None, "account_id", "incident_id"),
    comment="What reviewers say to each other about incidents",
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
    key("kind", "labels or cameras; or doors or kinds, of which moments have the set"),
    key("member", "A label, folded, a camera's id, or the number of a door or a kind"),
    number_key("set_id", "A set that has it"),
    Index(None, "account_id", "set_id"),
    comment="Which sets have a label or a camera, and of which doors and kinds the moments are that have a set",
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


stories = Table(
    "stories",
    metadata,
    account(),
    number_key("story", "Hash of all that follows"),
    text("event_type", "The type in the access control system's words"),
    text("side", "in or out, where the reader's side is known", null=True),
    json("labels", "Further labels that came with it"),
    text("source", "stream or report", null=True),
    sqlite_with_rowid=False,
    comment="What access events say apart from where, when and who: there are few of them and many events",
)


def _where(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """An index of some moments alone: the others cost it nothing."""
    only = sql(condition)
    return Index(name, *columns, unique=unique, sqlite_where=only, postgresql_where=only)


moments = Table(
    "moments",
    metadata,
    own_number(
        "number",
        "The number of its account in the upper bits (from 40 on), below them the account's own count of what was "
        "written: it grows in the order of commits",
    ),
    number("account", "The tenant, by its number"),
    number("origin", "The number of the access control system that told it; of what Doorwatch says itself, -account"),
    text("name", "The access event's id there; of others, the moment's id"),
    number("changed", "The number that it got when it last changed; null when it never did", null=True),
    number("kind", "0 to 8 an access event, by what it says to the rule; 16 crossing, 17 incident, 18 health"),
    time("at", "When it happened; of an access event by the access control system's clock, never corrected"),
    time("arrived_at", "When the server had it"),
    door("door_id", "The door, as a number", null=True),
    number("label_set", "Its labels, as a set"),
    number("camera_set", "The cameras that were mapped to the door then, as a set", null=True),
    number("actor_key", "The person whose credential was used", null=True),
    number("story", "Of an access event: what it said", null=True),
    text("access_point_id", "Of an access event: the reader or sensor", null=True),
    text("direction", "in or out, where it has one", null=True),
    text("outcome", "What the rule made of a crossing or a grant; null while it did not look", null=True),
    text("title", "What happened, in a few words; null where its type says it", null=True),
    text("detail", "More about it", null=True),
    text("folded", "Title and detail to be searched, where they say more than labels and names", null=True),
    text("crossing_id", "Of a crossing: its id", null=True),
    text("incident_id", "Of an incident: its id", null=True),
    text("track", "Of a crossing: the person's track", null=True),
    text("review", "Of an incident: new, confirmed or dismissed", null=True),
    text("state", "Of an incident: how sure the rule is", null=True),
    number("people", "Of an incident: people who passed", null=True),
    number("grants", "Of an incident: grants they used", null=True),
    number("excess", "Of an incident: entries without an admission", null=True),
    number(
        "upper", "Of a crossing: the colour worn above the waist; of an incident, its first excess entry's", null=True
    ),
    number("lower", "The same below the waist", null=True),
    number("dwell_us", "Likewise: for how long the camera saw the person, in microseconds", null=True),
    number("carried", "Likewise: what was seen to be carried, a bit for each thing; null for nothing", null=True),
    Column("picture", Boolean, nullable=False, server_default=sql("false"), comment="Whether there is a picture of it"),
    Index("ix_moments_name", "origin", "name", unique=True),
    Index("ix_moments_at", "account", "at"),
    # SQLite's indexes have the number anyway; the label is often asked of what happened at a door.
    Index("ix_moments_door", "door_id", "kind", "at", postgresql_include=["number", "label_set"]),
    Index("ix_moments_label", "account", "label_set", "at"),
    _where("ix_moments_camera", "camera_set IS NOT NULL AND door_id IS NULL", "camera_set", "at"),
    _where("ix_moments_actor", "actor_key IS NOT NULL", "account", "actor_key", "at"),
    _where("ix_moments_kind", "kind >= 16", "account", "kind", "at"),
    _where("ix_moments_upper", "upper IS NOT NULL", "account", "upper", "at"),
    _where("ix_moments_lower", "lower IS NOT NULL", "account", "lower", "at"),
    _where("ix_moments_carried", "carried IS NOT NULL", "account", "carried", "at"),
    _where("ix_moments_changed", "changed IS NOT NULL", "changed", unique=True),
    comment="Everything that search finds, one row each; an access event is this row and no other",
)


def _word() -> Column[str]:
    """Compared letter by letter on both databases, so that words which begin alike are beside each other."""
    kind = Text().with_variant(Text(collation="C"), "postgresql")
    return Column("word", kind, primary_key=True, comment="A word, folded")


moment_words = Table(
    "moment_words",
    metadata,
    number_key("account", "The tenant, by its number"),
    _word(),
    time_key("at", "When the moment happened"),
    number_key("number", "A moment whose text has it"),
    comment="By which words incidents and messages about the system are found, in the order of time",
    sqlite_with_rowid=False,
)

actor_words = Table(
    "actor_words",
    metadata,
    account(),
    _word(),
    number_key("actor_key", "Whose name or id has it"),
    Index(None, "account_id", "actor_key"),
    comment="By which words people are found",
    sqlite_with_rowid=False,
)

GRANT_KIND, EVENT_KINDS = 1, 16
"""The kind of a moment that shows a grant; kinds of access events are below the other."""

TALLIED = 12
"""So many half hours are counted in a row of `tallies`."""


def _counts(sort: str, what: str) -> list[Column[int]]:
    return [
        number(f"{sort}{half}", f"How many {what} in half hour {half} of the row", default=0) for half in range(TALLIED)
    ]


tallies = Table(
    "tallies",
    metadata,
    account(),
    number_key("part", "The quarter of a day, counted from 1970 UTC"),
    number_key("door", "The door, by the number of its id; 0 for what happened at none"),
    *_counts("moments", "moments there were"),
    *_counts("grants", "of them were grants"),
    comment="How many moments there are at each door in each half hour: counted as they are written",
    sqlite_with_rowid=False,
)

counters = Table(
    "counters",
    metadata,
    account(),
    key("name", "What is counted"),
    number("value", "The last number given out"),
    comment="Numbers given out in the order of commits: whoever holds the row is the next to commit",
)
