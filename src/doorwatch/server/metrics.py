"""The server's metrics, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

STORED = Counter("doorwatch_ingested", "Items stored, by kind", ("kind",), registry=REGISTRY)
REFUSED = Counter("doorwatch_ingest_refused", "Items refused, by kind", ("kind",), registry=REGISTRY)
LIMITED = Counter(
    "doorwatch_requests_limited",
    "Requests answered 429 since their caller asked too often, by caller",
    ("caller",),
    registry=REGISTRY,
)
VERDICTS = Counter("doorwatch_verdicts", "Doors judged", registry=REGISTRY)
JUDGES = Gauge("doorwatch_judges", "Processes that help judging doors", registry=REGISTRY)
VERDICT_SECONDS = Histogram(
    "doorwatch_verdict_seconds",
    "Seconds to read, judge and store one door's window",
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
INCIDENT_SECONDS = Histogram(
    "doorwatch_crossing_to_incident_seconds",
    "Seconds from a crossing to its committed incident, since its capture and since its arrival",
    ("since",),
    registry=REGISTRY,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)
DELIVERIES = Counter(
    "doorwatch_alert_deliveries",
    "Tries to deliver messages, by channel and outcome",
    ("channel", "outcome"),
    registry=REGISTRY,
)
DELIVERY_SECONDS = Histogram(
    "doorwatch_alert_delivery_seconds",
    "Seconds from writing a message to its being taken, by channel",
    ("channel",),
    registry=REGISTRY,
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 600, 3600, 86400),
)
LISTENERS = Gauge("doorwatch_listeners", "Open live connections, by kind", ("kind",), registry=REGISTRY)
DROPPED = Counter(
    "doorwatch_live_dropped", "Live messages dropped for slow clients, by kind", ("kind",), registry=REGISTRY
)
