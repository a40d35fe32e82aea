"""Setting up doors: the walks from which scenes are proposed, commissioning runs, and doors' certificates."""

from sqlalchemy import Index, Table

from doorwatch.store.schema.base import account, json, key, metadata, number, of_account, text, time

walks = Table(
    "walks",
    metadata,
    account(),
    key("camera_id", "The camera that saw the person"),
    key("track", "The person's track"),
    time("seen_at", "When the person was last seen"),
    number("width", "Width in pixels of the picture that the boxes are in"),
    number("height", "Its height"),
    json("steps", "The person's boxes: [microseconds, left, top, right, bottom] each"),
    of_account("camera_id", table="cameras"),
    Index(None, "account_id", "camera_id", "seen_at"),
    comment="The newest people followed through each camera's picture, from which scenes are proposed: boxes alone",
)

commissioning_runs = Table(
    "commissioning_runs",
    metadata,
    account(),
    key("run_id", "The run's id"),
    text("door_id", "The door that is walked"),
    text("source", "walk: noted live; recording: noted on recorded video"),
    time("since", "Capture time from which crossings are compared"),
    time("until", "Capture time up to which they are; null while people still walk", null=True),
    number("tolerance_us", "Microseconds that a mark and its crossing may lie apart"),
    time("started_at", "When it was started"),
    text("started_by", "Who started it"),
    text("state", "open, finished or dropped"),
    of_account("door_id", table="doors"),
    Index(None, "account_id", "door_id", "started_at"),
    comment="Commissioning runs: people walk through a door and somebody counts them",
)

commissioning_marks = Table(
    "commissioning_marks",
    metadata,
    account(),
    key("run_id", "The run"),
    key("mark_id", "The mark's id, made by whoever noted it"),
    time("at", "When the person went through the door"),
    text("direction", "in or out"),
    time("noted_at", "When the mark arrived"),
    of_account("run_id", table="commissioning_runs"),
    comment="What somebody noted in a commissioning run: one person each",
)

certificates = Table(
    "certificates",
    metadata,
    account(),
    key("certificate_id", "The certificate's id"),
    text("door_id", "The door that was walked"),
    text("run_id", "The run that it comes from"),
    time("issued_at", "When the run was finished"),
    json("body", "All that the certificate says; never changed"),
    text("digest", "SHA-256 of the body in its canonical form: whether it was changed can be told"),
    of_account("door_id", table="doors"),
    Index(None, "account_id", "door_id", "issued_at"),
    comment="Results of commissioning runs; rows are only ever added",
)
