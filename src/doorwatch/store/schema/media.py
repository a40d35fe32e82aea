"""Recorded video and evidence: what exists as files elsewhere, row by row."""

from sqlalchemy import Boolean, Column, Index, Table
from sqlalchemy import text as sql

from doorwatch.store.schema.base import account, json, key, metadata, number, of_account, text, time

segments = Table(
    "segments",
    metadata,
    account(),
    key("segment_id", "The analyzer's id of the file"),
    text("camera_id", "The camera that recorded it"),
    time("start", "Capture time of its first frame"),
    time("end", "Capture time after its last frame"),
    number("bytes", "Size of the file"),
    text("name", "The file's name under the analyzer's recordings"),
    text("sha256", "Its hash, in hexadecimal; null of one recorded by an older version", null=True),
    text(
        "fault",
        "missing, truncated or altered, where the file is not what was recorded; null when all is well",
        null=True,
    ),
    Column(
        "eventful",
        Boolean,
        nullable=False,
        server_default=sql("false"),
        comment="Whether it is old enough to go, and is kept because something happened then",
    ),
    of_account("camera_id", table="cameras"),
    Index(None, "account_id", "camera_id", "start"),
    Index("ix_segments_age", "account_id", "camera_id", "eventful", "start", "bytes"),
    comment="Recorded video on the analyzer's disk: only files that are safely written",
)

garbage = Table(
    "garbage",
    metadata,
    account(),
    key("segment_id", "The segment that was removed from the list"),
    text("camera_id", "The camera that recorded it"),
    text("name", "The file that the analyzer is still to delete"),
    number("bytes", "Size of the file"),
    time("removed_at", "When the row left the list of segments"),
    of_account("camera_id", table="cameras"),
    Index(None, "account_id", "removed_at"),
    comment="Files whose rows are gone and that are still on the analyzer's disk",
)

evidence = Table(
    "evidence",
    metadata,
    account(),
    key("incident_id", "The incident that it proves"),
    key("kind", "picture.jpg or clip.mp4"),
    text("camera_id", "The camera that saw it"),
    text("blob", "Its name in the blob store"),
    number("bytes", "Its size"),
    time("start", "Capture time of its first frame"),
    number("duration_us", "Its length in microseconds; 0 for a picture"),
    number("revision", "The revision of the incident that it shows"),
    time("stored_at", "When it was stored"),
    of_account("incident_id", table="incidents"),
    comment="Pictures and clips of incidents",
)

exports = Table(
    "exports",
    metadata,
    account(),
    key("export_id", "The export's id"),
    text("incident_id", "The incident whose evidence is handed on"),
    json("wish", "What was asked for: times, and what is to be done to the video"),
    text("asked_by", "Who asked"),
    time("asked_at", "When it was asked for"),
    text("state", "waiting, working, ready, failed or gone"),
    number("progress", "How far it is, 0 to 100"),
    time("touched_at", "When the server that makes it last said so"),
    text("message", "Why it failed, or what is missing", null=True),
    text("blob", "Its name in the blob store while it is ready", null=True),
    number("bytes", "Its size", null=True),
    text("sha256", "Its hash, in hexadecimal", null=True),
    of_account("incident_id", table="incidents"),
    Index(None, "account_id", "incident_id"),
    Index(None, "state", "asked_at"),
    comment="Evidence that is, or was, made into one signed file to be handed on",
)
