"""The gateway as a whole: spool, five queues, one PACS, coverage, health."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial

import msgspec

from doorwatch import __version__
from doorwatch.domain.time import Clock, SystemClock, from_seconds, to_iso
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
from doorwatch.gateway.state import State
from doorwatch.gateway.waiting import QUEUE as WAITING
from doorwatch.gateway.waiting import Waiting
from doorwatch.gateway.writers import Writers
from doorwatch.pacs.driver import Driver, Inventory
from doorwatch.pacs.genetec import GenetecDriver
from doorwatch.spool import (
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
        self.state = State(config, self.clock, self.clock.now())
        self.health: HealthServer | None = None
        self._transport = transport
        self._make_driver = driver or (lambda config, clock: GenetecDriver(config.genetec(), clock))
        self._devices: bytes | None = None
        self._period_start = self.state.started_at

    # -- life -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until cancelled. Raises SpoolError when the folder cannot be used or its disk fails."""
        config = self.config
        if config["health_port"] or self.health is not None:
            self.health = HealthServer(
                config["health_host"], config["health_port"], self.state.not_ready, partial(render, self.state)
            )
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
            self.state.spool = spool
            tasks = [asyncio.create_task(work) for work in await self._prepare(spool)]
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

    async def _prepare(self, spool: Spool) -> list[Coroutine[None, None, None]]:
        """Make everything that needs the spool; what is to be run."""
        config, clock, state = self.config, self.clock, self.state
        kept = await spool.recall(NOTE)
        coverage = state.coverage = Coverage(
            msgspec.json.decode(kept, type=Kept) if kept else self._before_first_start()
        )
        collector = state.collector = Collector(spool, config.pacs_id, Writers(await spool.recall(WRITERS)))
        transport = self._transport = self._transport or make_transport(
            trust=trust(config), agent=f"doorwatch-gateway/{__version__}"
        )
        driver = state.driver = self._make_driver(config, clock)
        poster = state.poster = CoveragePoster(
            coverage,
            spool,
            transport,
            f"{config['camio_endpoint']}/coverage",
            lambda: headers(config),
            clock,
            lambda: state.idle,
        )
        for queue in QUEUES:
            state.forwarders[queue] = forwarder(
                config, queue, spool, transport, clock, poster.soon if queue == QUEUE else _nothing
            )
        return [
            *self._listen(spool, driver, collector, poster),
            *(one.run() for one in state.forwarders.values()),
            poster.run(),
            self._every(JOURNAL_EVERY, self._keep_journal),
            self._every(config["forward_stats_queue_interval"], self._keep_stats),
            self._every(config["forward_devices_queue_interval"], partial(self._queue_doors, again=True)),
        ]

    def _listen(
        self, spool: Spool, driver: Driver, collector: Collector, poster: CoveragePoster
    ) -> list[Coroutine[None, None, None]]:
        """Make what stands between the PACS and the collector; what is to be run."""
        config, clock, state = self.config, self.clock, self.state
        waiting = state.waiting = Waiting(spool, collector, driver.place, clock)
        if config["acs_enrich_seconds"]:
            state.enricher = Enricher(
                driver.backfill, collector, clock, config["acs_enrich_seconds"], lambda: state.skew
            )
        enricher = state.enricher
        session = state.session = PacsSession(
            driver,
            collector,
            waiting,
            state.coverage,
            spool,
            clock,
            overlap=config["acs_backfill_overlap_seconds"],
            second_look=config["acs_backfill_second_look_seconds"],
            on_inventory=self._upload_doors,
            on_news=poster.soon,
            on_events=enricher.note if enricher else None,
        )
        return [session.run(), waiting.run(), *([enricher.run()] if enricher else [])]

    def _before_first_start(self) -> Kept:
        """The last moments before a first start are a gap too, so that the first entries can be judged.

        A grant admits for up to half a minute: without them, who goes in just after the start would stay unconfirmed.
        """
        since = self.clock.now() - from_seconds(self.config["acs_backfill_overlap_seconds"])
        return Kept(since, since, since)

    async def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while True:
            await self.clock.sleep(seconds)
            with suppress(SpoolFullError):
                work()

    async def _let_go(self) -> None:
        if self.state.driver is not None:
            await self.state.driver.close()
        if self._transport is not None:
            await self._transport.close()

    # -- what is sent besides events ------------------------------------------------------------------------------

    def _upload_doors(self, inventory: Inventory) -> None:
        """Queue the door list when it is new since the start or has changed."""
        self.state.doors = len(inventory.doors)
        devices = []
        for door in sorted(inventory.doors, key=lambda one: one.device_id):
            device: dict[str, object] = {"device_id": door.device_id, "device_name": door.name}
            if door.cameras:
                device["cameras"] = list(door.cameras)
            if door.camera_names:
                device["camera_names"] = dict(sorted(door.camera_names.items()))
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
        if self.state.spool is not None and self._devices is not None:
            self.state.spool.put_nowait("devices", "devices", self._devices)
            _log.info("the door list is sent", extra={"doors": self.state.doors, "again": again})

    def _keep_journal(self) -> None:
        if self.state.spool is None:
            return
        lines, errors = self.journal.take()
        with suppress(SpoolFullError):
            for line in lines:
                self.state.spool.put_nowait("logs", "logs", line)
            for error in errors:
                self.state.spool.put_nowait("errors", "errors", error)

    def _keep_stats(self) -> None:
        if self.state.spool is None:
            return
        now = self.clock.now()
        stats = {**self.state.stats(), "period_start": to_iso(self._period_start), "period_end": to_iso(now)}
        self._period_start = now
        self.state.spool.put_nowait("stats", "stats", msgspec.json.encode({"stats": stats}))


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
