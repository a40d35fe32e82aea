"""What went wrong on the way to a Web SDK, as one sentence that names cause and cure."""

from doorwatch.pacs.driver import PacsError, PacsRefusedError
from doorwatch.pacs.genetec.settings import GenetecSettings
from doorwatch.wire import (
    CertificateError,
    ClosedEarlyError,
    FingerprintError,
    NoAnswerError,
    NotHttpError,
    NoTlsError,
    UnknownHostError,
    UnreachableError,
)


def explain(error: BaseException, settings: GenetecSettings) -> PacsError:
    """The sentence for an exception that a request raised."""
    if isinstance(error, PacsError):
        return error
    where = f"{settings.host}:{settings.port}"
    if isinstance(error, CertificateError):
        return PacsRefusedError(_certificate(error.reason, where))
    return PacsError(_text(error, settings, where))


def _text(error: BaseException, settings: GenetecSettings, where: str) -> str:
    text: str
    match error:
        case FingerprintError():
            text = (
                f"{where} shows a certificate with the fingerprint {error.got}, acs_fingerprint says "
                f"{error.expected}; if the certificate was replaced on purpose, set the new one"
            )
        case UnknownHostError():
            text = f"the name {settings.host!r} cannot be resolved; check acs_server_ip and the DNS of this machine"
        case NoTlsError():
            text = f"{where} does not speak TLS; switch on SSL in the Web-based SDK role, or set cert_enabled: false"
        case NoAnswerError():
            text = f"{where} does not answer in time; check acs_server_ip, acs_port and the firewall between"
        case UnreachableError():
            text = (
                f"nobody listens at {where} ({error.reason}); is the Web-based SDK role active there, and acs_port its "
                "port?"
            )
        case NotHttpError() if not settings.tls:
            text = f"{where} gives no HTTP answer; check acs_port, and if the role uses SSL, set cert_enabled: true"
        case ClosedEarlyError(silent=True) if not settings.tls:
            text = f"{where} closed the connection without an HTTP answer; if the role uses SSL, set cert_enabled: true"
        case _:
            text = f"the connection to {where} broke: {error or type(error).__name__}"
    return text


def _certificate(reason: str, where: str) -> str:
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
