"""The last configuration on disk, sealed, so that cameras are watched while the server is away.

Cameras' passwords stand in it. So it is sealed (AES-256-GCM) under a key that is made of the analyzer's token, which
lies elsewhere: whoever gets hold of the file alone reads nothing. With another token than the one that it was kept with
there is nothing to read either, and the analyzer waits for its server.
"""

import contextlib
import secrets
from pathlib import Path
from typing import Any

import msgspec
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorwatch.analyzer.settings import Configuration, read_configuration
from doorwatch.blobs.disk import write_durably

log = structlog.get_logger(__name__)

_MARK = b"doorwatch sealed 1\n"
_NONCE_BYTES = 12
_PURPOSE = b"doorwatch: the configuration that an analyzer keeps"


class KeptConfiguration:
    """Keeps `configure` commands in a folder, readable with the same token only."""

    def __init__(self, folder: Path, token: str) -> None:
        self._path = folder / "configuration.sealed"
        self._plain = folder / "configuration.json"
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(token.strip().encode()))

    def load(self) -> Configuration | None:
        """What was kept; None when there is nothing that can be used."""
        self._seal_former()
        try:
            raw = self._path.read_bytes()
            nonce, inside = raw.removeprefix(_MARK)[:_NONCE_BYTES], raw.removeprefix(_MARK)[_NONCE_BYTES:]
            return read_configuration(msgspec.json.decode(self._cipher.decrypt(nonce, inside, _MARK)))
        except InvalidTag:
            log.warning(
                "the kept configuration is of another token or damaged; cameras are watched once the server tells"
            )
        except (OSError, msgspec.DecodeError, AttributeError, KeyError, TypeError, ValueError):
            pass
        return None

    def keep(self, told: dict[str, Any]) -> None:
        """Keep a `configure` command, whole and on disk when this returns.

        Where it cannot be written (a full disk) the former stays and a log line says so: cameras are watched all the same.
        """
        try:
            write_durably(self._path, self._sealed(told), mode=0o600)
        except OSError as error:
            log.warning(
                "the configuration cannot be kept: cameras are watched, but not after a restart without the server; "
                "make room on the disk of the data folder",
                path=str(self._path),
                reason=error.strerror,
            )
        else:
            self._plain.unlink(missing_ok=True)

    def _sealed(self, told: dict[str, Any]) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _MARK + nonce + self._cipher.encrypt(nonce, msgspec.json.encode(told), _MARK)

    def _seal_former(self) -> None:
        """What an older version kept readable is sealed, unless something newer is there, and deleted."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            former = msgspec.json.decode(self._plain.read_bytes(), type=dict[str, Any])
            if not self._path.exists():
                self.keep(former)
        with contextlib.suppress(OSError):
            self._plain.unlink()
