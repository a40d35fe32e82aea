"""A driver that was written for the category's public API is served unchanged: its requests, replayed as it sends them."""

import gzip
import io
import json

import aiohttp
import pytest
import zstandard

from doorwatch.accounts.roles import Role, TokenKind

# As such drivers write it: every key of their model, unknown values as null, one-second times, words for types.
EVENT = {
    "device_id": "Front door",
    "timestamp": "2026-11-29T12:00:00Z",
    "event_type": "Entry Unlocked",
    "actor_name": "Olga Example",
    "actor_id": "m1",
    "actor_email": "olga@example.com",
    "labels": ["Normal Entry"],
}
SPARSE = {**dict.fromkeys(EVENT), "device_id": "Front door", "timestamp": "2026-11-29T12:00:01Z", "labels": ["Denied"]}


class Driver:
    """Posts text without saying what it is, as `requests.post(url, data=json.dumps(...))` does."""

    def __init__(self, base, token, scheme="Bearer"):
        self.base, self.headers = base, {"Authorization": f"{scheme} {token}"}

    async def __call__(self, path, body, **headers):
        data = body if isinstance(body, bytes | io.BytesIO) else json.dumps(body).encode()
        # A library that adds no Content-Type of its own, as theirs.
        async with aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session:
            address = f"{self.base}/api/pacs/{path}"
            async with session.post(address, data=data, headers=self.headers | headers) as answer:
                text = await answer.text()
                return answer.status, json.loads(text), answer.headers


@pytest.fixture
async def token(site):
    return await site.token(TokenKind.GATEWAY)


@pytest.mark.parametrize("scheme", ["Bearer", "token", "bearer"])
async def test_devices_and_events_of_such_a_driver_become_doors_and_moments(site, owner, token, scheme):
    driver = Driver(site.base, token, scheme)
    readers = {"readers": [{"device_id": "Front door", "device_name": None}, {"device_id": "b", "device_name": "Back"}]}
    assert (await driver("devices", readers))[0] == 200
    assert (await driver("webhooks", {"events": [EVENT, SPARSE]}))[0] == 200
    assert [door["name"] for door in await owner.get("/api/doors")] == ["Back", "Front door"]
    moments = await owner.get("/api/moments")
    assert [moment["event_type"] for moment in moments] == ["Denied", "Entry Unlocked"]
    assert moments[1]["actor_name"] == "Olga Example"
    assert "access granted" in moments[1]["labels"]


async def test_a_door_that_was_never_told_is_made_by_its_first_event(site, owner, token):
    await Driver(site.base, token)("webhooks", {"event": EVENT})
    assert [door["name"] for door in await owner.get("/api/doors")] == ["Front door"]


SPELLINGS = [
    {"event": EVENT},
    {"events": EVENT},
    {"event": [EVENT]},
    {"events": [EVENT]},
    *({"events": [EVENT | {"event_type": name}]} for name in ("entry.unlocked", "entry_unlocked", "ENTRY UNLOCKED")),
    *({"events": [EVENT | {"timestamp": at}]} for at in (1795953600000, 1795953600000.0, "1795953600000")),
    {"events": [EVENT | {"timestamp": "2026-11-29T13:00:00+01:00"}]},
    {"events": [EVENT | {"actor_id": 17, "unknown_to_us": {"a": 1}}]},
]


@pytest.mark.parametrize("body", SPELLINGS, ids=lambda body: json.dumps(body)[:60])
async def test_every_spelling_is_one_grant_at_one_time(site, owner, token, body):
    assert (await Driver(site.base, token)("webhooks", body))[:2] == (200, {"stored": 1})
    (moment,) = await owner.get("/api/moments")
    assert moment["at"] == "2026-11-29T12:00:00.000000Z"
    assert "access granted" in moment["labels"]


async def test_what_is_sent_again_is_stored_once(site, owner, token):
    driver = Driver(site.base, token)
    for _ in range(3):
        await driver("webhooks", {"events": [EVENT]})
    assert len(await owner.get("/api/moments")) == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gzip", "zstd"])
async def test_bodies_may_be_packed(site, token, pack):
    encoding = "gzip" if pack is gzip.compress else "zstd"
    body = pack(json.dumps({"events": [EVENT]}).encode())
    answer = await Driver(site.base, token)("webhooks", body, **{"Content-Encoding": encoding})
    assert answer[:2] == (200, {"stored": 1})


async def test_the_queues_of_such_a_driver_are_taken(site, token):
    driver = Driver(site.base, token)
    for path, body in (("stats", {"stats": {"a": 1}}), ("logs", {"logs": ["x"]}), ("errors", {"errors": [{"e": "x"}]})):
        assert (await driver(path, body))[0] == 200


async def test_each_refusal_says_by_its_number_what_a_driver_must_do(tmp_path, run_server):
    async with run_server(tmp_path / "data", ingest_rate=1) as site:
        token = await site.token(TokenKind.GATEWAY)
        driver = Driver(site.base, token)
        assert (await Driver(site.base, "nonsense")("webhooks", {"event": EVENT}))[0] == 401
        analyzer = await site.token(TokenKind.ANALYZER)
        assert (await Driver(site.base, analyzer)("webhooks", {"event": EVENT}))[0] == 403
        assert (await driver("webhooks", io.BytesIO(b" " * (17 << 20))))[0] == 413
        status, told, _ = await driver("webhooks", {"events": [EVENT, {**EVENT, "timestamp": "yesterday"}]})
        assert (status, told["stored"], told["errors"][0]["index"], told["errors"][0]["field"]) == (
            422,
            1,
            1,
            "timestamp",
        )
        many = [{**EVENT, "actor_id": str(number)} for number in range(11)]
        status, _, headers = await driver("webhooks", {"events": many})
        assert status == 429
        assert int(headers["Retry-After"]) >= 1


async def test_who_looks_after_an_account_sees_what_such_a_driver_reported(site, token):
    owner = await site.user(Role.OWNER)
    await Driver(site.base, token)("errors", {"errors": [{"message": "the source is away"}]})
    assert "the source is away" in json.dumps(await owner.get("/api/gateways"))
