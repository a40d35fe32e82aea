"""What went wrong on the way to a Web SDK, as one sentence that names cause and cure."""

import asyncio
import ssl

import aiohttp

from doorwatch.pacs.driver import PacsError, PacsRefusedError
from doorwatch.pacs.genetec.settings import GenetecSettings


def explain(error: BaseException, settings: GenetecSettings) -> PacsError:
    """The sentence for an exception that a request raised."""
    where = f"{settings.host}:{settings.port}"
    text: str
    if isinstance(error, PacsError):
        return error
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        text = (
            f"{where} shows a certificate with the fingerprint {error.got.hex()}, acs_fingerprint says "
            f"{error.expected.hex()}; if the certificate was replaced on purpose, set the new one"
        )
    elif isinstance(error, aiohttp.ClientConnectorCertificateError):
        return PacsRefusedError(_certificate(error.certificate_error, where))
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        text = f"the name {settings.host!r} cannot be resolved; check acs_server_ip and the DNS of this machine"
    elif isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        text = f"{where} does not speak TLS; switch on SSL in the Web-based SDK role, or set cert_enabled: false"
    elif isinstance(error, asyncio.TimeoutError):
        text = f"{where} does not answer in time; check acs_server_ip, acs_port and the firewall between"
    elif isinstance(error, aiohttp.ClientConnectorError):
        text = (
            f"nobody listens at {where} ({error.os_error.strerror or error.os_error}); is the Web-based SDK role "
            "active there, and acs_port its port?"
        )
    elif isinstance(error, aiohttp.ClientResponseError | aiohttp.ServerDisconnectedError) and not settings.tls:
        text = f"{where} closed the connection without an HTTP answer; if the role uses SSL, set cert_enabled: true"
    else:
        text = f"the connection to {where} broke: {error or type(error).__name__}"
    return PacsError(text)


def _certificate(error: Exception, where: str) -> str:
    reason = getattr(error, "verify_message", "") or str(error)
    lower = reason.lower()
    if "expired" in lower:
        cure = "renew it on the Genetec server"
    elif "not yet valid" in lower:
        cure = "check the clocks of both machines"
    elif "hostname mismatch" in lower or "ip address mismatch" in lower or "doesn't match" in lower:
        cure = "set acs_server_ip to the name that the certificate carries"
    elif "self" in lower or "local issuer" in lower:
        cure = "give its authority with acs_ca_file, or pin it with acs_fingerprint"
    else:
        cure = "see acs_ca_file and acs_fingerprint"
    return f"the certificate of {where} cannot be trusted ({reason}); {cure}"


def refused(status: int, settings: GenetecSettings) -> PacsError:
    """The sentence for an HTTP status that is no answer of the Web SDK."""
    where = f"{settings.host}:{settings.port}"
    if status in {401, 403}:
        return PacsRefusedError(
            f"Security Center at {where} refuses us (HTTP {status}); it is one of: wrong acs_username or acs_password "
            "(Active Directory users cannot be used), wrong acs_app_id, its part number is not in the licence or the "
            "licence expired, a development id on a production system or the reverse, the user lacks the privilege "
            "'Log on using the SDK', or all connections of the licence are taken"
        )
    if status == 404:
        return PacsRefusedError(
            f"{where} has no Web SDK at /{settings.base_uri}/ (HTTP 404); set acs_base_uri to the base URI of the role, "
            "and see that the user has the privileges of the guide"
        )
    return PacsError(f"the Web SDK at {where} answered HTTP {status}; it is tried again")
