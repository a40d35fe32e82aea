"""What a backup's folder holds: its names, and the list of its files that says whether all of it is there and sound."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.secrets import write_secret

DATABASE = "doorwatch.db"
BLOBS = "blobs"
LIST = "backup.json"
KEYS = "*.key"
"""Keys that are kept beside the database and not in it, such as the one of the cameras' passwords."""

FORMAT = 1
LEFT_OUT = (
    "recordings of the last days",
    "spools of analyzers and gateways",
    "detector models",
    "settings of the environment (DOORWATCH_...)",
    "TLS certificate and key",
)


class BackupError(DoorwatchError):
    """A backup that can't be made or used; the text is one sentence with the cure."""


@dataclass(frozen=True, slots=True)
class File:
    """One file: how long it is, its SHA-256, and when the original was changed (nanoseconds since 1970)."""

    bytes: int
    sha256: str
    changed: int


@dataclass(frozen=True, slots=True)
class Contents:
    """The list: by whom and when (ISO 8601) it was made, the version of the tables, and each file by its name."""

    format: int
    doorwatch: str
    made_at: str
    revision: str
    files: dict[str, File]
    keys_left_out: bool = False

    @property
    def keys(self) -> list[str]:
        """Names of the keys that are inside."""
        return sorted(name for name in self.files if "/" not in name and name not in {DATABASE, LIST})

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.bytes for file in self.files.values())


def write_contents(folder: Path, contents: Contents) -> None:
    """Keep the list, all or nothing. Raises OSError."""
    write_secret(folder / LIST, json.dumps(asdict(contents), indent=1))


def read_contents(folder: Path) -> Contents:
    """The list of a backup. Raises BackupError when there is none that can be used."""
    try:
        text = (folder / LIST).read_bytes()
    except FileNotFoundError:
        raise BackupError(
            f"{folder} holds no whole backup: {LIST} is missing, which is written last; run doorwatch backup again, or "
            "name another folder"
        ) from None
    except OSError as error:
        raise BackupError(f"{folder / LIST} can't be read ({error.strerror}): name the folder of a backup") from error
    try:
        contents = msgspec.json.decode(text, type=Contents)
    except msgspec.DecodeError as error:
        raise BackupError(f"{folder / LIST} is damaged ({error}): use another backup") from error
    if contents.format > FORMAT:
        raise BackupError(
            f"the backup {folder} was made by a newer Doorwatch ({contents.doorwatch}): install that version or a later "
            "one, then restore"
        )
    for name in contents.files:
        if name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise BackupError(f"{folder / LIST} is damaged (the name {name!r} leads elsewhere): use another backup")
    if DATABASE not in contents.files:
        raise BackupError(f"{folder / LIST} is damaged (it names no database): use another backup")
    return contents


def faults(folder: Path, contents: Contents) -> Iterator[str]:
    """What is wrong with the files of a backup, one half sentence each."""
    for name, file in contents.files.items():
        try:
            size = (folder / name).stat().st_size
            if size != file.bytes:
                yield f"{name} has {size} bytes instead of {file.bytes}"
            elif sha256(folder / name) != file.sha256:
                yield f"{name} was changed or damaged"
        except FileNotFoundError:
            yield f"{name} is missing"
        except OSError as error:
            yield f"{name} can't be read ({error.strerror})"


def sha256(file: Path) -> str:
    """The hash of a file, in hexadecimal. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
