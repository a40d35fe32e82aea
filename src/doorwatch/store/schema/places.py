"""Where things happen: accounts, sites, access control systems, doors, cameras, and their versioned configuration."""

from sqlalchemy import Boolean, Column, Float, Index, Table, Text, UniqueConstraint
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
    text,
    time,
    time_key,
)

accounts = Table(
    "accounts",
    metadata,
    account(),
    text("name", "What people call the tenant"),
    time("created_at", "When the account was made"),
    number(
        "number", "Its number in this installation, from 1: rows that are many refer to the tenant by it", default=0
    ),
    Index(None, "number", unique=True),
    comment="Tenants",
)

sites = Table(
    "sites",
    metadata,
    account(),
    key("site_id", "The site's id"),
    text("name", "What people call the place"),
    text("time_zone", "IANA name of the zone in which the site's times are shown and searched"),
    of_account(table="accounts"),
    comment="Places of an account, each with its own time zone",
)

site_members = Table(
    "site_members",
    metadata,
    account(),
    key("kind", "door or camera"),
    key("member", "Its id"),
    text("site_id", "The site to which it belongs"),
    of_account("site_id", table="sites"),
    comment="Doors and cameras whose site somebody chose: others belong where their system, or their doors, do",
)

pacs = Table(
    "pacs",
    metadata,
    account(),
    key("pacs_id", "The access control system's id"),
    text("site_id", "The site it guards"),
    text("name", "What people call it"),
    time("created_at", "When it was made known"),
    time("covered_until", "Until when its gateway held all events; null when it never sent coverage", null=True),
    time("heard_at", "When its gateway last said anything", null=True),
    json("subscribed", "Event types its gateway is subscribed to; null when it never said", null=True),
    json("refused", "Event types the system refused to deliver", null=True),
    number("number", "Its number in this installation, from 1: rows that are many refer to it by it", default=0),
    Index(None, "number", unique=True),
    of_account("site_id", table="sites"),
    comment="Access control systems",
)

doors = Table(
    "doors",
    metadata,
    account(),
    key("door_id", "The server's id of the door, made from account, access control system and device"),
    text("pacs_id", "The access control system that governs the door"),
    text("device_id", "The door's id there"),
    text("name", "The door's name there, or its device id while no list named it"),
    Column(
        "listed", Boolean, nullable=False, server_default=sql("false"), comment="Whether a device list ever named it"
    ),
    Column(
        "stale", Boolean, nullable=False, server_default=sql("false"), comment="Whether the newest list left it out"
    ),
    text("gateway_id", "The gateway whose list named it", null=True),
    json("access_points", "Its readers and sensors, each with id and side"),
    json("suggested_cameras", "Cameras that the access control system itself associates with it"),
    time("first_seen_at", "When it was first heard of"),
    door("number", "Its id as a number: rows that are many refer to the door by it", default=0),
    UniqueConstraint("account_id", "pacs_id", "device_id"),
    Index(None, "number", unique=True),
    of_account("pacs_id", table="pacs"),
    comment="Doors, as the access control systems list them",
)

held_device_lists = Table(
    "held_device_lists",
    metadata,
    account(),
    key("pacs_id", "The access control system whose list it is"),
    key("gateway_id", "The gateway that sent it; empty when it gave no id"),
    json("dropped", "Ids of the doors that the list no longer names"),
    text("reason", "Why it waits for a person, in one sentence"),
    time("arrived_at", "When the list came"),
    of_account("pacs_id", table="pacs"),
    comment="Device lists that would drop suspiciously many doors and wait for somebody to accept that",
)

cameras = Table(
    "cameras",
    metadata,
    account(),
    key("camera_id", "The camera's id"),
    text("name", "What people call it"),
    text("url", "Where its stream is read, with its password: never shown whole"),
    text(
        "main_url", "Where the stream that is recorded is read, with its password; null: the one at url is", null=True
    ),
    Column("enabled", Boolean, nullable=False, server_default=sql("true"), comment="Whether it is read at all"),
    json("settings", "Detector, recording and the like, as given to the analyzer"),
    json("groups", "Names of the groups it is in; searched for as one", null=True),
    json("labels", "Words that say what it shows; searched for, too", null=True),
    time("created_at", "When it was added"),
    time("deleted_at", "When it was removed; what it saw keeps naming it", null=True),
    number("status_code", "100 starting, 200 online, 4xx and 500 as in the contract", default=100),
    text("status_message", "What the analyzer says about it", null=True),
    time("status_at", "When the analyzer last said so", null=True),
    number("width", "Width of its picture in pixels", null=True),
    number("height", "Height of its picture in pixels", null=True),
    Column("fps", Float, nullable=True, comment="Frames a second"),
    Column("codec", Text, nullable=True, comment="Codec of its stream"),
    time("last_frame_at", "Capture time of its newest frame", null=True),
    Column("latency_ms", Float, nullable=True, comment="Milliseconds from capture to verdict of the newest frame"),
    Column("detector", Text, nullable=True, comment="The detector that looks at it"),
    Column("skew_ms", Float, nullable=True, comment="Milliseconds that its clock is behind ours; negative when ahead"),
    of_account(table="accounts"),
    comment="Video sources",
)

mappings = Table(
    "mappings",
    metadata,
    account(),
    key("door_id", "The door"),
    time_key("valid_from", "From when"),
    json("camera_ids", "The cameras that see it, the primary one first"),
    time("changed_at", "When somebody saved it"),
    of_account("door_id", table="doors"),
    comment="Which cameras see which door, by version",
)

scenes = Table(
    "scenes",
    metadata,
    account(),
    key("camera_id", "The camera"),
    key("door_id", "The door that it sees"),
    time_key("valid_from", "From when"),
    json("scene", "The scene without its door, in the shape of scene.yaml; null when it was removed", null=True),
    time("changed_at", "When somebody saved it"),
    of_account("camera_id", table="cameras"),
    of_account("door_id", table="doors"),
    comment="How cameras see doors, by version",
)

policies = Table(
    "policies",
    metadata,
    account(),
    key("door_id", "The door"),
    time_key("valid_from", "From when"),
    json("policy", "The policy in the shape of policy.yaml"),
    time("changed_at", "When somebody saved it"),
    of_account("door_id", table="doors"),
    comment="How the rule judges doors, by version",
)

pools = Table(
    "pools",
    metadata,
    account(),
    key("door_id", "The door that shares another one's grants"),
    time_key("valid_from", "From when"),
    text("head_id", "The door with which it is judged; null when it stands alone", null=True),
    time("changed_at", "When somebody saved it"),
    of_account("door_id", table="doors"),
    Index(None, "account_id", "head_id"),
    comment="Doors that share their grants, such as the leaves of one doorway or a bank of turnstiles, by version",
)

gateway_reports = Table(
    "gateway_reports",
    metadata,
    account(),
    key("pacs_id", "The access control system whose gateway reports"),
    key("kind", "stats, logs or errors"),
    number_key("number", "Counts up from 1 per kind"),
    time("arrived_at", "When it came"),
    json("body", "What the gateway sent"),
    of_account("pacs_id", table="pacs"),
    comment="The newest statistics, log lines and errors of gateways",
)
