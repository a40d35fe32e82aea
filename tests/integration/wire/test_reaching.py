"""What is said when no connection comes about, and whom the client believes."""

import asyncio
import hashlib
import socket
import ssl

import pytest
import trustme

from doorwatch.wire import (
    CertificateError,
    ClosedEarlyError,
    FingerprintError,
    NoAnswerError,
    NotHttpError,
    NoTlsError,
    Trust,
    UnknownHostError,
    UnreachableError,
)

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def authority():
    return trustme.CA()


def certified(authority, *names, **options):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf = authority.issue_cert(*names, **options)
    leaf.configure_cert(context)
    return context, leaf


def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Trust(lambda: context)


def anybody():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def test_a_name_without_an_address_a_port_without_a_listener_and_silence_differ(make_client):
    client = make_client(connect_timeout=0.1, timeout=0.1)
    with pytest.raises(UnknownHostError, match=r"no-such-host\.invalid"):
        await make_client().ask("GET", "http://no-such-host.invalid/")
    with pytest.raises(UnknownHostError):
        await client.ask("GET", f"http://{'a' * 70}.invalid/")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(UnreachableError, match="Connection refused") as caught:
            await client.ask("GET", url)
        assert caught.value.reason == "Connection refused"
        taken.listen()
        with pytest.raises(NoAnswerError):
            await client.ask("GET", url)
        with pytest.raises(NoAnswerError):
            await client.ask("GET", url.replace("http", "https"))


async def test_a_known_authority_is_believed_and_the_connection_kept(serve, make_client, authority):
    peer = await serve(ANSWER, certified(authority, "127.0.0.1")[0])
    client = make_client(trust=trusting(authority))
    for _ in range(3):
        assert (await client.ask("POST", peer.url, {}, b"x" * 300_000)).body == b"ok"
    assert peer.connections == 1


async def test_an_unknown_authority_a_wrong_name_and_a_wrong_time_are_told_apart(serve, make_client, authority):
    import datetime as dt

    old = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    cases = [
        (certified(authority, "127.0.0.1")[0], Trust(), "issuer|self"),
        (certified(authority, "elsewhere.example.com")[0], trusting(authority), "mismatch"),
        (certified(authority, "127.0.0.1", not_after=old)[0], trusting(authority), "expired"),
    ]
    for context, trust, words in cases:
        peer = await serve(ANSWER, context)
        with pytest.raises(CertificateError) as caught:
            await make_client(trust=trust).ask("GET", peer.url)
        assert any(word in caught.value.reason for word in words.split("|"))
        assert peer.heads == []


async def test_a_pinned_certificate_alone_is_believed_and_others_are_sent_nothing(serve, make_client, authority):
    context, leaf = certified(authority, "elsewhere.example.com")
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    digest = hashlib.sha256(der).digest()
    peer = await serve(ANSWER, context)
    with pytest.raises(FingerprintError) as caught:
        await make_client(trust=Trust(anybody, bytes(32))).ask("GET", peer.url, {"Authorization": "Basic secret"})
    assert (caught.value.got, caught.value.expected) == (digest.hex(), "00" * 32)
    assert peer.heads == []
    assert (await make_client(trust=Trust(anybody, digest)).ask("GET", peer.url)).body == b"ok"


async def test_one_side_without_tls_is_said_from_either_side(serve, make_client, authority):
    async def puzzled(_peer, reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    plain = await serve(puzzled)
    with pytest.raises(NoTlsError):
        await make_client().ask("GET", plain.url.replace("http", "https"))

    async def hang_up(_peer, reader, _writer):
        await reader.read(1)

    with pytest.raises(NoTlsError):
        await make_client().ask("GET", (await serve(hang_up)).url.replace("http", "https"))
    secure = await serve(ANSWER, certified(authority, "127.0.0.1")[0])
    with pytest.raises((NotHttpError, ClosedEarlyError)):
        await make_client().ask("GET", secure.url.replace("https", "http"))


async def test_a_stream_over_tls_is_slowed_down_too(serve, make_client, authority):
    async def talk(peer, reader, writer):
        await peer.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (4 << 20))
        for _ in range(64):
            writer.write(b"x" * (1 << 16))
            await writer.drain()
        await reader.read()

    peer = await serve(talk, certified(authority, "127.0.0.1")[0])
    stream = await make_client(trust=trusting(authority)).open(peer.url)
    await asyncio.sleep(0.05)
    assert stream._connection._size <= 1 << 20
    got = 0
    while data := await stream.read():
        got += len(data)
    assert got == 4 << 20
    stream.close()
