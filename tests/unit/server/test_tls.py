"""The server's own certificate: what is wrong with it is said, and a new one is taken over while the server runs."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from doorwatch.domain.time import SECOND
from doorwatch.server.binding import ServeError
from doorwatch.server.settings import SettingsError, load_settings
from doorwatch.server.tls import Certificate, ends


class FixedClock:
    """A clock that stands where the test puts it."""

    def __init__(self, at=None):
        self.at = at or int(datetime.now(UTC).timestamp()) * SECOND

    def now(self):
        return self.at


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def pair(authority, tmp_path):
    """Writes a certificate and its key; their files."""

    def write(**options):
        issued = authority.issue_cert("doors.example.com", **options)
        cert, key = tmp_path / "tls.crt", tmp_path / "tls.key"
        cert.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return cert, key

    return write


def handshake(context, authority):
    """The serial number of the certificate that is served."""
    client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client_side)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname="doors.example.com")
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return client.getpeercert()["serialNumber"]


def test_a_good_pair_is_served(pair, authority):
    assert handshake(Certificate(*pair(), FixedClock()).context, authority)


def test_old_versions_of_tls_are_not_spoken(pair):
    assert Certificate(*pair(), FixedClock()).context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_renewed_certificate_is_served_without_a_restart(pair, authority):
    certificate = Certificate(*pair(), FixedClock())
    before = handshake(certificate.context, authority)
    certificate.look()
    assert handshake(certificate.context, authority) == before
    pair()
    certificate.look()
    assert handshake(certificate.context, authority) != before


def test_a_renewal_that_cannot_be_used_leaves_the_former_certificate_in_place(pair, authority):
    cert, key = pair()
    certificate = Certificate(cert, key, FixedClock())
    before = handshake(certificate.context, authority)
    for broken in (lambda: key.write_text("half a fi"), key.unlink):
        broken()
        certificate.look()
        assert handshake(certificate.context, authority) == before


def encrypted(key):
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return loaded.private_bytes(*form, serialization.BestAvailableEncryption(b"secret"))


BROKEN = {
    "a key of another certificate": (
        lambda cert, key: key.write_bytes(trustme.CA().issue_cert("x").private_key_pem.bytes()),
        "is not the one of the certificate",
    ),
    "no certificate": (lambda cert, key: cert.write_text("nothing"), "no certificate"),
    "no key": (lambda cert, key: key.write_text("nothing"), "no certificate and key in PEM"),
    "a key with a password": (lambda cert, key: key.write_bytes(encrypted(key)), "is encrypted"),
    "a file that is missing": (lambda cert, key: key.unlink(), "can't be read"),
    "a folder": (lambda cert, key: (key.unlink(), key.mkdir()), "can't be read"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_wrong_with_a_pair_is_said_in_a_sentence(pair, fault):
    cert, key = pair()
    spoil, words = BROKEN[fault]
    spoil(cert, key)
    with pytest.raises(ServeError, match=words):
        Certificate(cert, key, FixedClock())


def test_an_expired_certificate_is_refused_and_one_that_ends_soon_is_warned_of(pair, capsys):
    cert, key = pair(not_after=datetime.now(UTC) + timedelta(days=3))
    Certificate(cert, key, FixedClock())
    said = capsys.readouterr()
    assert "expires soon" in said.out + said.err, "logs go to standard error once a server of this process set them up"
    with pytest.raises(ServeError, match="has expired"):
        Certificate(cert, key, FixedClock(ends(cert) + 1))


def test_a_certificate_without_its_key_is_no_setting():
    with pytest.raises(SettingsError, match="go together"):
        load_settings({"DOORWATCH_TLS_CERT": "/x"})


def test_trusted_proxies_are_networks():
    assert load_settings({"DOORWATCH_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}).trusted_proxies
    with pytest.raises(SettingsError, match="is no network"):
        load_settings({"DOORWATCH_TRUSTED_PROXIES": "*"})


def test_with_tls_cookies_are_secure():
    assert load_settings({"DOORWATCH_TLS_CERT": "/x", "DOORWATCH_TLS_KEY": "/y"}).secure_cookies
