"""The server as the outside meets it: real TLS, a reverse proxy in front, and clients that take all the time there is."""

import asyncio
import contextlib
import json
import os
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
import trustme
import uvicorn

from doorwatch.server.listening import MOST_HEAD_BYTES, ImpatientProtocol
from doorwatch.server.middleware.body import Bodies

EMAIL, PASSWORD = "olga@example.com", "a long enough password"


@contextmanager
def serving(folder, **settings):
    """`doorwatch serve` as a process, until the end: its address."""
    (folder / "password").write_text(PASSWORD)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOORWATCH_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "doorwatch", "serve", "--data-dir", folder / "data", "--port", "0", "--no-analyzer",
         "--owner", EMAIL, "--owner-password-file", folder / "password"],
        stdout=subprocess.PIPE, stderr=(folder / "log").open("a"), text=True,
        env=clean | {f"DOORWATCH_{name.upper()}": str(value) for name, value in settings.items()},
    )  # fmt: skip
    try:
        line = next((line for line in process.stdout if "serves at" in line), "")
        assert line, (folder / "log").read_text()
        yield line.split("serves at ")[1].strip()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def patiently(call, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except (urllib.error.URLError, ConnectionError, AssertionError) as error:
            if isinstance(error, urllib.error.HTTPError) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def ask(address, context=None, data=None, **headers):
    body = None if data is None else json.dumps(data).encode()
    kind = {"Content-Type": "application/json", "X-Doorwatch": "1"} if body else {}
    request = urllib.request.Request(address, body, kind | headers)
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        return answer.headers, answer.read()


def write_pair(authority, folder):
    issued = authority.issue_cert("127.0.0.1", "localhost")
    for name, parts in (("tls.crt", issued.cert_chain_pems), ("tls.key", [issued.private_key_pem])):
        (folder / f".{name}").write_bytes(b"".join(part.bytes() for part in parts))
        (folder / f".{name}").replace(folder / name)


def served_certificate(port, context):
    with (
        socket.create_connection(("127.0.0.1", port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as tls,
    ):
        return tls.getpeercert()["serialNumber"]


def test_with_a_certificate_of_its_own_the_server_speaks_tls_and_takes_over_a_new_one(tmp_path):
    authority = trustme.CA()
    write_pair(authority, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    with serving(tmp_path, tls_cert=tmp_path / "tls.crt", tls_key=tmp_path / "tls.key") as address:
        assert address.startswith("https://127.0.0.1:")
        port = int(address.rpartition(":")[2])
        patiently(lambda: ask(f"{address}/readyz", context))
        headers, _ = ask(f"{address}/api/session", context, {"email": EMAIL, "password": PASSWORD})
        assert headers["Set-Cookie"].startswith("__Host-doorwatch_session=")
        assert "Secure" in headers["Set-Cookie"]
        assert headers["Strict-Transport-Security"]
        with pytest.raises((urllib.error.URLError, ConnectionError)):
            ask(f"http://127.0.0.1:{port}/healthz")

        command = [sys.executable, "-m", "doorwatch", "user", "list", "--data-dir", tmp_path / "data"]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert EMAIL in listed.stdout, listed.stderr

        before = served_certificate(port, context)
        write_pair(authority, tmp_path)

        def renewed():
            assert served_certificate(port, context) != before

        patiently(renewed)


class Proxy(threading.Thread):
    """A reverse proxy as people have it in front: one address outside, one server inside, two headers of its own."""

    def __init__(self, inside):
        super().__init__(daemon=True)
        self.inside = inside.removeprefix("http://").split(":")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self):
        while True:
            try:
                outside, _ = self.listener.accept()
            except OSError:
                return
            with contextlib.suppress(ConnectionError), outside, socket.create_connection(self.inside) as inside:
                whole = outside.recv(65536)
                # Head and body come in pieces of their own.
                while (whole.count(b"{") and not whole.endswith(b"}")) or whole.endswith(b"\r\n\r\n"):
                    whole += outside.recv(65536)
                head, _, body = whole.partition(b"\r\n\r\n")
                lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
                lines += [b"Connection: close", b"X-Forwarded-For: 198.51.100.7", b"X-Forwarded-Proto: https"]
                inside.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
                while piece := inside.recv(65536):
                    outside.sendall(piece)


def addresses_of_sign_ins(folder):
    with sqlite3.connect(folder / "data" / "doorwatch.db") as db:
        rows = db.execute("SELECT action, address FROM audit ORDER BY at").fetchall()
    return [address for action, address in rows if action == "session.begin"]


@pytest.mark.parametrize(("trusted", "seen"), [("127.0.0.0/8", "198.51.100.7"), ("10.0.0.0/8", "127.0.0.1")])
def test_the_clients_address_is_the_proxys_word_only_where_the_proxy_is_trusted(tmp_path, trusted, seen):
    with serving(tmp_path, trusted_proxies=trusted) as address:
        patiently(lambda: ask(f"{address}/readyz"))
        proxy = Proxy(address)
        proxy.start()
        ask(f"{proxy.address}/api/session", None, {"email": EMAIL, "password": PASSWORD})
        # Somebody who gets past the proxy may write what he likes into the header, if it is believed.
        forged = {"X-Forwarded-For": "203.0.113.1, 198.51.100.7"}
        ask(f"{proxy.address}/api/session", None, {"email": EMAIL, "password": PASSWORD}, **forged)
        proxy.listener.close()
    assert addresses_of_sign_ins(tmp_path) == [seen, seen]


@contextmanager
def listening(app, monkeypatch, head_seconds):
    monkeypatch.setattr("doorwatch.server.listening.HEAD_SECONDS", head_seconds)
    config = uvicorn.Config(app, http=ImpatientProtocol, log_config=None, lifespan="off", port=0)
    server = uvicorn.Server(config)
    bound = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield bound.getsockname()[1]
    server.should_exit = True
    thread.join(10)


async def echo(scope, receive, send):
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def until_hung_up(connection):
    connection.settimeout(20)
    found = b""
    # What was sent and not read makes hanging up a reset.
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            found += piece
    return found


HEADS = {"nothing": b"", "half a line": b"GET / HT", "a header a minute": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n"}


@pytest.mark.parametrize("head", HEADS)
def test_who_does_not_finish_the_head_of_a_request_is_hung_up_on(monkeypatch, head):
    with listening(echo, monkeypatch, 0.5) as port, socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(HEADS[head])
        begun = time.monotonic()
        assert until_hung_up(slow) == b""
        assert time.monotonic() - begun < 15


def test_after_an_answer_the_next_request_has_its_own_time(monkeypatch):
    with listening(echo, monkeypatch, 2) as port, socket.create_connection(("127.0.0.1", port)) as kept:
        for _ in range(2):
            kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"ok"):
                answer += kept.recv(65536)
        kept.sendall(b"GET / HT")
        assert until_hung_up(kept) == b""


def test_a_head_without_an_end_is_refused(monkeypatch):
    with listening(echo, monkeypatch, 20) as port, socket.create_connection(("127.0.0.1", port)) as large:
        large.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"x" * (MOST_HEAD_BYTES + 70_000))
        assert b"200" not in until_hung_up(large)


def test_a_body_that_drips_is_refused(monkeypatch):
    from doorwatch.server.errors import ApiError

    async def app(scope, receive, send):
        try:
            await Bodies(echo, patience=0.5)(scope, receive, send)
        except ApiError as error:
            await send({"type": "http.response.start", "status": error.status_code, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    with listening(app, monkeypatch, 20) as port, socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n\r\nx")
        assert b" 408 " in until_hung_up(slow)
