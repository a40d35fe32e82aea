"""Every key of values.yaml: where it stands, what it takes, what it is without. The reference page is made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from doorwatch.gateway.values import (
    address,
    choice,
    event_names,
    file_path,
    fingerprint,
    flag,
    host_name,
    path_part,
    plain,
    seconds,
    size_in_bytes,
    whole,
)

QUEUES = ("webhooks", "stats", "devices", "logs", "errors")


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its section, its names (the first is the documented one), how it is read, what it is without."""

    section: str
    name: str
    read: Callable[[Any], Any]
    default: Any
    about: str
    also: tuple[str, ...] = ()
    secret: bool = False
    shown_default: str = ""


SERVER, GENETEC, ADVANCED = "camio", "genetec", "advanced"
SECTION_ALIASES = {"server": SERVER}

KEYS: tuple[Key, ...] = (
    Key(
        SERVER,
        "camio_endpoint",
        address,
        None,
        "Base address of the server's ingest; the queues' endpoints are appended. Needed.",
        ("server_endpoint",),
    ),
    Key(
        SERVER,
        "camio_auth_token",
        plain,
        None,
        "The token that the server issued for this gateway. Needed, here or in a file.",
        ("server_auth_token",),
        secret=True,
    ),
    Key(
        SERVER,
        "camio_auth_token_file",
        file_path,
        None,
        "A file that holds the token; it is read again when it changes.",
        ("server_auth_token_file",),
    ),
    Key(
        SERVER,
        "camio_max_retries",
        whole(0, 1_000_000),
        100,
        "Retries of an item that the server itself refuses, before it becomes a dead letter. Outages never count.",
        ("server_max_retries",),
    ),
    Key(
        SERVER,
        "camio_cert_enable",
        flag,
        False,
        "Kept for old files and without effect: an https address is always verified unless camio_verify_tls is false.",
        ("server_cert_enable",),
    ),
    Key(
        SERVER,
        "camio_verify_tls",
        flag,
        True,
        "false believes any certificate of the server; a warning is logged.",
        ("server_verify_tls",),
    ),
    Key(
        SERVER,
        "camio_ca_file",
        file_path,
        None,
        "A PEM file of the authority that signed the server's certificate.",
        ("server_ca_file",),
    ),
    Key(
        SERVER,
        "camio_compression",
        choice("none", "gzip", "zstd"),
        "none",
        "Compression of what is posted.",
        ("server_compression",),
    ),
    Key(GENETEC, "acs_server_ip", host_name, None, "Host of the Web-based SDK role. Needed."),
    Key(
        GENETEC,
        "acs_app_id",
        plain,
        None,
        "ApplicationId of the SDK certificate. Needed, here or in a file.",
        secret=True,
    ),
    Key(GENETEC, "acs_app_id_file", file_path, None, "A file that holds the ApplicationId."),
    Key(
        GENETEC,
        "acs_username",
        plain,
        None,
        "Security Center user for the gateway; not one of Active Directory. Needed, here or in a file.",
    ),
    Key(GENETEC, "acs_username_file", file_path, None, "A file that holds the user name."),
    Key(GENETEC, "acs_password", plain, None, "That user's password. Needed, here or in a file.", secret=True),
    Key(GENETEC, "acs_password_file", file_path, None, "A file that holds the password."),
    Key(GENETEC, "acs_port", whole(1, 65535), 4590, "Port of the role."),
    Key(
        GENETEC,
        "acs_streaming_port",
        whole(1, 65535),
        None,
        "Port of the event stream, where it is not the same and the role does not redirect to it.",
        shown_default="same as acs_port",
    ),
    Key(GENETEC, "acs_base_uri", path_part, "WebSdk", "Base URI of the role."),
    Key(GENETEC, "cert_enabled", flag, False, "Whether the role uses SSL."),
    Key(
        GENETEC,
        "cert_disabled_alt_port",
        whole(1, 65535),
        None,
        "Port to use instead of acs_port while cert_enabled is false.",
    ),
    Key(
        GENETEC,
        "acs_verify_tls",
        flag,
        True,
        "false believes any certificate of Security Center; a warning is logged.",
    ),
    Key(
        GENETEC,
        "acs_ca_file",
        file_path,
        None,
        "A PEM file of the authority that signed the certificate of Security Center.",
    ),
    Key(
        GENETEC,
        "acs_fingerprint",
        fingerprint,
        None,
        "SHA-256 fingerprint of the one certificate to trust, for self-signed ones.",
    ),
    Key(
        GENETEC,
        "acs_door_events",
        event_names,
        None,
        "Event types to receive; nothing else is. Without it the set that the tailgating rule can use.",
        shown_default="see below",
    ),
    Key(
        GENETEC,
        "acs_stream_idle_seconds",
        seconds(1, 3600, auto=True),
        None,
        "Silence after which the stream counts as dead. auto: three keep-alive intervals, 60 s until one was seen, at least 15 s.",
        shown_default="auto",
    ),
    Key(
        GENETEC,
        "acs_verify_seconds",
        seconds(1, 240),
        60.0,
        "How often the subscription is verified, which also keeps the session alive.",
    ),
    Key(GENETEC, "acs_backfill_overlap_seconds", seconds(0, 3600), 60.0, "How far before a gap its filling begins."),
    Key(
        GENETEC,
        "acs_backfill_second_look_seconds",
        seconds(0, 86400),
        60.0,
        "When a filled gap is read again for rows that reach the report late; 0: never.",
    ),
    Key(
        GENETEC,
        "acs_enrich_seconds",
        seconds(0, 3600),
        5.0,
        "How long after an event that came without a cardholder the report is asked for one; 0: never.",
    ),
    Key(
        ADVANCED,
        "forward_event_queue_interval",
        seconds(0, 86400),
        5.0,
        "Longest wait of an event for others. It matters only where forward_events_at_once is false.",
    ),
    Key(
        ADVANCED,
        "forward_events_at_once",
        flag,
        True,
        "Events leave as soon as they are on disk. false restores waiting for the interval.",
    ),
    Key(ADVANCED, "forward_stats_queue_interval", seconds(1, 604800), 3600.0, "How often statistics are sent."),
    Key(
        ADVANCED,
        "forward_devices_queue_interval",
        seconds(10, 604800),
        86400.0,
        "How often the door list is sent; also at start and on every change.",
    ),
    Key(ADVANCED, "forward_logs_queue_interval", seconds(0, 604800), 3600.0, "Longest wait of a log line for others."),
    Key(ADVANCED, "forward_errors_queue_interval", seconds(0, 604800), 30.0, "Longest wait of an error for others."),
    Key(ADVANCED, "events_queue_pull_size", whole(1, 10_000), 500, "Most events in a request, where webhooks is bulk."),
    Key(ADVANCED, "logs_queue_pull_size", whole(1, 10_000), 120, "Most log lines in a request."),
    Key(ADVANCED, "errors_queue_pull_size", whole(1, 10_000), 120, "Most errors in a request."),
    Key(ADVANCED, "events_in_flight", whole(1, 256), 256, "Requests at once, where webhooks is individual."),
    Key(
        ADVANCED,
        "default_log_level",
        choice("DEBUG", "INFO", "WARNING", "ERROR"),
        "INFO",
        "Least severe lines that are logged.",
    ),
    Key(ADVANCED, "debug_mode", flag, False, "true logs everything, as DEBUG does."),
    Key(ADVANCED, "max_threads_per_pagination_call", whole(1, 100), 10, "Pages of a list that are fetched at once."),
    Key(
        ADVANCED, "data_dir", file_path, "./gateway-data", "Folder of the spool; the variable DOORWATCH_DATA_DIR wins."
    ),
    Key(ADVANCED, "health_port", whole(0, 65535), 8080, "Port of /healthz, /readyz and /metrics; 0: none."),
    Key(ADVANCED, "health_host", plain, "0.0.0.0", "Address on which they are served."),  # noqa: S104 - a pod is asked from outside
    Key(
        ADVANCED,
        "spool_max_size",
        size_in_bytes,
        8 << 30,
        "Most bytes of events that wait on disk.",
        shown_default="8Gi",
    ),
    Key(
        ADVANCED,
        "spool_when_full",
        choice("stop", "drop_oldest"),
        "stop",
        "stop: no more is read, and an alarm is raised. drop_oldest: the oldest events make room.",
    ),
    Key(
        ADVANCED,
        "gateway_id",
        plain,
        None,
        "Name of this gateway in the server, where a site has several.",
        shown_default="host name",
    ),
    Key(
        ADVANCED,
        "pacs_id",
        plain,
        None,
        "Name of the PACS in event ids; to be kept when acs_server_ip changes.",
        shown_default="acs_server_ip",
    ),
    *(Key(queue, "endpoint", path_part, queue, f"Path of the {queue} queue below camio_endpoint.") for queue in QUEUES),
    *(
        Key(
            queue,
            "queue_forward_bulk_status",
            choice("individual", "bulk"),
            "bulk" if queue in {"logs", "errors"} else "individual",
            f"One item a request, or many, for the {queue} queue.",
        )
        for queue in QUEUES
    ),
)


def reference() -> str:
    """The table of all keys in Markdown, as docs/reference/values.md has it."""
    lines = ["| section | key | default | meaning |", "|---|---|---|---|"]
    for key in KEYS:
        default = key.shown_default or ("" if key.default is None else _shown(key.default))
        names = " or ".join(f"`{name}`" for name in (key.name, *key.also))
        lines.append(f"| `{key.section}` | {names} | {default} | {key.about} |")
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
