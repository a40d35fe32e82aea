"""No request makes the server fail: every operation is sent what its document forbids, and what none foresees."""

import asyncio
import copy
import itertools
import json
import re
from uuid import uuid4

import pytest

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.server.openapi import document

ENDLESS = {"/api/events"}
DEEP = 100_000
VALUES = {
    "null": None,
    "list": [],
    "object": {},
    "true": True,
    "nul": "a\0b",
    "surrogate": "\ud800",
    "long": "x" * 70_000,
    "huge": 10**30,
    "64 bits": 2**63,
    "negative": -(2**63),
    "huge float": 1e308,
    "no number": float("nan"),
    "endless": float("inf"),
    "empty": "",
    "markup": "<script>'\";--${{7*7}}",
    "lists": [[[[[[]]]]]],
    "bidi": "\u202e\ufeff\U0010ffff",
}
BODIES = {
    "none": b"",
    "no json": b"{",
    "bare nul": b"\0",
    "no utf-8": b'{"name": "\xff\xfe", "url": "\xc3\x28"}',
    "utf-16": '{"name": "x"}'.encode("utf-16"),
    "deep list": b"[" * DEEP,
    "deep object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "huge number": b'{"limit": 1' + b"0" * 5000 + b"}",
    "twice": b'{"name": "a", "name": "b"}',
    "list": b"[]",
    "text": b'"x"',
}
HEADERS = {
    "no type": {"Content-Type": "nonsense"},
    "odd charset": {"Content-Type": "application/json; charset=utf-7"},
    "no charset": {"Content-Type": "application/json; charset=\x80\xff"},
    "form": {"Content-Type": "multipart/form-data"},
    "form with boundary": {"Content-Type": "multipart/form-data; boundary=" + "x" * 500},
    "encoding": {"Content-Encoding": "gzip, gzip"},
    "range": {"Range": "bytes=99999999999999999999999-0,-1"},
    "if-range": {"Range": "bytes=0-0", "If-Range": "\xff"},
    "last id": {"Last-Event-ID": "9" * 400},
    "cookie": {"Cookie": "doorwatch_session=\xff\0; =; ;;"},
    "bearer": {"Authorization": "Bearer \xff\xfe"},
    "basic": {"Authorization": "Basic Og=="},
    "empty bearer": {"Authorization": ""},
    "forwarded": {"X-Forwarded-For": "\xff, ,,", "Forwarded": "for=_", "X-Forwarded-Proto": "gopher"},
    "request id": {"X-Request-Id": "a\tb"},
    "accept": {"Accept": "*;q=x", "Accept-Encoding": "*", "Accept-Language": "\xff"},
}
SEGMENTS = {
    "nul": "%00",
    "no utf-8": "%ff%fe",
    "dots": "..%2f..%2f..%2fetc%2fpasswd",
    "double": "%252e%252e%252f",
    "backslashes": "..%5c..%5c",
    "long": "x" * 9000,
    "percent": "%",
    "number": "9" * 400,
    "spaces": "%20%09%0a",
    "surrogate": "%ed%a0%80",
}
INGEST = {  # what the document leaves to the guide: a good body of each lean route
    ("POST", "/api/pacs/webhooks"): {"events": [{"device_id": "lobby", "timestamp": 1.7e12, "event_type": "DoorOpen"}]},
    ("POST", "/api/pacs/devices"): {"devices": [{"device_id": "lobby", "device_name": "Lobby"}], "gateway_id": "g"},
    ("POST", "/api/pacs/stats"): {"stats": {"queue": {"depth": 1}}},
    ("POST", "/api/pacs/logs"): {"logs": [{"level": "info", "message": "x"}]},
    ("POST", "/api/pacs/errors"): {"errors": [{"message": "x"}]},
    ("POST", "/api/pacs/coverage"): {
        "covered_from": "2026-01-01T00:00:00Z",
        "covered_until": "2026-01-01T00:01:00Z",
        "subscribed": ["DoorOpen"],
        "refused": [],
    },
    ("GET", "/api/pacs/devices"): None,
    ("POST", "/api/analyzer/crossings"): {
        "crossings": [
            {
                "crossing_id": "c",
                "camera_id": "{camera_id}",
                "door_id": "{door_id}",
                "track": "t",
                "at": "2026-01-01T00:00:00Z",
                "direction": "in",
                "confidence": 0.5,
                "continuous": True,
                "possible": 0,
                "trail": [[1_767_225_600_000_000, 1, 1]],
            }
        ]
    },
    ("POST", "/api/analyzer/coverage"): {
        "coverage": [{"camera_id": "{camera_id}", "from": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:01:00Z"}]
    },
    ("POST", "/api/analyzer/cameras"): {
        "cameras": [
            {
                "camera_id": "{camera_id}",
                "code": 200,
                "message": "",
                "width": 640,
                "height": 360,
                "fps": 12.5,
                "codec": "h264",
                "last_frame_at": "2026-01-01T00:00:00Z",
                "latency_ms": 1.5,
                "skew_ms": 1.5,
                "detector": "d",
            }
        ]
    },
    ("POST", "/api/analyzer/segments"): {
        "segments": [
            {
                "segment_id": "s",
                "camera_id": "{camera_id}",
                "start": "2026-01-01T00:00:00Z",
                "end": "2026-01-01T00:00:02Z",
                "bytes": 1,
                "name": "a/b.mp4",
            }
        ]
    },
    ("POST", "/api/analyzer/walks"): {
        "walks": [
            {
                "camera_id": "{camera_id}",
                "track": "t",
                "size": [640, 360],
                "steps": [[1_767_225_600_000_000, 1, 1, 9, 9]],
            }
        ]
    },
    ("PUT", "/api/analyzer/evidence/x/picture.jpg"): b"\xff\xd8\xff jpeg",
    ("PUT", "/api/analyzer/snapshot/x"): b"jpeg",
    ("PUT", "/api/analyzer/answers/x"): {"answer": {"a": 1}},
    ("PUT", "/api/analyzer/replays/x"): b"footage",
}


class Speaker:
    """Sends bytes as one caller, as no client would, and keeps those that made the server fail."""

    def __init__(self, base, headers):
        self.address = base.removeprefix("http://")
        self.headers = headers
        self.failed = []
        self.sent = 0

    async def send(self, method, path, what, *, data=None, headers=None):
        named = {"Host": self.address, **self.headers, "Connection": "close"}
        if data is not None:
            named |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        named |= headers or {}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
        self.sent += 1
        reader, writer = await asyncio.open_connection(*self.address.split(":"))
        try:
            writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (data or b""))
            answer = await asyncio.wait_for(reader.read(), 60)
        except ConnectionResetError:
            return 0  # what is no HTTP at all is hung up on
        except TimeoutError:
            answer = b"HTTP/1.1 599 no answer"
        finally:
            writer.close()
        status = int(answer.split(b" ", 2)[1]) if answer else 0
        if status >= 500:
            self.failed.append(f"{method} {path[:80]} with {what}: {status} {answer[-160:]}")
        return status


def sample(schema, known):
    """A value that a JSON schema allows, with ids that exist."""
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    for way in ("anyOf", "oneOf", "allOf"):
        if way in schema:
            return sample(next(s for s in schema[way] if s.get("type") != "null"), known)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    for ready in ("examples", "default"):
        if schema.get(ready):
            return schema[ready][0] if ready == "examples" else schema[ready]
    kind = schema.get("type")
    if kind == "object":
        return {name: sample(inner, known) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        inner = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        return [sample(inner, known)] * max(1, schema.get("minItems", 1))
    return {"string": "xxxxxxxxxxxx", "boolean": True, "null": None}.get(kind, schema.get("minimum", 1))


def places(value, where=()):
    """The ways to every value inside of a structure."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield (*where, step)
        yield from places(part, (*where, step))


def changed(value, where, to):
    """A copy of a structure with another value at one place."""
    found = inner = copy.deepcopy(value)
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = to
    return found


def filled(value, ids):
    """A structure with the ids that exist."""
    text = json.dumps(value)
    for name, known in ids.items():
        text = text.replace("{" + name + "}", known)
    return json.loads(text)


def operations(ids):
    """(method, path, path with ids that exist, a good body, names of what can be asked) of all, deletions last."""
    found = json.loads(document())
    for method in ("get", "put", "post", "patch", "delete"):
        for path, ways in found["paths"].items():
            if method not in ways or path in ENDLESS:
                continue
            content = ways[method].get("requestBody", {}).get("content", {}).get("application/json")
            body = content and sample(content["schema"], found["components"]["schemas"])
            asked = [p["name"] for p in ways[method].get("parameters", []) if p["in"] == "query"]
            real = re.sub(r"\{(\w+)\}", lambda name: ids.get(name[1], name[1]), path)
            yield method.upper(), path, real, body, asked


class Rotation:
    """Some of the oddities for each place, all of them over many places: trying each everywhere takes too long."""

    def __init__(self, oddities, each, always=()):
        self._always = [(name, oddities[name]) for name in always]
        self._others = itertools.cycle([item for item in oddities.items() if item[0] not in always])
        self._each = each - len(self._always)

    def __iter__(self):
        return iter([*self._always, *itertools.islice(self._others, self._each)])


class Oddities:
    """What is tried; fewer of it where only another database is the question."""

    def __init__(self, *, few):
        self.values = Rotation(VALUES, 3 if few else 5, ("nul", "huge"))
        self.bodies = Rotation(BODIES, 1 if few else len(BODIES))
        self.headers = Rotation(HEADERS, 1 if few else 6)
        self.segments = Rotation(SEGMENTS, 1 if few else 5, ("nul",))

    async def try_body(self, speaker, method, path, body):
        if isinstance(body, dict):
            for where in places(body):
                for name, value in self.values:
                    data = json.dumps(changed(body, where, value)).encode()
                    await speaker.send(method, path, f"{where}: {name}", data=data)
        if body is not None:
            for name, data in self.bodies:
                await speaker.send(method, path, name, data=data)
        good = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        for name, headers in self.headers:
            await speaker.send(method, path, name, headers=headers, data=good)

    async def try_address(self, speaker, method, path, real, asked):
        for name, segment in self.segments if "{" in path else ():
            await speaker.send(method, re.sub(r"\{\w+\}", lambda _, s=segment: s, path), name)
        for question in asked:
            for name, segment in self.segments:
                await speaker.send(method, f"{real}?{question}={segment}", f"{question}: {name}")


@pytest.fixture
async def furnished(site):
    owner, gateway = await site.user(Role.OWNER), await site.machine(TokenKind.GATEWAY)
    door_id, camera_id = await site.furnish(owner, gateway)
    return site, {"door_id": door_id, "camera_id": camera_id}


async def try_everything(furnished, oddities):
    site, ids = furnished
    owner, gateway, analyzer = [
        Speaker(site.base, {"Authorization": f"Bearer {await site.token(kind)}"})
        for kind in (TokenKind.API, TokenKind.GATEWAY, TokenKind.ANALYZER)
    ]
    for (method, path), body in INGEST.items():
        speaker = gateway if path.startswith("/api/pacs/") else analyzer
        await oddities.try_body(speaker, method, path, filled(body, ids) if isinstance(body, dict) else body)
    for method, path, real, body, asked in operations(ids):
        await oddities.try_body(owner, method, real, body)
        await oddities.try_address(owner, method, path, real, asked)
    return owner.sent + gateway.sent + analyzer.sent, owner.failed + gateway.failed + analyzer.failed


async def test_nothing_odd_that_is_sent_makes_the_server_fail(furnished):
    sent, failed = await try_everything(furnished, Oddities(few=False))
    assert not failed, "\n".join(failed)
    assert sent > 1500


async def test_postgresql_meets_no_value_that_it_cannot_take(postgres_server, tmp_path, run_server):
    name = f"t{uuid4().hex}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE pattern")
    async with run_server(tmp_path / "data", database_url=postgres_server.address(name)) as site:
        owner, gateway = await site.user(Role.OWNER), await site.machine(TokenKind.GATEWAY)
        door_id, camera_id = await site.furnish(owner, gateway)
        ids = {"door_id": door_id, "camera_id": camera_id}
        sent, failed = await try_everything((site, ids), Oddities(few=True))
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert not failed, "\n".join(failed)
    assert sent > 500


async def test_the_samples_that_are_spoilt_are_good_ones(furnished):
    site, ids = furnished
    for (method, path), body in INGEST.items():
        if isinstance(body, dict) and "answers" not in path:
            kind = TokenKind.GATEWAY if path.startswith("/api/pacs/") else TokenKind.ANALYZER
            await (await site.machine(kind)).call(method, path, filled(body, ids))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/doors/%00", 400),
        ("/api/search?q=%00", 400),
        (f"/api/search?q={'x' * 9000}", 414),
        ("/api/doors/%ff", 404),
    ],
)
async def test_an_address_that_nothing_can_have_is_refused_in_a_sentence(furnished, address, status):
    site, _ = furnished
    speaker = Speaker(site.base, {"Authorization": f"Bearer {await site.token(TokenKind.API)}"})
    assert await speaker.send("GET", address, "") == status


async def test_reports_of_gateways_are_kept_whatever_characters_they_hold(furnished):
    site, _ = furnished
    gateway = await site.machine(TokenKind.GATEWAY)
    await gateway.post("/api/pacs/logs", {"logs": [{"message": "a\0b"}]})
    refused = await gateway.post("/api/pacs/logs", {"logs": [{"message": "x"}, None]}, expect=422)
    assert refused["field"] == "logs.1"
    deep = []
    for _ in range(100):
        deep = [deep]
    assert "deep" in (await gateway.post("/api/pacs/logs", {"logs": [deep]}, expect=422))["error"]
