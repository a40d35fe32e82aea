"""The gateway as a whole: spool, five queues, one PACS, coverage, health."""

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial

import msgspec

from doorwatch import __version__
from doorwatch.domain.time import Clock, Micros, SystemClock, from_seconds, to_iso
from doorwatch.gateway.collector import NOTE as WRITERS
from doorwatch.gateway.collector import QUEUE, Collector
from doorwatch.gateway.config import Config
from doorwatch.gateway.coverage import NOTE, Coverage, Kept
from doorwatch.gateway.coverage_post import CoveragePoster
from doorwatch.gateway.delivery import forwarder, headers, trust
from doorwatch.gateway.enrich import Enricher
from doorwatch.gateway.health import HealthServer
from doorwatch.gateway.journal import Journal
from doorwatch.gateway.keys import QUEUES
from doorwatch.gateway.metrics import render
from doorwatch.gateway.pacs_session import PacsSession
from doorwatch.gateway.server_faults import why_not_taken
from doorwatch.gateway.waiting import QUEUE as WAITING
from doorwatch.gateway.waiting import Waiting
from doorwatch.gateway.writers import Writers
from doorwatch.pacs.driver import Driver, Inventory
from doorwatch.pacs.genetec import GenetecDriver
from doorwatch.spool import (
    Forwarder,
    QueueRules,
    Spool,
    SpoolError,
    SpoolFullError,
    Transport,
    WhenFull,
    make_transport,
)

_log = logging.getLogger("doorwatch.gateway")
SMALL_QUEUE = QueueRules(max_bytes=64 << 20, when_full=WhenFull.DROP_OLDEST, memory=1 << 20)
MISSING_EVERY = 30.0
JOURNAL_EVERY = 1.0


class Gateway:
    """Everything between the PACS and the server. `run` ends when it is cancelled, or when the disk fails."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        journal: Journal | None = None,
        transport: Transport | None = None,
        driver: Callable[[Config, Clock], Driver] | None = None,
    ) -> None:
        self.config = config
        self.clock = clock or SystemClock()
        self.journal = journal or Journal()
        self._transport = transport
        self._make_driver = driver or (lambda config, clock: GenetecDriver(config.genetec(), clock))
        self.driver: Driver | None = None
        self.spool: Spool | None = None
        self.collector: Collector | None = None
        self.session: PacsSession | None = None
        self.waiting: Waiting | None = None
        self.enricher: Enricher | None = None
        self.coverage = Coverage()
        self.poster: CoveragePoster | None = None
        self.forwarders: dict[str, Forwarder] = {}
        self.health: HealthServer | None = None
        self.started_at: Micros = self.clock.now()
        self._devices: bytes | None = None
        self._period_start = self.started_at
        self.doors = 0

    # -- life -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until cancelled. Raises SpoolError when the folder cannot be used or its disk fails."""
        config = self.config
        if config["health_port"] or self.health is not None:
            self.health = HealthServer(config["health_host"], config["health_port"], self.not_ready, self.metrics)
            await self.health.start()
        try:
            await self._wait_for_configuration()
            await self._serve()
        finally:
            if self.health is not None:
                await self.health.stop()

    async def _wait_for_configuration(self) -> None:
        """Files of secrets may come later; what stands in values.yaml itself changes only with a new start."""
        told: list[str] = []
        while missing := self.config.find_missing():
            if missing != told:
                _log.error(
                    "the configuration is incomplete; set the missing keys", extra={"missing": ", ".join(missing)}
                )
                told = missing
            await self.clock.sleep(MISSING_EVERY if told else 0)

    async def _serve(self) -> None:
        config = self.config
        events = QueueRules(config["spool_max_size"], WhenFull(config["spool_when_full"]))
        rules = {name: events if name == QUEUE else SMALL_QUEUE for name in QUEUES}
        rules[WAITING] = events
        async with await Spool.open(config.data_dir, rules, now=self.clock.now) as spool:
            self.spool = spool
            await self._prepare(spool)
            tasks = [asyncio.create_task(work) for work in self._work()]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                with suppress(SpoolError):
                    self._keep_journal()
                await self._let_go()

    async def _prepare(self, spool: Spool) -> None:
        config = self.config
        kept = await spool.recall(NOTE)
        self.coverage = Coverage(msgspec.json.decode(kept, type=Kept) if kept else self._before_first_start())
        self.collector = Collector(spool, config.pacs_id, Writers(await spool.recall(WRITERS)))
        self._transport = self._transport or make_transport(
            trust=trust(config), agent=f"doorwatch-gateway/{__version__}"
        )
        self.driver = self._make_driver(config, self.clock)
        self.waiting = Waiting(spool, self.collector, self.driver.place, self.clock)
        self.poster = CoveragePoster(
            self.coverage,
            spool,
            self._transport,
            f"{config['camio_endpoint']}/coverage",
            lambda: headers(config),
            self.clock,
            self._idle,
        )
        if config["acs_enrich_seconds"]:
            self.enricher = Enricher(
                self.driver.backfill, self.collector, self.clock, config["acs_enrich_seconds"], self._skew
            )
        self.session = PacsSession(
            self.driver,
            self.collector,
            self.waiting,
            self.coverage,
            spool,
            self.clock,
            overlap=config["acs_backfill_overlap_seconds"],
            second_look=config["acs_backfill_second_look_seconds"],
            on_inventory=self._upload_doors,
            on_news=self.poster.soon,
            on_events=self.enricher.note if self.enricher else None,
        )
        for queue in QUEUES:
            self.forwarders[queue] = forwarder(
                config, queue, spool, self._transport, self.clock, self.poster.soon if queue == QUEUE else _nothing
            )

    def _before_first_start(self) -> Kept:
        """The last moments before a first start are a gap too, so that the first entries can be judged.

        A grant admits for up to half a minute: without them, who goes in just after the start would stay unconfirmed.
        """
        since = self.clock.now() - from_seconds(self.config["acs_backfill_overlap_seconds"])
        return Kept(since, since, since)

    def _work(self) -> list[Coroutine[None, None, None]]:
        assert self.session is not None  # noqa: S101 - made by _prepare
        assert self.poster is not None  # noqa: S101
        assert self.waiting is not None  # noqa: S101
        config = self.config
        return [
            *(forwarder.run() for forwarder in self.forwarders.values()),
            self.session.run(),
            self.waiting.run(),
            self.poster.run(),
            *([self.enricher.run()] if self.enricher else []),
            self._every(JOURNAL_EVERY, self._keep_journal),
            self._every(config["forward_stats_queue_interval"], self._keep_stats),
            self._every(config["forward_devices_queue_interval"], partial(self._queue_doors, again=True)),
        ]

    async def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while True:
            await self.clock.sleep(seconds)
            with suppress(SpoolFullError):
                work()

    async def _let_go(self) -> None:
        if self.driver is not None:
            await self.driver.close()
        if self._transport is not None:
            await self._transport.close()

    # -- what is sent besides events ------------------------------------------------------------------------------

    def _upload_doors(self, inventory: Inventory) -> None:
        """Queue the door list when it is new since the start or has changed."""
        self.doors = len(inventory.doors)
        devices = []
        for door in sorted(inventory.doors, key=lambda one: one.device_id):
            device: dict[str, object] = {"device_id": door.device_id, "device_name": door.name}
            if door.cameras:
                device["cameras"] = list(door.cameras)
            if door.access_points:
                device["access_points"] = [
                    {"id": point.id, "side": point.side.value} if point.side else {"id": point.id}
                    for point in door.access_points
                ]
            devices.append(device)
        document = msgspec.json.encode({"devices": devices, "gateway_id": self.config.gateway_id})
        if document != self._devices:
            self._devices = document
            self._queue_doors()
            if not devices:
                _log.error("Security Center shows no door; give the user view rights on the doors and their partitions")

    def _queue_doors(self, *, again: bool = False) -> None:
        if self.spool is not None and self._devices is not None:
            self.spool.put_nowait("devices", "devices", self._devices)
            _log.info("the door list is sent", extra={"doors": self.doors, "again": again})

    def _keep_journal(self) -> None:
        if self.spool is None:
            return
        lines, errors = self.journal.take()
        with suppress(SpoolFullError):
            for line in lines:
                self.spool.put_nowait("logs", "logs", line)
            for error in errors:
                self.spool.put_nowait("errors", "errors", error)

    def _keep_stats(self) -> None:
        if self.spool is None:
            return
        now = self.clock.now()
        stats = {**self.stats(), "period_start": to_iso(self._period_start), "period_end": to_iso(now)}
        self._period_start = now
        self.spool.put_nowait("stats", "stats", msgspec.json.encode({"stats": stats}))

    def stats(self) -> dict[str, object]:
        """The gateway in numbers since its start."""
        collector, state = self.collector, self.forwarders[QUEUE].state if self.forwarders else None
        usage = resource.getrusage(resource.RUSAGE_SELF)
        facts = self.driver.status.facts if self.driver else {}
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
            "clock_skew_ms": round(self._skew() / 1000),
            "memory_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "cpu_percent": round(100 * (usage.ru_utime + usage.ru_stime) / max(uptime, 1.0), 1),
        }

    def _skew(self) -> Micros:
        client = getattr(self.driver, "client", None)
        return int(getattr(client, "ahead", None) or 0)

    def _idle(self) -> Micros:
        idle = getattr(self.driver, "idle", None)
        return from_seconds(float(getattr(idle, "seconds", 60.0)))

    # -- health ---------------------------------------------------------------------------------------------------

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

    async def metrics(self) -> str:
        """Prometheus text."""
        return await render(self)


def _nothing() -> None:
    """Nobody waits for deliveries of the lesser queues."""


async def serve(config: Config, journal: Journal) -> None:
    """Run a gateway until SIGTERM or SIGINT."""
    gateway = Gateway(config, journal=journal)
    task = asyncio.create_task(gateway.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    _log.info(
        "the gateway starts", extra={"version": __version__, "data_dir": str(config.data_dir), "pid": os.getpid()}
    )
    with suppress(asyncio.CancelledError):
        await task
    _log.info("the gateway stops")
