"""The real HTTP client: what arrives, what comes back, and what is said when nothing does."""

import asyncio
import socket

import pytest
import trustme
from aiohttp import web

from doorwatch.spool import PyreqwestTransport, SpoolError, TlsTrust, TransportError, WireTransport, make_transport

KINDS = [WireTransport, PyreqwestTransport]


@pytest.fixture
async def serve():
    runners = []

    async def start(handler, tls=None):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        runners.append(runner)
        return f"{'https' if tls else 'http'}://localhost:{site.port}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture(params=KINDS)
async def transport(request):
    transport = request.param(timeout=1.0)
    yield transport
    await transport.close()


async def test_a_request_arrives_as_it_was_meant_and_the_answer_comes_back_whole(serve, transport):
    seen = []

    async def handler(request):
        seen.append((request.method, request.path, await request.read(), request.headers["Authorization"]))
        return web.json_response({"error": "slow down"}, status=429, headers={"Retry-After": "7"})

    url = await serve(handler)
    reply = await transport.send(
        "PUT", f"{url}/a/b", b"body", {"Authorization": "Bearer t", "Content-Type": "text/plain"}
    )
    assert seen == [("PUT", "/a/b", b"body", "Bearer t")]
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (429, b'{"error": "slow down"}', "7")


async def test_a_redirect_is_not_followed_so_that_no_token_goes_elsewhere(serve, transport):
    elsewhere = []

    async def other(request):
        elsewhere.append(request.headers)
        return web.Response()

    target = await serve(other)

    async def handler(_request):
        return web.Response(status=307, headers={"Location": target})

    assert (await transport.send("POST", await serve(handler), b"", {})).status == 307
    assert elsewhere == []


async def test_nobody_silence_and_unknown_names_are_errors_in_words(serve, transport):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(TransportError, match="refused"):
            await transport.send("POST", f"http://127.0.0.1:{port}/", b"", {})

    async def slow(_request):
        await asyncio.sleep(5)

    with pytest.raises(TransportError, match=r"[Tt]ime|did not answer within 1 s"):
        await transport.send("POST", await serve(slow), b"", {})
    with pytest.raises(TransportError, match=r"\w+"):
        await transport.send("POST", "http://no-such-host.invalid/", b"", {})


async def test_certificates_are_verified_against_the_authority_that_is_given(serve, transport, tmp_path):
    import ssl

    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    async def handler(_request):
        return web.Response()

    url = await serve(handler, context)
    with pytest.raises(TransportError, match=r"(?i)certificate|issuer"):
        await transport.send("POST", url, b"", {})
    for trust in (TlsTrust(ca_pem=authority.cert_pem.bytes()), TlsTrust(verify=False)):
        trusting = type(transport)(trust=trust)
        assert (await trusting.send("POST", url, b"", {})).status == 200
        await trusting.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_ca_file_without_a_certificate_is_one_sentence(kind):
    with pytest.raises(SpoolError, match="holds no certificate in PEM form"):
        kind(trust=TlsTrust(ca_pem=b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"))


def test_the_large_client_is_taken_only_where_the_environment_names_a_proxy(monkeypatch):
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert isinstance(make_transport(), WireTransport)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert isinstance(make_transport(), PyreqwestTransport)


async def test_a_connection_that_the_server_closed_while_it_was_idle_is_no_failure():
    """Servers close idle connections whenever they like, also just as the next request goes out."""

    ended = asyncio.Queue()

    async def close_when_asked_again(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read(1)
        writer.transport.abort()
        ended.put_nowait(None)

    server = await asyncio.start_server(close_when_asked_again, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    transport = WireTransport()
    for _ in range(3):
        assert (await transport.send("POST", url, b"", {})).status == 200
    await transport.close()
    for _ in range(3):
        await ended.get()
    server.close()
