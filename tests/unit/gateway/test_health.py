"""The health page over a real socket."""

import asyncio
import json

import pytest

from doorwatch.domain.errors import DoorwatchError
from doorwatch.gateway.health import HealthServer


async def metrics():
    return "doorwatch_gateway_up 1\n"


async def ask(port, text):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode())
    answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]) if head else None, body


@pytest.fixture
async def server():
    reasons = []
    server = HealthServer("127.0.0.1", 0, lambda: reasons, metrics)
    await server.start()
    yield server, reasons
    await server.stop()


async def test_alive_ready_and_metrics(server):
    health, reasons = server
    assert (await ask(health.port, "GET /healthz HTTP/1.1\r\n\r\n"))[0] == 200
    assert await ask(health.port, "GET /readyz?x=1 HTTP/1.1\r\nHost: a\r\n\r\n") == (
        200,
        '{"ready": true, "reasons": []}',
    )
    reasons.append("acs_username is not set")
    status, body = await ask(health.port, "GET /readyz HTTP/1.0\r\n\r\n")
    assert (status, json.loads(body)["reasons"]) == (503, reasons)
    assert await ask(health.port, "GET /metrics HTTP/1.1\r\n\r\n") == (200, "doorwatch_gateway_up 1\n")


async def test_head_posts_unknown_paths_and_nonsense(server):
    health, _ = server
    assert await ask(health.port, "HEAD /healthz HTTP/1.1\r\n\r\n") == (200, "")
    assert (await ask(health.port, "POST /healthz HTTP/1.1\r\n\r\n"))[0] == 405
    assert (await ask(health.port, "GET /secret HTTP/1.1\r\n\r\n"))[0] == 404
    assert (await ask(health.port, "nonsense\r\n\r\n"))[0] is None
    assert (await ask(health.port, "GET /" + "x" * 20000 + " HTTP/1.1\r\n\r\n"))[0] is None
    assert (await ask(health.port, "GET /healthz HTTP/1.1\r\n\r\n"))[0] == 200


async def test_a_taken_port_is_one_sentence(server):
    health, _ = server
    with pytest.raises(
        DoorwatchError, match=r"health_port \d+ cannot be opened \(.*\); name another one, or 0 for none"
    ):
        await HealthServer("127.0.0.1", health.port, list, metrics).start()
