"""Bodies are unpacked, limited and refused."""

import gzip

import pytest
import zstandard
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from doorwatch.server import errors
from doorwatch.server.middleware import body as bodies
from doorwatch.server.middleware.body import MIB, Bodies, limit_of


async def echo(request):
    return PlainTextResponse(f"{len(await request.body())} {request.headers.get('content-encoding')}")


@pytest.fixture
def client(client_of):
    app = Starlette(
        routes=[Route("/{path:path}", echo, methods=["POST"])],
        middleware=[Middleware(Bodies)],
        exception_handlers={errors.HTTPException: errors._http},
    )
    return client_of(app)


def zstd(data):
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("zstd", zstd), ("ZSTD", zstd)]
)
async def test_packed_bodies_arrive_unpacked_and_without_their_encoding(client, encoding, pack):
    answer = await client.post("/api/pacs/webhooks", content=pack(b"x" * 5000), headers={"Content-Encoding": encoding})
    assert answer.text == "5000 None"


async def test_several_gzip_members_and_zstd_frames_are_one_body(client):
    both = gzip.compress(b"a" * 10) + gzip.compress(b"b" * 5)
    assert (await client.post("/api/pacs/x", content=both, headers={"Content-Encoding": "gzip"})).text == "15 None"
    frames = zstd(b"a" * 10) + zstd(b"b" * 5)
    assert (await client.post("/api/pacs/x", content=frames, headers={"Content-Encoding": "zstd"})).text == "15 None"


async def test_an_empty_packed_body_is_empty(client):
    assert (await client.post("/api/pacs/x", content=b"", headers={"Content-Encoding": "gzip"})).text == "0 None"


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstd)])
async def test_a_bomb_is_refused_by_what_it_unpacks_to(client, encoding, pack):
    bomb = pack(b"\0" * (2 * MIB))
    assert len(bomb) < 10_000
    answer = await client.post("/api/doors", content=bomb, headers={"Content-Encoding": encoding})
    assert answer.status_code == 413
    assert "1 MiB" in answer.json()["error"]


@pytest.mark.parametrize("packed", [b"nonsense", gzip.compress(b"x" * 5000, mtime=0)[:-9]], ids=["no gzip", "cut off"])
async def test_a_damaged_body_is_refused(client, packed):
    answer = await client.post("/api/pacs/x", content=packed, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "unpacked" in answer.json()["error"]


async def test_an_unknown_encoding_is_refused_with_what_is_known(client):
    answer = await client.post("/api/pacs/x", content=b"x", headers={"Content-Encoding": "br"})
    assert answer.status_code == 415
    assert "zstd" in answer.json()["error"]


async def test_too_large_a_body_is_refused_before_it_is_read(client):
    answer = await client.post("/api/doors", content=b"x" * (MIB + 1))
    assert answer.status_code == 413


async def test_too_large_a_body_is_refused_where_no_length_is_told(client):
    answer = await client.post("/api/doors", content=(b"x" * 100_000 for _ in range(12)))
    assert answer.status_code == 413


async def test_a_length_that_is_no_number_is_refused(client):
    assert (await client.post("/api/doors", content=b"x", headers={"Content-Length": "-5"})).status_code == 413


def test_evidence_may_be_large_and_ingest_larger_than_the_rest():
    assert limit_of("/api/analyzer/evidence/1/clip.mp4") > limit_of("/api/pacs/webhooks") > limit_of("/api/session")
    assert limit_of("/anything") == bodies._OTHERWISE
