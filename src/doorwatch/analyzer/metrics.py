"""What the analyzer measures, on a port of its own.

The figures belong to this process: histograms only add up right where they are counted, and a server that gathered
them would have to know which analyzer was restarted when. Prometheus asks every process itself.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from doorwatch.analyzer.settings import AnalyzerError
from doorwatch.domain.time import SECOND, Micros
from doorwatch.spool import Reply, Transport

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10)


class Metrics:
    """One analyzer's metrics. Lengths of time are handed over in microseconds and told in seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._stages = Histogram(
            "doorwatch_analyzer_stage_seconds",
            "Seconds a stage takes: capture (until a searched frame arrived), decode, detect, decide (from a crossing "
            "to the frame that made it sure), spool, post",
            ("stage",),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._spooled = Histogram(
            "doorwatch_analyzer_crossing_seconds",
            "Seconds from a crossing's capture until it is safely in the queue",
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._crossings = Counter("doorwatch_analyzer_crossings", "Crossings", ("camera",), registry=self.registry)
        self._frames = Counter(
            "doorwatch_analyzer_frames", "Frames searched for people", ("camera",), registry=self.registry
        )
        self._left_out = Gauge(
            "doorwatch_analyzer_frames_left_out",
            "Frames left out since the camera was opened, as the detector was busy",
            ("camera",),
            registry=self.registry,
        )
        self._up = Gauge("doorwatch_analyzer_camera_online", "1: pictures come", ("camera",), registry=self.registry)
        self._skew = Gauge(
            "doorwatch_analyzer_camera_skew_seconds",
            "Seconds from the capture time on the camera's clock to arrival, at best; absent when it does not tell",
            ("camera",),
            registry=self.registry,
        )
        self._starts = Gauge(
            "doorwatch_analyzer_process_starts", "Starts of a camera's process", ("camera",), registry=self.registry
        )

    def stage(self, name: str, took: Micros) -> None:
        """A stage took so long; a clock that is ahead makes it nothing, never less."""
        self._stages.labels(name).observe(max(0, took) / SECOND)

    def frame(self, camera_id: str) -> None:
        """A frame was searched."""
        self._frames.labels(camera_id).inc()

    def crossing(self, camera_id: str) -> None:
        """Somebody crossed."""
        self._crossings.labels(camera_id).inc()

    def spooled(self, since_capture: Micros) -> None:
        """A crossing is safe, so long after it happened."""
        self._spooled.observe(max(0, since_capture) / SECOND)

    def camera(self, camera_id: str, *, online: bool, skew: Micros | None, left_out: int, starts: int) -> None:
        """How a camera is."""
        self._up.labels(camera_id).set(int(online))
        self._left_out.labels(camera_id).set(left_out)
        self._starts.labels(camera_id).set(starts)
        if skew is not None:
            self._skew.labels(camera_id).set(skew / SECOND)

    def forget(self, camera_id: str) -> None:
        """A camera is not watched here any more."""
        for one in (self._up, self._left_out, self._starts, self._skew, self._frames, self._crossings):
            one.remove_by_labels({"camera": camera_id})

    def text(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self.registry)


class TimedTransport:
    """A transport that measures how long the server takes to keep crossings."""

    def __init__(self, inner: Transport, metrics: Metrics, monotonic: Callable[[], float]) -> None:
        self._inner = inner
        self._metrics = metrics
        self._monotonic = monotonic

    async def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send and read the whole answer. Raises TransportError when there is none."""
        begun = self._monotonic()
        reply = await self._inner.send(method, url, body, headers)
        if url.endswith("/crossings") and reply.status < 300:
            self._metrics.stage("post", round((self._monotonic() - begun) * SECOND))
        return reply

    async def close(self) -> None:
        """Let connections go."""
        await self._inner.close()


@asynccontextmanager
async def served(metrics: Metrics, host: str, port: int) -> AsyncIterator[int]:
    """`/metrics` and `/healthz` on a port; which port that is. Raises AnalyzerError when it is taken."""

    async def tell(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_get("/metrics", tell)
    app.router.add_get("/healthz", live)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    except OSError as error:
        raise AnalyzerError(
            f"metrics cannot be served on {host}:{port} ({error.strerror}): choose another --metrics-port"
        ) from error
    finally:
        await runner.cleanup()
