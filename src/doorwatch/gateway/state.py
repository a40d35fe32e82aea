"""The gateway's parts as they stand now, and what they say: for probes, metrics and the queue of statistics."""

import resource
import sys
from dataclasses import dataclass, field

from doorwatch import __version__
from doorwatch.domain.time import Clock, Micros, from_seconds, to_iso
from doorwatch.gateway.collector import QUEUE, Collector
from doorwatch.gateway.config import Config
from doorwatch.gateway.coverage import Coverage
from doorwatch.gateway.coverage_post import CoveragePoster
from doorwatch.gateway.enrich import Enricher
from doorwatch.gateway.keys import QUEUES
from doorwatch.gateway.pacs_session import PacsSession
from doorwatch.gateway.server_faults import why_not_taken
from doorwatch.gateway.waiting import Waiting
from doorwatch.pacs.driver import Driver
from doorwatch.spool import Forwarder, Spool


@dataclass(slots=True)
class State:
    """What is None has not been made yet: the gateway starts, or a key is missing."""

    config: Config
    clock: Clock
    started_at: Micros
    driver: Driver | None = None
    spool: Spool | None = None
    collector: Collector | None = None
    session: PacsSession | None = None
    waiting: Waiting | None = None
    enricher: Enricher | None = None
    poster: CoveragePoster | None = None
    coverage: Coverage = field(default_factory=Coverage)
    forwarders: dict[str, Forwarder] = field(default_factory=dict)
    doors: int = 0

    @property
    def facts(self) -> dict[str, float | int | str | None]:
        """What the driver tells of its PACS."""
        return self.driver.status.facts if self.driver else {}

    @property
    def skew(self) -> Micros:
        """How far the PACS's clock is ahead."""
        return self.driver.ahead if self.driver else 0

    @property
    def idle(self) -> Micros:
        """For how long the PACS's silence is believed."""
        idle = getattr(self.driver, "idle", None)
        return from_seconds(float(getattr(idle, "seconds", 60.0)))

    def not_ready(self) -> list[str]:
        """Why the gateway cannot do its work now; empty when it can."""
        if missing := self.config.find_missing():
            return [f"{name} is not set" for name in missing]
        if self.spool is None or self.session is None:
            return ["starting"]
        reasons = [str(self.spool.broken)] if self.spool.broken else []
        if self.session.problem:
            reasons.append(self.session.problem)
        away = {queue: self.forwarders[queue].state.away for queue in QUEUES}
        return reasons + why_not_taken(away, self.poster.problem if self.poster else None)

    def stats(self) -> dict[str, object]:
        """The gateway in numbers since its start."""
        collector, state = self.collector, self.forwarders[QUEUE].state if self.forwarders else None
        usage = resource.getrusage(resource.RUSAGE_SELF)
        facts = self.facts
        uptime = (self.clock.now() - self.started_at) / 1e6
        return {
            "gateway_id": self.config.gateway_id,
            "version": __version__,
            "uptime_seconds": round(uptime, 1),
            "events_received": collector.received if collector else 0,
            "events_repeated": collector.repeated if collector else 0,
            "events_filtered": facts.get("filtered") or 0,
            "events_forwarded": state.delivered if state else 0,
            "events_failed": state.buried if state else 0,
            "retries": state.retries if state else 0,
            "queue_lengths": {name: self.spool.counts(name).depth for name in QUEUES} if self.spool else {},
            "devices_count": self.doors,
            "acs_connected": self.coverage.listening,
            "licence_used": facts.get("licence_used"),
            "licence_limit": facts.get("licence_most"),
            "last_event_at": to_iso(collector.last_event_at) if collector and collector.last_event_at else None,
            "clock_skew_ms": round(self.skew / 1000),
            "memory_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "cpu_percent": round(100 * (usage.ru_utime + usage.ru_stime) / max(uptime, 1.0), 1),
        }
