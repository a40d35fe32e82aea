"""A provider that answers nonsense, is away, or refuses this server: each is told in words."""

import asyncio
import json
import re
from contextlib import asynccontextmanager

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from doorwatch.accounts.sign_on import ProviderError, SignOnError
from doorwatch.accounts.sign_on.attempt import Attempts, Purpose
from doorwatch.accounts.sign_on.provider import Client, Provider
from doorwatch.domain.time import SECOND, ManualClock

DOCUMENT = "/.well-known/openid-configuration"
WHOLE = (
    '{"issuer": "SELF", "authorization_endpoint": "SELF/a?tenant=1", "token_endpoint": "SELF/t", "jwks_uri": "SELF/k",'
    ' "userinfo_endpoint": "SELF/u", "token_endpoint_auth_methods_supported": ["client_secret_post"]}'
)


class Odd:
    """What a provider answers to which path, and what it was asked."""

    def __init__(self):
        self.answers = {DOCUMENT: (200, WHOLE)}
        self.asked = []
        self.issuer = ""

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        body = (await reader.readexactly(int(length[1]))).decode() if length else ""
        path = head.split()[1]
        self.asked.append((path, head, body))
        status, text = self.answers.get(path, (404, "{}"))
        text = text.replace("SELF", self.issuer)
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode())
        await writer.drain()
        writer.close()

    def times(self, path):
        return sum(one == path for one, _, _ in self.asked)


@asynccontextmanager
async def answering(odd):
    server = await asyncio.start_server(odd.answer, "127.0.0.1", 0)
    odd.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield odd


@pytest.fixture
async def odd():
    async with answering(Odd()) as found:
        yield found


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def provider(odd, clock):
    return Provider(Client(odd.issuer, "doorwatch", "s&cret", "https://doors.example.com/sso"), clock)


@pytest.fixture
def attempt(clock):
    return Attempts(b"key").begin(Purpose.SIGN_IN, "/", clock.now())[0]


@pytest.mark.parametrize(
    ("status", "text", "why"),
    [
        (200, WHOLE.replace('"SELF"', '"https://other.example.com"'), "calls itself 'https://other.example.com'"),
        (200, WHOLE.replace("SELF/t", "http://other.example.com/t"), "token_endpoint is no https address"),
        (200, WHOLE.replace("token_endpoint", "x"), "token_endpoint is no https address"),
        (200, "<html>", "answered 200"),
        (200, "[" * 100_000, "answered 200"),
        (200, '{"a": "' + "x" * 2_000_000 + '"}', "answered 200"),
        (302, "{}", "answered 302"),
        (503, "busy", "answered 503"),
    ],
)
async def test_a_document_that_is_none_is_told_in_words(odd, provider, attempt, status, text, why):
    odd.answers[DOCUMENT] = (status, text)
    with pytest.raises(ProviderError, match=why):
        await provider.address_for(attempt)


@pytest.mark.parametrize(
    ("status", "text", "kind", "why"),
    [
        (
            401,
            '{"error": "invalid_client"}',
            ProviderError,
            "corrects DOORWATCH_OIDC_CLIENT_ID and DOORWATCH_OIDC_CLIENT",
        ),
        (401, "", ProviderError, "client id or secret"),
        (400, '{"error": "invalid_grant"}', SignOnError, "begin again"),
        (400, '{"error": "invalid_request"}', ProviderError, "answered 400 and 'invalid_request'"),
        (200, "{}", ProviderError, "scope openid"),
        (200, '{"id_token": "x"}', ProviderError, "no signed token"),
        (200, '{"id_token": 7}', ProviderError, "scope openid"),
    ],
)
async def test_a_code_that_buys_nothing_is_told_in_words(odd, provider, attempt, status, text, kind, why):
    odd.answers |= {"/t": (status, text), "/k": (200, '{"keys": []}')}
    with pytest.raises(kind, match=why) as raised:
        await provider.redeem("a code", attempt)
    assert type(raised.value) is kind
    assert "client_secret=s%26cret" in odd.asked[-1 if "x" not in text or status != 200 else -2][2]


async def test_a_provider_that_is_away_is_not_asked_in_masses_and_asked_again_soon(odd, provider, attempt, clock):
    odd.answers[DOCUMENT] = (503, "busy")
    for _ in range(5):
        with pytest.raises(ProviderError, match="answered 503"):
            await provider.address_for(attempt)
    assert odd.times(DOCUMENT) == 1
    odd.answers[DOCUMENT] = (200, WHOLE)
    clock.advance(6)
    assert (await provider.address_for(attempt)).startswith(f"{odd.issuer}/a?tenant=1&response_type=code&")
    await provider.document()
    assert odd.times(DOCUMENT) == 2
    clock.advance(3600)
    await provider.document()
    assert odd.times(DOCUMENT) == 3


class Signer:
    """Signs ID tokens as this provider's, with a key that can be replaced."""

    def __init__(self, odd, attempt, clock):
        self._odd, self._attempt, self._clock = odd, attempt, clock
        self.renew("first")

    def renew(self, kid):
        self._kid, self._key = kid, rsa.generate_private_key(65537, 2048)

    def publish(self):
        known = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key())), "kid": self._kid}
        self._odd.answers["/k"] = (200, json.dumps({"keys": [known]}))

    def give(self, **more):
        seconds = self._clock.now() // SECOND
        claims = {"iss": self._odd.issuer, "aud": "doorwatch", "sub": "4711", "nonce": self._attempt.nonce}
        token = jwt.encode(
            {**claims, "iat": seconds, "exp": seconds + 300, **more}, self._key, "RS256", headers={"kid": self._kid}
        )
        self._odd.answers["/t"] = (200, json.dumps({"id_token": token, "access_token": "access"}))


@pytest.fixture
def signer(odd, attempt, clock):
    return Signer(odd, attempt, clock)


async def test_keys_are_asked_for_again_when_the_provider_has_made_new_ones(odd, provider, attempt, clock, signer):
    odd.answers["/u"] = (200, '{"sub": "4711"}')
    signer.publish()
    signer.give()
    await provider.redeem("code", attempt)
    await provider.redeem("code", attempt)
    assert odd.times("/k") == 1
    signer.renew("second")
    signer.give()
    for _ in range(3):
        with pytest.raises(ProviderError, match="does not publish"):
            await provider.redeem("code", attempt)
    assert odd.times("/k") == 1
    signer.publish()
    clock.advance(60)
    await provider.redeem("code", attempt)
    assert odd.times("/k") == 2


async def test_what_the_token_lacks_is_asked_for_and_belongs_to_the_same_person(odd, provider, attempt, signer):
    signer.publish()
    signer.give(email="vera@example.com")
    odd.answers["/u"] = (200, '{"sub": "4711", "email": "x@example.com", "email_verified": true, "groups": ["staff"]}')
    claims = (await provider.redeem("code", attempt)).claims
    assert (claims["email"], claims["groups"], claims.get("email_verified")) == ("vera@example.com", ["staff"], None)
    assert "Authorization: Bearer access" in odd.asked[-1][1]
    odd.answers["/u"] = (200, '{"sub": "4712", "email": "x@example.com", "email_verified": true}')
    with pytest.raises(ProviderError, match="two different people"):
        await provider.redeem("code", attempt)


async def test_certificates_that_cannot_be_read_are_told_in_words(odd, clock, attempt, tmp_path):
    client = Client(odd.issuer, "doorwatch", None, "https://doors.example.com/sso", ca_file=tmp_path / "none.pem")
    with pytest.raises(ProviderError, match="DOORWATCH_OIDC_CA_FILE"):
        await Provider(client, clock).address_for(attempt)
