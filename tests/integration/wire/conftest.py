"""Servers that say exactly the bytes that a test wants, on both event loops that the product runs on."""

import asyncio

import pytest
import uvloop

from doorwatch.wire import HttpClient


def pytest_asyncio_loop_factories(config, item):
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Peer:
    """A server made of a function; `heads` are the requests that it read, `body` the last one's, `connections` how many were made."""

    def __init__(self, talk, tls=None):
        self._talk = talk
        self._tls = tls
        self._tasks = set()
        self.heads = []
        self.body = b""
        self.connections = 0

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, limit=1 << 22)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/"
        return self

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        try:
            await self._talk(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def head(self, reader):
        """Read one request; its head, or None when the client went away."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        self.heads.append(head)
        self.body = b""
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                self.body = await reader.readexactly(int(line.split(b":")[1]))
        return head

    async def stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def serve():
    """Start a server from `async def talk(peer, reader, writer)`, or from bytes that answer every request."""
    peers = []

    async def start(talk, tls=None):
        if isinstance(talk, bytes):
            answer = talk

            async def talk(peer, reader, writer):
                while await peer.head(reader) is not None:
                    writer.write(answer)

        peers.append(await Peer(talk, tls).start())
        return peers[-1]

    yield start
    for peer in peers:
        await peer.stop()


@pytest.fixture
async def make_client():
    clients = []

    def make(**options):
        clients.append(HttpClient(**{"timeout": 5.0, **options}))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
def client(make_client):
    return make_client()
