"""A caller of ASGI applications without a socket."""

import json
from dataclasses import dataclass

import pytest


@dataclass
class Answer:
    status_code: int
    headers: dict
    content: bytes

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.content)


class Client:
    """Calls an application as a server would."""

    def __init__(self, app, host="inside:8400"):
        self._app = app
        self._host = host

    async def request(self, method, path, content=b"", headers=None):
        pieces = [content] if isinstance(content, bytes) else list(content)
        sent = {"host": self._host} | {name.lower(): value for name, value in (headers or {}).items()}
        if isinstance(content, bytes) and content:
            sent.setdefault("content-length", str(len(content)))
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "scheme": "http", "http_version": "1.1",
            "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        messages = []

        async def receive():
            body = pieces.pop(0) if pieces else b""
            return {"type": "http.request", "body": body, "more_body": bool(pieces)}

        async def send(message):
            messages.append(message)

        await self._app(scope, receive, send)
        start = next(message for message in messages if message["type"] == "http.response.start")
        answered = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], answered, b"".join(m.get("body", b"") for m in messages))

    async def get(self, path, **more):
        return await self.request("GET", path, **more)

    async def post(self, path, **more):
        return await self.request("POST", path, **more)

    async def delete(self, path, **more):
        return await self.request("DELETE", path, **more)


@pytest.fixture
def client_of():
    return Client
