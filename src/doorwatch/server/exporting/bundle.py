"""The form of a bundle: a zip file of evidence, a manifest with the hash of each file, and the manifest's signature.

Everything in it can be checked with common tools; how is told in the bundle itself.
"""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from doorwatch.server.exporting.signing import EvidenceKey

FORMAT = "doorwatch-evidence/1"
MANIFEST, SIGNATURE, PUBLIC_KEY, README = "manifest.json", "manifest.sig", "public-key.pem", "READ-ME.txt"
UNSIGNED = frozenset({MANIFEST, SIGNATURE, PUBLIC_KEY})
"""What the manifest cannot list: itself, its signature, and the key, which proves nothing by being inside."""

_CHUNK = 1 << 20
_DATE = (1980, 1, 1, 0, 0, 0)
_PACKED = (".json", ".csv", ".txt", ".html", ".pem")


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a bundle: its bytes, or the file that has them; `what` says in half a sentence what it shows."""

    name: str
    data: bytes | Path
    what: str

    def opened(self) -> io.BufferedIOBase:
        """It for reading; the caller closes it. Raises OSError."""
        return self.data.open("rb") if isinstance(self.data, Path) else io.BytesIO(self.data)

    @property
    def size(self) -> int:
        """Length in bytes. Raises OSError."""
        return self.data.stat().st_size if isinstance(self.data, Path) else len(self.data)


def write_bundle(pieces: Sequence[Piece], told: Mapping[str, Any], key: EvidenceKey, target: BinaryIO) -> None:
    """Write the zip file: the pieces, the manifest that tells of them and of what else is `told`, signed with the key.

    Raises OSError.
    """
    every = [*pieces, Piece(README, _README.format(fingerprint=key.public.fingerprint).encode(), "how to verify this")]
    manifest = {
        "format": FORMAT,
        **told,
        "key": {"algorithm": "Ed25519", "fingerprint_sha256": key.public.fingerprint},
        "files": [{"name": one.name, "bytes": one.size, "sha256": _sha256(one), "what": one.what} for one in every],
    }
    body = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
    ends = [
        Piece(MANIFEST, body, ""),
        Piece(SIGNATURE, key.sign(body), ""),
        Piece(PUBLIC_KEY, key.public.pem.encode(), ""),
    ]
    with zipfile.ZipFile(target, "w") as packed:
        for one in (*every, *ends):
            entry = zipfile.ZipInfo(one.name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED if one.name.endswith(_PACKED) else zipfile.ZIP_STORED
            entry.external_attr = 0o644 << 16
            entry.file_size = one.size
            with one.opened() as source, packed.open(entry, "w") as into:
                shutil.copyfileobj(source, into, _CHUNK)


def _sha256(one: Piece) -> str:
    with one.opened() as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


_README = """\
EVIDENCE FROM DOORWATCH

Open report.html in a browser: it says what happened, and shows the video.
manifest.json lists every file with its size and its SHA-256, what was done to the video, and what is missing.

HOW TO VERIFY, WITHOUT ANY NETWORK

With Doorwatch:
    doorwatch verify FILE.zip --key public-key.pem

Without Doorwatch, with OpenSSL 3 and common tools, in the folder into which this was unpacked:
    openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile manifest.sig
    sha256sum FILE        (for each file; compare with manifest.json)

WHOSE KEY IT IS

The public key in this bundle has the SHA-256 fingerprint
    {fingerprint}
That the signature fits this key proves that nothing was changed since the holder of the key signed it. It does not
prove who that is: whoever changes a bundle can sign it again with a key of their own and put that key inside. So take
the public key, or its fingerprint, from the owner of the installation by another way (they find it under Settings >
Privacy), and compare.
"""
