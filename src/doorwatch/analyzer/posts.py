"""What the analyzer tells the server, through the durable queue: crossings, coverage, camera states, segments."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import structlog

from doorwatch.analyzer.metrics import Metrics, TimedTransport
from doorwatch.analyzer.settings import AnalyzerError, AnalyzerSettings
from doorwatch.domain.appearance import Appearance
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import Micros, to_iso
from doorwatch.recording.segments import Segment
from doorwatch.spool import (
    Backoff,
    Delivery,
    Endpoint,
    Forwarder,
    QueueRules,
    Spool,
    SpoolError,
    TlsTrust,
    Transport,
    WhenFull,
    envelope,
    make_transport,
)

log = structlog.get_logger(__name__)

_MIB = 1 << 20
_PATIENCE = 0.3
_QUEUES: Mapping[str, QueueRules] = {
    "crossings": QueueRules(),
    "coverage": QueueRules(max_bytes=256 * _MIB, when_full=WhenFull.DROP_OLDEST),
    "cameras": QueueRules(max_bytes=_MIB, when_full=WhenFull.DROP_OLDEST),
    "segments": QueueRules(max_bytes=256 * _MIB, when_full=WhenFull.DROP_OLDEST),
    "deleted": QueueRules(max_bytes=16 * _MIB, when_full=WhenFull.DROP_OLDEST),
    "walks": QueueRules(max_bytes=4 * _MIB, when_full=WhenFull.DROP_OLDEST),
}
_LINGER = {"crossings": 0.0, "coverage": 0.0, "cameras": 0.05, "segments": 0.1, "deleted": 0.1, "walks": 1.0}


class Posts:
    """Everything that is put here is on disk before it leaves, and leaves only when the server took it."""

    def __init__(self, spool: Spool, settings: AnalyzerSettings, transport: Transport, metrics: Metrics) -> None:
        self._spool = spool
        self._metrics = metrics
        self._transport = transport
        headers = {"Authorization": f"Bearer {settings.token}"}

        def forwarder(queue: str) -> Forwarder:
            endpoint = Endpoint(
                settings.url(f"/api/analyzer/{'segments' if queue == 'deleted' else queue}"),
                encode=envelope(queue),
                batch=200,
                linger=_LINGER[queue],
                headers=lambda: headers,
            )
            delivery = Delivery(
                spool,
                queue,
                endpoint,
                transport,
                backoff=Backoff(0.25, 5.0),
                on_away=lambda reason: log.warning("server away", queue=queue, reason=reason),
                on_back=lambda: log.info("server back", queue=queue),
                on_buried=lambda item, reason: log.error("post given up", key=item.key, reason=reason),
            )
            return Forwarder(delivery)

        self._forwarders = [forwarder(queue) for queue in _QUEUES]

    @classmethod
    async def open(cls, settings: AnalyzerSettings, metrics: Metrics, transport: Transport | None = None) -> "Posts":
        """Take the spool in the data folder. Raises SpoolError when another analyzer has it, AnalyzerError."""
        if transport is None:
            transport = make_transport(trust=TlsTrust(settings.verify_tls, _authority(settings.ca_file)))
        spool = await Spool.open(settings.data_dir / "analyzer-spool", _QUEUES)
        return cls(spool, settings, TimedTransport(transport, metrics, time.monotonic), metrics)

    async def run(self) -> None:
        """Deliver until cancelled."""
        tasks = {asyncio.create_task(forwarder.run()) for forwarder in self._forwarders}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            # A request that is under way can take a cancellation for a failure of its own: it is told again.
            while any(not task.done() for task in tasks):
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks, timeout=_PATIENCE)
        for task in tasks:
            task.result()

    async def close(self) -> None:
        """Let go of connections and the spool; what was not delivered waits on disk."""
        await self._transport.close()
        await self._spool.close()

    @property
    def waiting(self) -> int:
        """Items that the server has not yet taken."""
        return sum(self._spool.counts(queue).depth for queue in _QUEUES)

    def crossing(self, crossing: Crossing, *, first: bool = True) -> None:
        """A crossing: `first` when it is new, else with a longer trail."""
        body = {
            "crossing_id": crossing.crossing_id,
            "camera_id": crossing.camera,
            "door_id": crossing.door,
            "track": crossing.track,
            "at": to_iso(crossing.at),
            "direction": crossing.direction.value,
            "confidence": crossing.confidence,
            "continuous": crossing.continuous,
            "possible": crossing.possible,
            "trail": [[step.at, step.column, step.row] for step in crossing.trail],
            **_seen_of(crossing.appearance),
        }
        begun = time.time_ns() // 1000

        def kept() -> None:
            now = time.time_ns() // 1000
            self._metrics.stage("spool", now - begun)
            if first:
                self._metrics.spooled(now - crossing.at)

        self._put("crossings", crossing.camera, body, kept)

    def coverage(self, camera_id: str, start: Micros, end: Micros) -> None:
        """A piece of time for which a camera saw its doors."""
        self._put("coverage", camera_id, {"camera_id": camera_id, "from": to_iso(start), "until": to_iso(end)})

    def camera(self, state: Mapping[str, Any]) -> None:
        """How a camera is."""
        self._put("cameras", str(state["camera_id"]), dict(state))

    def segment(self, segment: Segment, kept: Callable[[], None]) -> None:
        """A recorded segment that is safely on disk; `kept` is called when this post is as well."""
        body = {**asdict(segment), "start": to_iso(segment.start), "end": to_iso(segment.end)}
        self._put("segments", segment.camera_id, body, kept)

    def walk(self, walk: Mapping[str, Any]) -> None:
        """Somebody's way through a camera's picture."""
        self._put("walks", str(walk["camera_id"]), dict(walk))

    def deleted(self, segment_ids: list[str]) -> None:
        """Segments whose files are gone."""
        for segment_id in segment_ids:
            self._put("deleted", "deleted", segment_id)

    def _put(self, queue: str, key: str, body: Any, kept: Callable[[], None] | None = None) -> None:
        def done(future: "asyncio.Future[None]") -> None:
            if not future.cancelled() and (error := future.exception()) is not None:
                log.error("a post was lost: the spool takes nothing", queue=queue, reason=str(error))
            elif kept is not None and not future.cancelled():
                kept()

        try:
            self._spool.put_nowait(queue, key, msgspec.json.encode(body)).add_done_callback(done)
        except SpoolError as error:
            log.critical("a post was lost: the spool takes nothing", queue=queue, reason=str(error))


def _seen_of(appearance: Appearance) -> dict[str, Any]:
    """What is known of somebody's appearance, under the names of the wire."""
    worn = {"upper": appearance.upper, "lower": appearance.lower}
    told: dict[str, Any] = {part: colour.value for part, colour in worn.items() if colour}
    if appearance.carried:
        told["carried"] = sorted(appearance.carried)
    if appearance.likeness is not None:
        told["likeness"] = asdict(appearance.likeness)
    return told if appearance.dwell is None else {**told, "dwell_us": appearance.dwell}


def client_tls(settings: AnalyzerSettings) -> ssl.SSLContext | bool:
    """Whom the connections that are not posts believe. Raises AnalyzerError."""
    if not settings.verify_tls:
        return False
    authority = _authority(settings.ca_file)
    if authority is None:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cadata=authority.decode())
    except (ssl.SSLError, ValueError) as error:
        raise AnalyzerError(f"{settings.ca_file} holds no certificate in PEM form: name a file that does") from error
    return context


def _authority(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise AnalyzerError(f"the CA file {path} cannot be read ({error.strerror}): correct --ca-file") from error
