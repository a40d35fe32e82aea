"""Who asks too often is refused for a moment, over HTTP, and nobody else with them."""

import pytest

from doorwatch.accounts.roles import Role
from doorwatch.server.ingest.allowance import BURST_SECONDS
from doorwatch.server.limits import STRANGERS_RATE, Limits


@pytest.fixture
def still(site):
    """One request a second, by a clock that stands still: ten requests and no more."""
    site.services.limits = Limits(1, lambda: 0.0)


async def test_one_session_is_slowed_down_and_the_next_is_served(site, owner, still):
    viewer = await site.user(Role.VIEW)
    for _ in range(BURST_SECONDS):
        await owner.get("/api/doors")
    async with owner.http.get("/api/doors") as refused:
        assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
        told = await refused.json()
    assert told == {"error": "this session asks too often (DOORWATCH_REQUEST_RATE): try again in 1 second"}
    await viewer.get("/api/doors")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/join/check", {"link": "x" * 43}),
        ("/api/join", {"link": "x" * 43, "name": "x", "password": "a long enough password"}),
        ("/api/setup/check", {"link": "x" * 43}),
        ("/api/session/sign-on", {"purpose": "sign in", "return_to": "/"}),
    ],
)
async def test_a_flood_of_tries_shuts_out_neither_who_is_signed_in_nor_who_signs_in(site, owner, still, path, body):
    stranger = site.caller({"X-Doorwatch": "1"})
    for _ in range(STRANGERS_RATE * BURST_SECONDS):
        site.services.limits.count_stranger("127.0.0.1")
    async with stranger.http.post(path, json=body) as refused:
        assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    await owner.get("/api/doors")
    await site.signed_in("owner-main@example.com")


async def test_what_a_machine_posts_is_not_counted_twice(site, gateway, still):
    for _ in range(2 * BURST_SECONDS):
        await gateway.post("/api/pacs/stats", {"stats": {}})
