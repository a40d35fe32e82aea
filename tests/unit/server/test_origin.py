"""Requests that another site made a browser send are refused."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from doorwatch.server.middleware.origin import SameOrigin


async def fine(request):
    return PlainTextResponse("fine")


@pytest.fixture
def client(client_of):
    routes = [Route("/{path:path}", fine, methods=["GET", "POST", "DELETE"])]
    app = Starlette(routes=routes, middleware=[Middleware(SameOrigin, public_url="https://doors.example.com")])
    return client_of(app)


async def test_looking_needs_nothing(client):
    assert (await client.get("/api/doors")).status_code == 200


async def test_a_post_without_the_header_is_refused_with_the_cure(client):
    answer = await client.post("/api/session")
    assert answer.status_code == 403
    assert "X-Doorwatch: 1" in answer.json()["error"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://inside:8400", 200),
        ("https://doors.example.com", 200),
        ("https://evil.example.com", 403),
        ("null", 403),
        ("http://inside:9999", 403),
    ],
)
async def test_with_the_header_the_origin_decides(client, origin, status):
    headers = {"X-Doorwatch": "1"} | ({"Origin": origin} if origin else {})
    assert (await client.delete("/api/tokens/1", headers=headers)).status_code == status


async def test_machines_with_a_token_are_not_asked(client):
    headers = {"Authorization": "Bearer x", "Origin": "https://evil.example.com"}
    assert (await client.post("/api/pacs/webhooks", headers=headers)).status_code == 200
