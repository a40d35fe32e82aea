"""Whether the server lives and can serve, and its metrics."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from doorwatch.server.api import report_shapes
from doorwatch.server.auth import Public
from doorwatch.server.metrics import REGISTRY

router = APIRouter(tags=["health"], dependencies=[Public])


@router.get("/healthz")
async def alive() -> report_shapes.HealthShape:
    """The process is alive."""
    return report_shapes.HealthShape(status="alive")


@router.get("/readyz", responses={503: {"model": report_shapes.HealthShape, "description": "It can't serve yet"}})
async def ready(request: Request, response: Response) -> report_shapes.HealthShape:
    """The server can serve: its database answers and its workers run."""
    services = getattr(request.app.state, "services", None)
    missing = ["the server is starting"] if services is None else await services.missing()
    if missing:
        response.status_code = 503
    return report_shapes.HealthShape(status="not ready" if missing else "ready", missing=missing)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics() -> Response:
    """Metrics in the Prometheus text format."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
