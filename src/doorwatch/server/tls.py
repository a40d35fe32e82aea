"""TLS by a certificate of one's own: loaded with errors that say what is wrong, and again when the files change."""

import ssl
from pathlib import Path

import structlog
from cryptography import x509

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, Clock, Micros
from doorwatch.server.binding import ServeError

LOOK_SECONDS = 5.0
_SOON = 14 * DAY

_log = structlog.get_logger(__name__)


class Certificate:
    """A certificate with its key, as files; `context` is what connections use."""

    def __init__(self, certificate: Path, key: Path, clock: Clock) -> None:
        self._certificate = certificate
        self._key = key
        self._clock = clock
        self._seen = self._marks()
        self.context = _loaded(certificate, key)
        self._judge(ends(certificate))

    async def follow(self) -> None:
        """Load the files again whenever they change, until cancelled; what can't be used is told, and the old one stays."""
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Load the files again if they changed."""
        try:
            marks = self._marks()
            if marks == self._seen:
                return
            self._seen = marks
            _loaded(self._certificate, self._key)
            self._judge(ends(self._certificate))
        except DoorwatchError as error:
            _log.error("the new TLS certificate is not used, the former one still is", error=str(error))
            return
        # The same context, so that connections from now on use it and those that are open go on.
        self.context.load_cert_chain(self._certificate, self._key)
        _log.info("the TLS certificate was loaded again")

    def _judge(self, until: Micros) -> None:
        left = until - self._clock.now()
        if left <= 0:
            raise ServeError(f"the TLS certificate {self._certificate} has expired: put a new one there")
        if left < _SOON:
            _log.warning("the TLS certificate expires soon: renew it", days=round(left / DAY, 1))

    def _marks(self) -> tuple[tuple[int, int], ...]:
        try:
            return tuple((found.st_mtime_ns, found.st_size) for found in (self._certificate.stat(), self._key.stat()))
        except OSError as error:
            raise ServeError(
                f"the TLS file {error.filename} can't be read ({error.strerror}): check DOORWATCH_TLS_CERT and "
                "DOORWATCH_TLS_KEY"
            ) from error


def ends(certificate: Path) -> Micros:
    """When a certificate (the first of a PEM file) ends. Raises ServeError."""
    try:
        found = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (ValueError, IndexError, OSError) as error:
        raise ServeError(f"{certificate} holds no certificate that can be read ({error}): it must be PEM") from error
    return int(found.not_valid_after_utc.timestamp()) * 1_000_000


def _loaded(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except _EncryptedError:
        raise ServeError(f"the TLS key {key} is encrypted, and nobody is there to be asked: store it without") from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            text = f"the TLS key {key} is not the one of the certificate {certificate}: put a pair there"
        else:
            text = f"{certificate} and {key} are no certificate and key in PEM ({error.reason or error}): convert them"
        raise ServeError(text) from error
    except OSError as error:
        raise ServeError(
            f"the TLS file {error.filename or key} can't be read ({error.strerror}): give this user the right to read it"
        ) from error
    return context


class _EncryptedError(Exception):
    """The key asks for a password."""


def _no_password() -> str:
    raise _EncryptedError
