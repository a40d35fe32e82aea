"""The gateway's metrics as Prometheus reads them, written without a library: names are listed in docs/reference/metrics.md."""

from doorwatch.gateway.collector import QUEUE
from doorwatch.gateway.keys import QUEUES
from doorwatch.gateway.state import State

PREFIX = "doorwatch_gateway_"


class _Page:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, name: str, kind: str, about: str, values: dict[str, float | None]) -> None:
        """One metric; `values` by label text, empty for none. Unknown values are left out."""
        known = {labels: value for labels, value in values.items() if value is not None}
        if known:
            self.lines += [f"# HELP {PREFIX}{name} {about}", f"# TYPE {PREFIX}{name} {kind}"]
            self.lines += [
                f"{PREFIX}{name}{labels} {value:g}" if abs(value) < 1e6 else f"{PREFIX}{name}{labels} {value:.0f}"
                for labels, value in known.items()
            ]

    def one(self, name: str, kind: str, about: str, value: float | None) -> None:
        """One metric without labels."""
        self.add(name, kind, about, {"": value})


async def render(state: State) -> str:
    """All metrics as text."""
    page = _Page()
    now = state.clock.now()
    _pacs(page, state, now)
    spool = state.spool
    if spool is not None and spool.broken is None:
        counts = {name: spool.counts(name) for name in QUEUES}
        oldest = {name: await spool.oldest(name) for name in QUEUES}

        def per_queue(values: dict[str, float | None]) -> dict[str, float | None]:
            return {f'{{queue="{name}"}}': value for name, value in values.items()}

        page.add("queue_depth", "gauge", "Items that wait.", per_queue({n: c.depth for n, c in counts.items()}))
        page.add("queue_bytes", "gauge", "Bytes that wait.", per_queue({n: c.bytes for n, c in counts.items()}))
        ages = {n: max(0.0, (now - at) / 1e6) if at else 0.0 for n, at in oldest.items()}
        page.add("queue_oldest_seconds", "gauge", "Age of the oldest item that waits.", per_queue(dict(ages)))
        page.add(
            "queue_put_total", "counter", "Items taken in, ever.", per_queue({n: c.put for n, c in counts.items()})
        )
        page.add(
            "queue_delivered_total",
            "counter",
            "Items the server took, ever.",
            per_queue({n: c.delivered for n, c in counts.items()}),
        )
        page.add(
            "queue_dead_total", "counter", "Items given up, ever.", per_queue({n: c.buried for n, c in counts.items()})
        )
        page.add(
            "queue_dropped_total",
            "counter",
            "Items dropped because the queue was full, ever.",
            per_queue({n: c.dropped for n, c in counts.items()}),
        )
        states = {name: forwarder.state for name, forwarder in state.forwarders.items()}
        page.add(
            "retries_total",
            "counter",
            "Requests or items tried again since the start.",
            per_queue({n: s.retries for n, s in states.items()}),
        )
        page.add(
            "requests_total",
            "counter",
            "Requests since the start.",
            per_queue({n: s.requests for n, s in states.items()}),
        )
        page.add(
            "request_seconds_total",
            "counter",
            "Time spent in requests.",
            per_queue({n: round(s.seconds, 3) for n, s in states.items()}),
        )
        page.add(
            "server_away",
            "gauge",
            "1 while the server takes nothing.",
            per_queue({n: float(s.away is not None) for n, s in states.items()}),
        )
        page.one("commits_total", "counter", "Group commits of the spool since the start.", spool.commits)
    return "\n".join([*page.lines, ""])


def _pacs(page: _Page, state: State, now: int) -> None:
    def fact(name: str) -> float | None:
        value = state.facts.get(name)
        return float(value) if isinstance(value, int | float) else None

    stats = state.stats()
    collector, session, poster = state.collector, state.session, state.poster
    page.one("uptime_seconds", "gauge", "Since the start.", float(str(stats["uptime_seconds"])))
    page.one("memory_peak_bytes", "gauge", "Peak resident memory.", float(str(stats["memory_bytes"])))
    page.one("ready", "gauge", "1 while nothing keeps the gateway from its work.", float(not state.not_ready()))
    page.one("pacs_connected", "gauge", "1 while the PACS is heard.", float(state.coverage.listening))
    page.one(
        "pacs_licence_connections",
        "gauge",
        "Connections of the PACS's licence that are held.",
        float(state.coverage.listening),
    )
    page.one(
        "pacs_licence_used", "gauge", "Connections of the licence that are taken, by anybody.", fact("licence_used")
    )
    page.one("pacs_licence_limit", "gauge", "Connections that the licence has.", fact("licence_most"))
    page.one(
        "pacs_sessions_total",
        "counter",
        "Streams opened since the start.",
        float(session.sessions) if session else None,
    )
    page.one("doors", "gauge", "Doors that the PACS shows.", float(state.doors))
    page.one(
        "events_received_total",
        "counter",
        "Copies of events that came in.",
        float(collector.received) if collector else None,
    )
    page.one(
        "events_repeated_total",
        "counter",
        "Copies that said nothing new.",
        float(collector.repeated) if collector else None,
    )
    page.one("events_filtered_total", "counter", "Events of types that are not wanted.", fact("filtered") or 0.0)
    page.one(
        "stream_malformed_total", "counter", "Pieces of the stream that could not be read.", fact("stream_malformed")
    )
    page.one("stream_keep_alives_total", "counter", "Keep-alives of the stream.", fact("stream_keep_alives"))
    page.one(
        "backfilled_rows_total",
        "counter",
        "Rows read from the PACS's record.",
        float(session.backfilled) if session else None,
    )
    page.one(
        "events_waiting",
        "gauge",
        "Events that wait for a door or a name.",
        float(state.waiting.held) if state.waiting else None,
    )
    enricher = state.enricher
    page.one(
        "enrich_questions_total",
        "counter",
        "Questions to the PACS's record for cardholders.",
        float(enricher.questions) if enricher else None,
    )
    page.one(
        "enriched_total",
        "counter",
        "Events whose cardholder such a question brought.",
        float(enricher.found) if enricher else None,
    )
    page.one(
        "clock_skew_seconds", "gauge", "How far the PACS's clock is ahead.", float(str(stats["clock_skew_ms"])) / 1000
    )
    if collector and collector.last_event_at:
        page.one(
            "last_event_age_seconds",
            "gauge",
            "Since the newest event's own time.",
            (now - collector.last_event_at) / 1e6,
        )
    if poster and poster.covered_until:
        page.one(
            "coverage_lag_seconds",
            "gauge",
            "How far the covered time, as told to the server, lags.",
            (now - poster.covered_until) / 1e6,
        )
    if session and QUEUE in state.forwarders:
        delivered = state.forwarders[QUEUE].state.delivered
        page.one("events_forwarded_total", "counter", "Events the server took since the start.", float(delivered))
