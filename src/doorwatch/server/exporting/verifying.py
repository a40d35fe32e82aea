"""Whether a bundle is what was signed: reads the file and nothing else, and names what was altered."""

import hashlib
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.exporting.bundle import FORMAT, MANIFEST, PUBLIC_KEY, SIGNATURE, UNSIGNED
from doorwatch.server.exporting.signing import EvidenceKeyError, PublicKey, same_fingerprint

_LARGEST_TEXT = 16 << 20
_MOST_FILES = 1000
_PIECE = 1 << 20


class NoBundleError(DoorwatchError):
    """A file that is no bundle of evidence; the text is one sentence with the cure."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whom a bundle is to be from: a public key, or a fingerprint, or nobody in particular."""

    key: PublicKey | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `wrong` is what was altered, one sentence each; empty for a bundle that is as it was signed.

    `proves` says what the answer rests on. `missing` is what the manifest itself says was not there when it was made.
    """

    wrong: tuple[str, ...]
    fine: tuple[str, ...]
    fingerprint: str | None
    pinned: bool
    proves: str
    told: dict[str, Any]

    @property
    def missing(self) -> list[str]:
        """What was missing already when the bundle was made."""
        return [str(one) for one in self.told.get("missing", []) if isinstance(one, str)]


def verify(file: Path, trusted: Trusted | None = None) -> Verified:
    """Look at a bundle. Raises NoBundleError for a file that cannot be one."""
    trusted = trusted or Trusted()
    try:
        with zipfile.ZipFile(file) as packed:
            return _Look(packed, trusted).verified()
    except FileNotFoundError:
        raise NoBundleError(f"there is no file {file}: name the zip file that was exported") from None
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise NoBundleError(f"{file} is no zip file, or was cut off ({error}): ask for it again, whole") from error
    except OSError as error:
        raise NoBundleError(f"{file} cannot be read ({error.strerror}): check its rights") from error


class _Look:
    """One look at one bundle."""

    def __init__(self, packed: zipfile.ZipFile, trusted: Trusted) -> None:
        self._packed = packed
        self._trusted = trusted
        self._names = packed.namelist()
        self._wrong: list[str] = []
        self._fine: list[str] = []

    def verified(self) -> Verified:
        """All of it."""
        if MANIFEST not in self._names or len(self._names) > _MOST_FILES:
            raise NoBundleError(f"the file holds no {MANIFEST}: it is a zip file, but no evidence of Doorwatch")
        body = self._text(MANIFEST)
        told = _manifest(body)
        inside = self._key_inside()
        key = self._trusted.key or inside
        self._signature(key, body)
        self._files(told)
        # Repeated names hide one file behind another: which one a program shows is anybody's guess.
        self._wrong += sorted({f"{name} is there twice" for name in self._names if self._names.count(name) > 1})
        pinned = self._trusted.key is None and self._trusted.fingerprint is None
        return Verified(
            tuple(self._wrong),
            tuple(self._fine),
            None if key is None else key.fingerprint,
            pinned,
            _PINNED if pinned else _TRUSTED,
            told,
        )

    def _key_inside(self) -> PublicKey | None:
        if PUBLIC_KEY not in self._names:
            if self._trusted.key is None:
                self._wrong.append(f"{PUBLIC_KEY} is missing: name the key with --key")
            return None
        try:
            return PublicKey.read(self._text(PUBLIC_KEY))
        except EvidenceKeyError as error:
            if self._trusted.key is None:
                self._wrong.append(f"{PUBLIC_KEY} was altered: {error}")
            return None

    def _signature(self, key: PublicKey | None, body: bytes) -> None:
        if key is None:
            return
        wanted = self._trusted.fingerprint
        if wanted is not None and not same_fingerprint(wanted, key.fingerprint):
            self._wrong.append(f"the bundle was signed with another key: {key.fingerprint}")
            return
        if SIGNATURE not in self._names:
            self._wrong.append(f"{SIGNATURE} is missing: nothing says who made this")
        elif not key.signed(self._text(SIGNATURE), body):
            other = " or it was signed with another key" if self._trusted.key is not None else ""
            self._wrong.append(f"{MANIFEST} was altered after it was signed{other}: its signature does not fit")
        else:
            self._fine.append(f"{MANIFEST} is as it was signed")

    def _files(self, told: dict[str, Any]) -> None:
        listed: set[str] = set()
        for one in told["files"]:
            name, size, hashed = one["name"], one["bytes"], one["sha256"]
            listed.add(name)
            if name not in self._names:
                self._wrong.append(f"{name} was removed")
            elif (found := self._hash(name, size)) == hashed:
                self._fine.append(f"{name} is as it was signed")
            else:
                self._wrong.append(f"{name} was altered" + ("" if found else " (it is longer, or cannot be read)"))
        self._wrong += [f"{name} was added, nobody signed it" for name in sorted(set(self._names) - listed - UNSIGNED)]

    def _hash(self, name: str, most: int) -> str | None:
        """The SHA-256 of a file that unpacks to at most so many bytes; None for any other."""
        digest, length = hashlib.sha256(), 0
        try:
            with self._packed.open(name) as file:
                while piece := file.read(_PIECE):
                    length += len(piece)
                    if length > most:
                        return None
                    digest.update(piece)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError):
            return None
        return digest.hexdigest()

    def _text(self, name: str) -> bytes:
        try:
            with self._packed.open(name) as file:
                return _bounded(file)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise NoBundleError(
                f"{name} cannot be unpacked ({error}): the file is damaged, ask for it again"
            ) from error


def _bounded(file: IO[bytes]) -> bytes:
    data = file.read(_LARGEST_TEXT + 1)
    if len(data) > _LARGEST_TEXT:
        raise NoBundleError(f"{MANIFEST} is longer than any that Doorwatch writes: this is no evidence of Doorwatch")
    return data


def _manifest(body: bytes) -> dict[str, Any]:
    """The manifest as a structure of the right form. Raises NoBundleError."""
    try:
        told = json.loads(body)
        files = told["files"]
        sound = isinstance(files, list) and all(
            isinstance(one["name"], str) and isinstance(one["bytes"], int) and isinstance(one["sha256"], str)
            for one in files
        )
        form = told["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        sound, form, told = False, None, {}
    if not sound:
        raise NoBundleError(f"{MANIFEST} cannot be read: it was damaged or altered, ask for the file again")
    if form != FORMAT:
        raise NoBundleError(f"the form {form!r} of this bundle is not known here: use a newer Doorwatch to verify it")
    found: dict[str, Any] = told
    return found


_TRUSTED = (
    "The signature was checked with the key that you named: nothing was changed since the holder of that key signed it."
)
_PINNED = (
    "The signature was checked with the key that lies in the bundle itself. That proves only that nothing was changed "
    "since whoever holds that key signed it; whoever alters a bundle can sign it anew with a key of their own. Compare the "
    "fingerprint with the one that the owner of the installation tells you by another way, or give their key with --key."
)
